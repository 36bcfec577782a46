import { report, type Task } from './task.js';

/**
 * Numbers gone through between two places where a task can be interrupted; fewer are gone through at once. Raising it makes an abort wait
 * longer: some milliseconds here. Chosen, not measured.
 */
const NUMBERS_OF_CHUNK = 2 ** 20;

/** The result of a task that waits for nothing. */
export function atOnce<Result>(task: Task<Result>): Result {
  let next = task.next();
  while (!next.done) next = task.next();
  return next.value;
}

/** Whether a further piece of a long list of numbers begins at an index. */
export const startsPiece = (index: number) => index > 0 && index % NUMBERS_OF_CHUNK === 0;

/**
 * Tells that clouds are checked and uploaded, at a place where a task can be interrupted that has gone through so many of their numbers;
 * nothing after few, as they were gone through at once.
 */
export function* preparing(numbers = NUMBERS_OF_CHUNK): Task<void> {
  if (numbers >= NUMBERS_OF_CHUNK) yield* report({ stage: 'preparing' });
}
