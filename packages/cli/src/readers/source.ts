import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { InputError } from '../inputError.js';
import { fileProblem } from './fileProblem.js';

/** The bytes of an input, unzipped, from the first to the last; every wait ends when the signal is aborted. */
export interface Source {
  /** The file, as the user named it. */
  readonly name: string;
  readonly signal?: AbortSignal;
  /** How many bytes there are; absent for zipped files and pipes, which do not tell in advance. */
  readonly size?: number;
  /** An upper bound on the bytes; absent for pipes. */
  readonly atMost?: number;
  /** Where the same bytes lie on the disk, for readers that do not go from the first to the last. */
  readonly path?: string;
  /** The bytes to which zipped contents may grow. */
  readonly maxUnzipped: number;
  /** Is told of the bytes read; for readers that do not take them from the source. */
  readonly onProgress?: (done: number, total: number) => void;
  /** The next `count` bytes, or what is left; they are not taken. */
  peek(count: number): Promise<Buffer>;
  /** The next `count` bytes, or what is left. */
  take(count: number): Promise<Buffer>;
  /** The bytes at hand, as many as come at once; undefined at the end. */
  chunk(): Promise<Buffer | undefined>;
  /** Puts bytes that were taken back to the front. */
  giveBack(bytes: Buffer): void;
  /** All bytes that are left. */
  rest(): Promise<Buffer>;
  close(): void;
}

/** How a source is opened. */
export interface SourceOptions {
  readonly signal?: AbortSignal;
  /** The bytes to which zipped contents may grow. */
  readonly maxUnzipped?: number;
  /** Is told how many bytes of how many were read; not called for pipes. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Far more than tables of points need, far less than a zipped file of a few megabytes can become. */
const defaultMaxUnzipped = 4e9;

/** The most bytes that one zipped byte can unpack to. */
const mostOfZipped = 1032;

/** Small enough that the rows in it take some milliseconds, so that an interrupt is noticed at once. */
const bytesAtOnce = 1 << 16;

/** Opens a file of `bytes` bytes, unzipping it when its name ends in .gz. */
export function fileSource(file: string, bytes: number | undefined, options: SourceOptions): Source {
  const stream = createReadStream(file, { highWaterMark: bytesAtOnce });
  const { onProgress } = options;
  const onChunk = onProgress && bytes !== undefined ? () => onProgress(stream.bytesRead, bytes) : undefined;
  if (!file.toLowerCase().endsWith('.gz'))
    return {
      ...streamSource(file, stream, { ...options, onChunk }),
      size: bytes,
      atMost: bytes,
      path: file,
      onProgress,
    };
  const { maxUnzipped = defaultMaxUnzipped } = options;
  const atMost = bytes && Math.min(maxUnzipped, bytes * mostOfZipped);
  return { ...streamSource(file, unzipped(stream), { ...options, onChunk, zipped: true }), atMost };
}

/** Opens what comes through a pipe; it is unzipped when it begins as gzip files do. */
export async function pipeSource(name: string, stream: Readable, options: SourceOptions): Promise<Source> {
  const plain = streamSource(name, stream, options);
  if ((await plain.peek(2)).toString('hex') !== '1f8b') return plain;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for (let chunk = await plain.chunk(); chunk; chunk = await plain.chunk()) yield chunk;
  };
  return streamSource(name, unzipped(Readable.from(chunks())), { ...options, zipped: true });
}

function unzipped(stream: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: bytesAtOnce });
  stream.on('error', (error) => gunzip.destroy(error));
  gunzip.on('close', () => stream.destroy());
  return stream.pipe(gunzip);
}

/** The bytes of any stream as a source; `onChunk` is called for every piece of it. */
export function streamSource(
  name: string,
  stream: Readable,
  options: SourceOptions & { readonly onChunk?: (chunk: Buffer) => void; readonly zipped?: boolean },
): Source {
  const { signal, onChunk, zipped = false, maxUnzipped = defaultMaxUnzipped } = options;
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let allBytes = 0;
  const stop = () => stream.destroy(new Error('stopped'));
  signal?.addEventListener('abort', stop);

  const pull = async (): Promise<boolean> => {
    signal?.throwIfAborted();
    let result: IteratorResult<Buffer>;
    try {
      // A pipe that is never empty would give piece after piece before a signal has its turn.
      await nextTurn();
      result = await chunks.next();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof InputError) throw error;
      throw new InputError(fileProblem(name, error as NodeJS.ErrnoException));
    }
    signal?.throwIfAborted();
    if (result.done) return false;
    allBytes += result.value.length;
    if (zipped && allBytes > maxUnzipped) throw tooLarge(name, maxUnzipped);
    onChunk?.(result.value);
    held.push(result.value);
    heldBytes += result.value.length;
    return true;
  };
  const gather = async (count: number): Promise<Buffer> => {
    while (heldBytes < count && (await pull()));
    if (held.length !== 1) held = [Buffer.concat(held)];
    return held[0].length > count ? held[0].subarray(0, count) : held[0];
  };
  return {
    name,
    signal,
    maxUnzipped,
    peek: gather,
    async take(count) {
      const taken = await gather(count);
      held = taken.length < heldBytes ? [held[0].subarray(taken.length)] : [];
      heldBytes -= taken.length;
      return taken;
    },
    async chunk() {
      if (held.length === 0 && !(await pull())) return undefined;
      const chunk = held.shift();
      heldBytes -= chunk?.length ?? 0;
      return chunk;
    },
    giveBack(bytes) {
      if (bytes.length === 0) return;
      held.unshift(bytes);
      heldBytes += bytes.length;
    },
    async rest() {
      while (await pull());
      // In turns: what is large takes long to put together.
      const all = Buffer.allocUnsafe(heldBytes);
      let at = 0;
      for (const [k, piece] of held.entries()) {
        at += piece.copy(all, at);
        if (k % 64 === 63) await nextTurn();
      }
      held = [];
      heldBytes = 0;
      return all;
    },
    close() {
      signal?.removeEventListener('abort', stop);
      // Whatever still goes wrong with it is of no interest now.
      stream.on('error', () => {});
      stream.destroy();
    },
  };
}

/** The error for zipped contents that grow beyond all bounds. */
export function tooLarge(name: string, maxUnzipped: number): InputError {
  return new InputError(
    `${name}: unzipped it is larger than ${maxUnzipped / 1e6} MB; if that is no mistake, allow more with --max-unzipped`,
  );
}
