import { report, type Task } from './task.js';

/**
 * Numbers visited between two places where a task can be interrupted; fewer are visited at once. Raising it makes an abort wait
 * longer: some milliseconds here. Chosen, not measured.
 */
export const NUMBERS_OF_CHUNK = 2 ** 20;

/** The result of a task that waits for nothing. */
export function atOnce<Result>(task: Task<Result>): Result {
  let next = task.next();
  while (!next.done) next = task.next();
  return next.value;
}

/**
 * Does something for the items 0 to count - 1, from one up to another, and can be interrupted between chunks of many numbers. What goes
 * through the numbers of a chunk is a plain function, which engines make several times as fast as a loop that yields.
 */
export function* preparingChunked(
  count: number,
  work: (from: number, to: number) => void,
  numbersOfItem = 1,
): Task<void> {
  const items = Math.ceil(NUMBERS_OF_CHUNK / numbersOfItem);
  for (let from = 0; from < count; from += items) {
    if (from > 0) yield* preparing();
    work(from, Math.min(count, from + items));
  }
}

/**
 * Tells that clouds are checked and uploaded, at a place where a task can be interrupted that has visited so many of their numbers;
 * nothing after few, as they were visited at once.
 */
export function* preparing(numbers = NUMBERS_OF_CHUNK): Task<void> {
  if (numbers >= NUMBERS_OF_CHUNK) yield* report({ stage: 'preparing' });
}
