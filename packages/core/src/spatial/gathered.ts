import { chunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';

/** Numbers of points, `size` each, in the order that an array of their indices has. */
export function* gathered(
  values: Float32Array | Float64Array,
  order: Uint32Array,
  size: number,
): Task<Float64Array<ArrayBuffer>> {
  const result = new Float64Array(order.length * size);
  yield* chunked(order.length, (from, to) => fill(values, order, size, result, from, to));
  return result;
}

// A function of its own: engines make less of loops in closures.
function fill(
  values: Float32Array | Float64Array,
  order: Uint32Array,
  size: number,
  into: Float64Array,
  from: number,
  to: number,
): void {
  let at = from * size;
  for (let place = from; place < to; place++) {
    const first = order[place] * size;
    for (let k = first; k < first + size; k++) into[at++] = values[k];
  }
}
