import { Worker } from 'node:worker_threads';
import type { FileMetaData } from 'hyparquet';
import { InputError } from '../inputError.js';
import type { PagesOfGroup } from './parquetPages.js';
import type { Source } from './source.js';

/** Megabytes of values that may be unpacked at once; beyond it the file is damaged, or made of groups of rows that are far too large. */
const MOST_MEGABYTES = 2048;

/** Some rows of some columns, counted in their group. */
export interface ColumnRange {
  readonly columns: readonly string[];
  readonly group: number;
  /** Where the group's pages stand, if that is known. */
  readonly pages: PagesOfGroup | undefined;
  readonly rowStart: number;
  readonly rowEnd: number;
}

/** Some values of a column that follow each other. */
export interface Piece {
  readonly data: ArrayLike<unknown>;
  /** The row that the first one belongs to. */
  readonly start: number;
}

/** A thread that unpacks a file. What it throws is an InputError, or the reason of the source's signal. */
export interface ParquetThread {
  metadata(): Promise<FileMetaData>;
  /** The values of each column, by its name. */
  read(range: ColumnRange): Promise<ReadonlyMap<string, readonly Piece[]>>;
  end(): Promise<void>;
}

/** Starts a thread that unpacks a file, or bytes, and ends when the source's signal is aborted. */
export function parquetThread(source: Source, bytes: Uint8Array | undefined): ParquetThread {
  const { name, path, signal } = source;
  const worker = new Worker(new URL('./parquetWorker.js', import.meta.url), {
    workerData: bytes ? { bytes } : { path },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
  });
  const damaged = (reason = '') =>
    new InputError(`${name}: it is damaged or no Parquet file${reason === '' ? '' : ` (${reason})`}`);
  let asked: { readonly resolve: (answer: unknown) => void; readonly reject: (reason: unknown) => void } | undefined;
  let isLost = false;
  const answer = (how: (to: NonNullable<typeof asked>) => void) => {
    const to = asked;
    asked = undefined;
    if (to) how(to);
  };
  // Where damage makes the library unpack without end, the thread's memory does not suffice.
  const lose = () => {
    isLost = true;
    answer(({ reject }) => reject(damaged()));
  };
  const abort = () => answer(({ reject }) => reject(signal?.reason));
  worker.on('message', ({ done, failed }: { done?: unknown; failed?: string }) =>
    answer(({ resolve, reject }) => (failed === undefined ? resolve(done) : reject(damaged(failed)))),
  );
  worker.on('error', lose);
  worker.on('exit', lose);
  signal?.addEventListener('abort', abort);
  const ask = (request: ColumnRange | 'metadata'): Promise<unknown> =>
    new Promise((resolve, reject) => {
      asked = { resolve, reject };
      if (signal?.aborted) abort();
      else if (isLost) lose();
      else worker.postMessage(request);
    });
  return {
    metadata: () => ask('metadata') as Promise<FileMetaData>,
    read: (range) => ask(range) as Promise<ReadonlyMap<string, readonly Piece[]>>,
    async end() {
      signal?.removeEventListener('abort', abort);
      await worker.terminate();
    },
  };
}
