import { parentPort, workerData } from 'node:worker_threads';
import { PNG } from 'pngjs';

/**
 * Unpacks or packs one PNG in a thread of its own: the library does a picture in one go, in which no interrupt is noticed. Plain JavaScript,
 * since workers run it as it stands.
 */

/** @type {import('./pngThread.js').PngRequest} */
const request = workerData;
try {
  const done = request.kind === 'read' ? read(request) : write(request);
  parentPort?.postMessage({ done }, [done.data.buffer]);
} catch (error) {
  parentPort?.postMessage({ failed: error instanceof Error ? error.message : String(error) });
}

/** @param {import('./pngThread.js').PngRequest & { kind: 'read' }} request */
function read({ bytes, keepsDepth }) {
  // pngjs can do this, and its types do not say so.
  const options = /** @type {object} */ ({ skipRescale: keepsDepth });
  /** @type {{ width: number, height: number, data: Uint8Array | Uint16Array, depth?: number }} */
  const { width, height, data, depth = 8 } = PNG.sync.read(Buffer.from(bytes), options);
  // A Buffer may be a part of a larger piece of memory, which is not to be handed over.
  return { width, height, depth, data: data instanceof Uint16Array ? data : new Uint8Array(data) };
}

/** @param {import('./pngThread.js').PngRequest & { kind: 'write' }} request */
function write({ width, height, data, isGrey16 }) {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const grey16 = { bitDepth: 16, colorType: 0, inputColorType: 0, inputHasAlpha: false };
  return { data: new Uint8Array(PNG.sync.write(png, isGrey16 ? /** @type {object} */ (grey16) : undefined)) };
}
