import { type Progress, pause, report, type Task } from './task.js';

/**
 * Items between two places where a task can be interrupted: some milliseconds of work. Raising it makes an abort wait longer; lowering
 * it, the work. Chosen, not measured.
 */
const ITEMS_OF_CHUNK = 65_536;

/**
 * Does something for the items 0 to count - 1, from one up to another, and pauses before each chunk, or tells what share is done.
 *
 * @example
 * ```ts
 * import { runAsync } from '@sinkhorn/core';
 * import { chunked } from '@sinkhorn/core/extend';
 *
 * const squares = new Float64Array(100_000);
 * const fill = (from: number, to: number) => {
 *   for (let k = from; k < to; k++) squares[k] = k * k;
 * };
 * await runAsync(chunked(squares.length, fill));
 * if (squares[99_999] !== 99_999 ** 2) throw new Error('unexpected');
 * ```
 */
export function* chunked(
  count: number,
  work: (from: number, to: number) => void,
  itemsOfChunk = ITEMS_OF_CHUNK,
  told?: (share: number) => Progress,
): Task<void> {
  for (let from = 0; from < count; from += itemsOfChunk) {
    yield* told ? report(told(from / count)) : pause();
    work(from, Math.min(count, from + itemsOfChunk));
  }
}

/** A number for each of the items 0 to count - 1, in chunks. */
export function* numbersChunked(count: number, numberOf: (item: number) => number): Task<Float64Array> {
  const numbers = new Float64Array(count);
  yield* chunked(count, (from, to) => {
    for (let item = from; item < to; item++) numbers[item] = numberOf(item);
  });
  return numbers;
}

/** The sum of a term over the items 0 to count - 1, in chunks. */
export function* sumChunked(count: number, term: (item: number) => number): Task<number> {
  let sum = 0;
  yield* chunked(count, (from, to) => {
    for (let item = from; item < to; item++) sum += term(item);
  });
  return sum;
}
