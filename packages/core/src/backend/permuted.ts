import { InvalidFormulaError } from '../errors.js';
import { read, type Task } from '../tasks/task.js';
import type { Backend, DeviceArray } from './backend.js';

/**
 * The shape of an array of a shape whose rows are put in an order.
 *
 * @throws InvalidFormulaError where a row of the order is none of the array's.
 */
export function permutedShape(shape: readonly number[], order: Uint32Array): readonly number[] {
  const rows = shape[shape.length - 2];
  // A loop: an order may have millions of rows.
  let wrong = 0;
  while (order[wrong] < rows) wrong++;
  if (wrong < order.length) {
    throw new InvalidFormulaError(`order[${wrong}] is ${order[wrong]}, but there are ${rows} rows: count from 0`);
  }
  return shape.with(-2, order.length);
}

/**
 * An array with its rows in another order, as `permute` of a backend makes it; where a backend has none, its numbers are read, put in
 * order and uploaded again. The caller frees it.
 */
export function* permuted(backend: Backend, array: DeviceArray, order: Uint32Array): Task<DeviceArray> {
  if (backend.permute) return backend.permute(array, order);
  const shape = permutedShape(array.shape, order);
  const [rows, size] = array.shape.slice(-2);
  const values = yield* read(backend, array);
  const ordered = new Float64Array(shape.reduce((product, length) => product * length, 1));
  for (let at = 0; at < ordered.length; at++) {
    const entry = Math.floor(at / size);
    const element = Math.floor(entry / order.length);
    ordered[at] = values[(element * rows + order[entry % order.length]) * size + (at % size)];
  }
  return backend.array(ordered, shape);
}
