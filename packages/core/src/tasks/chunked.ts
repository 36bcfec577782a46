import { type Progress, pause, report, type Task } from './task.js';

/** What is done between two places where a task can be interrupted: some milliseconds of work. */
const ITEMS_OF_PIECE = 65_536;

/** Does something for the items 0 to count - 1, from one up to another, and pauses before each piece, or tells what share is done. */
export function* chunked(
  count: number,
  work: (from: number, to: number) => void,
  itemsOfPiece = ITEMS_OF_PIECE,
  told?: (share: number) => Progress,
): Task<void> {
  for (let from = 0; from < count; from += itemsOfPiece) {
    yield* told ? report(told(from / count)) : pause();
    work(from, Math.min(count, from + itemsOfPiece));
  }
}
