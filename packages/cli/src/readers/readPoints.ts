import { fstatSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { checkFile } from './fileProblem.js';
import { checkFirstBytes } from './firstBytes.js';
import { kindOf } from './kindOf.js';
import type { PointCloud } from './pointCloud.js';
import { type Kind, type Reader, readers } from './readers.js';
import { fileSource, pipeSource, type SourceOptions } from './source.js';

/** Endings of names, and the kind of file that each means. */
const endings: Readonly<Record<string, Kind>> = {
  ...(Object.fromEntries(Object.keys(readers).map((kind) => [kind, kind])) as Record<Kind, Kind>),
  txt: 'xyz',
  pts: 'xyz',
  asc: 'xyz',
  geojson: 'json',
  ndjson: 'jsonl',
};

/** How a file is read. */
export interface ReadOptions extends ColumnChoice, Omit<SourceOptions, 'signal'> {
  /** The kind of file; absent means what the name's ending says. */
  readonly format?: Kind;
  /** What `-` reads; absent means the process's own input. */
  readonly stdin?: Readable;
}

/**
 * Reads a weighted point cloud from a file, also zipped (.gz); the name's ending says of what kind it is.
 *
 * `-` is standard input, whose kind is found in its first bytes.
 *
 * @throws InputError naming the file, and where it applies the row, the column and the remedy; the signal's reason when
 * it is aborted.
 */
export async function readPoints(file: string, options: ReadOptions = {}, signal?: AbortSignal): Promise<PointCloud> {
  signal?.throwIfAborted();
  const isPipe = file === '-';
  const bytes = isPipe ? undefined : await checkFile(file);
  // Read as a stream, it would seem to have nothing in it.
  if (isPipe && !options.stdin && isFolder(process.stdin)) {
    throw new InputError('standard input: it is a folder; give a file, or the output of a command');
  }
  const kind = options.format ?? (isPipe ? undefined : endingOf(file));
  const source = isPipe
    ? await pipeSource('standard input', options.stdin ?? process.stdin, { ...options, signal })
    : fileSource(file, bytes, { ...options, signal });
  try {
    if ((await source.peek(1)).length === 0) throw new InputError(`${source.name}: the file is empty`);
    if (kind) await checkFirstBytes(source, kind);
    const reader: Reader = await readers[kind ?? (await kindOf(source))]();
    return await reader(source, options);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    source.close();
  }
}

function isFolder({ fd }: { readonly fd?: number }): boolean {
  try {
    return fd !== undefined && fstatSync(fd).isDirectory();
  } catch {
    return false;
  }
}

/** Whether a name ends as that of a file of points does. */
export const isReadable = (file: string): boolean =>
  Object.hasOwn(endings, /\.([a-z0-9]+)(\.gz)?$/i.exec(file)?.[1].toLowerCase() ?? '');

function endingOf(file: string): Kind {
  const ending = /\.([a-z0-9]+)(\.gz)?$/i.exec(file)?.[1].toLowerCase() ?? '';
  if (Object.hasOwn(endings, ending)) return endings[ending];
  const known = Object.keys(endings).map((name) => `.${name}`);
  throw new InputError(
    `${file}: unknown kind of file; the name must end in one of ${known.join(', ')}, perhaps with .gz, or say --format`,
  );
}
