import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { listNames } from './listNames.js';
import { readNpy } from './npy.js';
import type { PointCloud } from './pointCloud.js';
import { type Source, streamSource, tooLarge } from './source.js';

/**
 * Reads the points of an .npz file: its only array, the one named `points`, or the one chosen with `array`.
 *
 * An array named `weights`, or another that `weights` names, holds one weight for each point.
 */
export async function readNpz(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const zip = await open(source);
  try {
    const entries = await entriesOf(zip, source);
    const names = [...entries.keys()];
    const points = choice.array ?? (names.length === 1 ? names[0] : 'points');
    const entry = entries.get(points);
    if (!entry) {
      const missing = choice.array === undefined ? 'it holds several arrays' : `there is no array "${points}"`;
      throw new InputError(`${file}: ${missing}; choose one of ${listNames(names)} with --array`);
    }
    const weightsName = choice.weights ?? 'weights';
    const weightsEntry = weightsName === points ? undefined : entries.get(weightsName);
    const inPoints = weightsEntry ? { ...choice, weights: undefined } : choice;
    const cloud = await readEntry(zip, source, entry, (inner) => readNpy(inner, inPoints));
    const left = names.filter((name) => name !== points && (name !== weightsName || !weightsEntry));
    const notes =
      left.length === 0 ? cloud.notes : [...cloud.notes, `${file}: its arrays ${listNames(left)} were not read`];
    if (!weightsEntry) return { ...cloud, file, notes };
    if (choice.missing === 'drop' && cloud.notes.length > 0) {
      throw new InputError(`${file}: --missing drop cannot leave out weights that are an array of their own`);
    }
    const weights = await readEntry(zip, source, weightsEntry, (inner) => readNpy(inner, {}));
    if (weights.dimension !== 1 || weights.count !== cloud.count) {
      throw new InputError(
        `${file}: "${weightsName}" has the shape (${weights.count}, ${weights.dimension}) beside ${cloud.count} points; give one number for each`,
      );
    }
    const negative = weights.points.findIndex((weight) => weight < 0);
    if (negative >= 0) {
      throw new InputError(
        `${file}: "${weightsName}": row ${negative + 1}: the weight ${weights.points[negative]} is negative; weights are 0 or more`,
      );
    }
    if (!weights.points.some((weight) => weight > 0)) {
      throw new InputError(
        `${file}: "${weightsName}": all weights are 0; give one row or more some weight, or choose another array with --weights`,
      );
    }
    return { ...cloud, file, notes, weights: weights.points };
  } finally {
    zip.close();
  }
}

async function open(source: Source): Promise<yauzl.ZipFile> {
  try {
    const options = { lazyEntries: true, autoClose: false };
    if (source.path !== undefined) return await yauzl.openPromise(source.path, options);
    return await yauzl.fromBufferPromise(await source.rest(), options);
  } catch (error) {
    throw asZipProblem(source, error);
  }
}

function asZipProblem(source: Source, error: unknown): unknown {
  source.signal?.throwIfAborted();
  if (error instanceof InputError) return error;
  return new InputError(`${source.name}: it is damaged or no .npz file (${(error as Error).message})`);
}

/** The arrays in the file, by their names without .npy. */
async function entriesOf(zip: yauzl.ZipFile, source: Source): Promise<ReadonlyMap<string, yauzl.Entry>> {
  const entries = new Map<string, yauzl.Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      source.signal?.throwIfAborted();
      if (entry.fileName.endsWith('.npy')) entries.set(entry.fileName.slice(0, -4), entry);
    }
  } catch (error) {
    throw asZipProblem(source, error);
  }
  if (entries.size === 0) throw new InputError(`${source.name}: it holds no arrays (no .npy in it)`);
  return entries;
}

/** Reads one array; what was unzipped is checked against the sum that the file keeps of it. */
async function readEntry<Result>(
  zip: yauzl.ZipFile,
  source: Source,
  entry: yauzl.Entry,
  read: (inner: Source) => Promise<Result>,
): Promise<Result> {
  const { maxUnzipped, signal } = source;
  const name = `${source.name} (${entry.fileName})`;
  if (entry.uncompressedSize > maxUnzipped) throw tooLarge(name, maxUnzipped);
  let stream: Readable;
  try {
    stream = await zip.openReadStreamPromise(entry);
  } catch (error) {
    throw asZipProblem(source, error);
  }
  let sum = 0;
  let done = 0;
  const onChunk = (chunk: Buffer): void => {
    sum = crc32(chunk, sum);
    done += chunk.length;
    source.onProgress?.(done, entry.uncompressedSize);
  };
  const inner = streamSource(name, stream, { signal, maxUnzipped, onChunk, zipped: true });
  try {
    const result = await read({ ...inner, size: entry.uncompressedSize, atMost: entry.uncompressedSize });
    if (sum !== entry.crc32) throw new InputError(`${name}: it is damaged (its check sum is not right)`);
    return result;
  } finally {
    inner.close();
  }
}
