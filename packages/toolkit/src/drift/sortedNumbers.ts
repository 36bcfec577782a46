import type { Task } from '@sinkhorn/core';
import { sortedOrder } from '@sinkhorn/core/line';
import { rowsChunked } from '../rowsChunked.js';

/** The numbers that are not NaN, from the least up. */
export function* sortedNumbers(values: Float64Array): Task<Float64Array> {
  const present = values.filter((value) => !Number.isNaN(value));
  const order = yield* sortedOrder(present);
  const sorted = new Float64Array(present.length);
  yield* rowsChunked(sorted.length, (from, to) => {
    for (let place = from; place < to; place++) sorted[place] = present[order[place]];
  });
  return sorted;
}
