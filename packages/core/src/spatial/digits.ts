import { chunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';

/** Bits a pass of a radix sort, with counters that stay in the cache. Chosen, not measured. */
export const DIGIT_BITS = 11;
export const BUCKETS = 2 ** DIGIT_BITS;

/** Turns how many there are of each digit into where they begin. */
export function countsToStarts(counts: Uint32Array): void {
  let before = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const here = counts[bucket];
    counts[bucket] = before;
    before += here;
  }
}

/** The places 0 to count - 1, in this order. */
export function* places(count: number): Task<Uint32Array> {
  const order = new Uint32Array(count);
  yield* chunked(count, (from, to) => {
    for (let place = from; place < to; place++) order[place] = place;
  });
  return order;
}
