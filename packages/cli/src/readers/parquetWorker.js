import { open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/**
 * Unpacks a Parquet file in a thread of its own: the library does a column, or what it takes for one in a damaged file, in one go, in which
 * no interrupt is noticed. Plain JavaScript, since workers run it as it stands.
 */

const file = workerData.path === undefined ? inMemory(workerData.bytes) : await onDisk(workerData.path);

parentPort?.on('message', async (request) => {
  try {
    parentPort?.postMessage({ done: request.metadata ? await rowsOf(request) : await parquetMetadataAsync(file) });
  } catch (error) {
    // Errors of the engine are about the library's own variables, and tell nobody anything.
    const isOwn = error instanceof TypeError || error instanceof RangeError;
    parentPort?.postMessage({ failed: isOwn || !(error instanceof Error) ? '' : error.message });
  }
});

/**
 * The values of some rows of a column, as pieces that follow each other.
 * @param {Pick<import('hyparquet').ParquetReadOptions, 'metadata' | 'columns' | 'rowStart' | 'rowEnd'>} request
 */
async function rowsOf(request) {
  /** @type {{ data: ArrayLike<unknown>, start: number }[]} */
  const pieces = [];
  await parquetRead({
    ...request,
    file,
    compressors,
    onChunk: ({ columnData, rowStart }) => pieces.push({ data: packed(columnData), start: rowStart }),
  });
  return pieces;
}

/**
 * Numbers alone as a typed array, which is copied to the other thread many times as fast.
 * @param {ArrayLike<unknown>} values
 * @returns {ArrayLike<unknown>}
 */
function packed(values) {
  return Array.isArray(values) && values.every((value) => typeof value === 'number')
    ? Float64Array.from(values)
    : values;
}

/**
 * @param {string} path
 * @returns {Promise<import('hyparquet').AsyncBuffer>}
 */
async function onDisk(path) {
  const handle = await open(path);
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {import('hyparquet').AsyncBuffer}
 */
function inMemory(bytes) {
  return { byteLength: bytes.length, slice: (start, end) => bytes.slice(start, end).buffer };
}
