import type { Task } from '../tasks/task.js';
import type { AdmissibilityTest } from './admissibilityTest.js';
import { traverseDualTree } from './dualTreeTraversal.js';
import { type RowRange, rowRanges } from './rowRanges.js';
import type { Tree } from './tree.js';

/**
 * Softmins at all entries of a tree, in ranges of neighbours: `dispatch` is given a range at a time and starts its work,
 * while the pairs that count for the next one are found.
 *
 * Gives what was dispatched, and a bound on the share of the rows that was left out.
 */
export function* dispatchTruncated<Part>(
  tree: Tree,
  columns: Tree,
  test: AdmissibilityTest,
  dispatch: (range: RowRange) => Part,
): Task<{ readonly truncatedMass: number; readonly parts: readonly Part[] }> {
  const ranges = rowRanges(tree.leafStarts, columns.leafStarts, dispatch);
  const truncatedMass = yield* traverseDualTree(tree, columns, test, (_leaf, found, count) => ranges.add(found, count));
  return { truncatedMass, parts: ranges.finish() };
}
