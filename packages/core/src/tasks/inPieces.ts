import { type Progress, report, type Task } from './task.js';

/** What is done between two places where a task can be interrupted: some milliseconds of work. */
const ITEMS_OF_PIECE = 65_536;

/** Does something for the items 0 to count - 1, from one up to another, and tells where the task stands before each piece. */
export function* inPieces(
  count: number,
  progress: Progress,
  work: (from: number, to: number) => void,
  itemsOfPiece = ITEMS_OF_PIECE,
): Task<void> {
  for (let from = 0; from < count; from += itemsOfPiece) {
    yield* report(progress);
    work(from, Math.min(count, from + itemsOfPiece));
  }
}
