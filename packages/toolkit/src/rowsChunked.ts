import type { Task } from '@sinkhorn/core';
import { pause } from '@sinkhorn/core/extend';

/** Rows between two places where a pass over cells can be interrupted: some milliseconds. Raising it makes an abort wait longer. Chosen, not measured. */
const ROWS_AT_ONCE = 16_384;

/** Does something for the rows from one up to another, in pieces, until it says that it is done. */
export function* rowsChunked(count: number, work: (from: number, to: number) => unknown): Task<void> {
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    yield* pause();
    if (work(from, Math.min(count, from + ROWS_AT_ONCE)) === 'done') return;
  }
}
