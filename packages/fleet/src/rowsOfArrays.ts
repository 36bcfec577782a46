import type { Values } from '@sinkhorn/core';

/** The rows `from` up to `to` of an array [N, size] or [B, N, size], of each element. */
export function sliceRows(values: Values, shape: readonly number[], from: number, to: number): Values {
  const size = shape[shape.length - 1];
  const rows = shape[shape.length - 2];
  if (from === 0 && to === rows) return values;
  if (shape.length === 2) return values.slice(from * size, to * size);
  const [batch] = shape;
  const part = (to - from) * size;
  const result = values.slice(0, batch * part);
  for (let b = 0; b < batch; b++) {
    result.set(values.subarray((b * rows + from) * size, (b * rows + to) * size), b * part);
  }
  return result;
}

/** Puts rows of an array, from row `at` on, into the whole. */
export function placeRows(whole: Values, shape: readonly number[], part: Values, at: number): void {
  const size = shape[shape.length - 1];
  const rows = shape[shape.length - 2];
  const batch = shape.length === 3 ? shape[0] : 1;
  const length = batch === 0 ? 0 : part.length / batch;
  for (let b = 0; b < batch; b++) whole.set(part.subarray(b * length, (b + 1) * length), (b * rows + at) * size);
}

export const lengthOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** Numbers as bytes, and back. */
export const bytesOf = (values: Values): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export function valuesOf(bytes: Uint8Array, precision: 'float32' | 'float64'): Values {
  const List = precision === 'float32' ? Float32Array : Float64Array;
  const aligned = bytes.byteOffset % List.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new List(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    Math.floor(aligned.byteLength / List.BYTES_PER_ELEMENT),
  );
}
