import { type Progress, report, type Task } from './task.js';

/** So many numbers are gone through between two places where a task can be interrupted; fewer are gone through at once. */
const NUMBERS_OF_PIECE = 2 ** 20;

/** Told while clouds are checked and uploaded that have so many numbers that it takes a while. */
const PREPARING: Progress = { stage: 'preparing', iteration: 1, epsilon: Number.NaN };

/** The result of a task that waits for nothing. */
export function atOnce<Result>(task: Task<Result>): Result {
  let next = task.next();
  while (!next.done) next = task.next();
  return next.value;
}

/** Whether a further piece of a long list of numbers begins at an index. */
export const startsPiece = (index: number) => index > 0 && index % NUMBERS_OF_PIECE === 0;

/** A place where a task can be interrupted that has gone through so many numbers; none after few, as they were gone through at once. */
export function* pause(numbers = NUMBERS_OF_PIECE): Task<void> {
  if (numbers >= NUMBERS_OF_PIECE) yield* report(PREPARING);
}
