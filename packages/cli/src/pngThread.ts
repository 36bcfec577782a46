import { Worker } from 'node:worker_threads';

/** The pixels of a picture, four numbers each: red, green, blue and alpha. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
  /** Bits of a number. */
  readonly depth: number;
}

/** What is asked of the thread. */
export type PngRequest =
  | { readonly kind: 'read'; readonly bytes: Uint8Array; readonly keepsDepth: boolean }
  | {
      readonly kind: 'write';
      readonly width: number;
      readonly height: number;
      readonly data: Uint8Array;
      readonly isGrey16: boolean;
    };

/**
 * Unpacks a PNG.
 *
 * @param keepsDepth - Whether numbers stay of as many bits as the file has; otherwise they are bytes.
 * @throws Error for what is no PNG; the signal's reason when it is aborted.
 */
export const decodePng = (bytes: Uint8Array, keepsDepth: boolean, signal?: AbortSignal): Promise<Pixels> =>
  inThread({ kind: 'read', bytes, keepsDepth }, signal);

/** Packs a picture of four bytes a pixel. @throws the signal's reason when it is aborted. */
export const encodePng = (
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  signal?: AbortSignal,
): Promise<Uint8Array> => packed({ kind: 'write', width, height, data, isGrey16: false }, signal);

/** Packs a picture of one number of 16 bits a pixel. @throws the signal's reason when it is aborted. */
export const encodeGreyPng = (
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint16Array },
  signal?: AbortSignal,
): Promise<Uint8Array> =>
  packed({ kind: 'write', width, height, data: new Uint8Array(data.buffer), isGrey16: true }, signal);

async function packed(request: PngRequest, signal?: AbortSignal): Promise<Uint8Array> {
  return (await inThread<{ readonly data: Uint8Array }>(request, signal)).data;
}

async function inThread<Result>(request: PngRequest, signal: AbortSignal | undefined): Promise<Result> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL('./pngWorker.js', import.meta.url), { workerData: request, execArgv: [] });
  let stop = () => {};
  try {
    return await new Promise<Result>((resolve, reject) => {
      stop = () => reject(signal?.reason);
      signal?.addEventListener('abort', stop);
      worker.on('message', ({ done, failed }: { readonly done: Result; readonly failed?: string }) =>
        failed === undefined ? resolve(done) : reject(new Error(failed)),
      );
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('its thread has ended')));
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
