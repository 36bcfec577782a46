import type { DeviceArray } from '../backend/backend.js';
import type { BlockPattern } from '../backend/blockPattern.js';
import { report, type Task } from '../tasks/task.js';
import { descend } from './descent.js';
import type { Filter } from './filter.js';
import { NumberList } from './pattern.js';
import type { Tree } from './tree.js';

/** Blocks of columns that one dispatch lists at most: patterns of whole clouds would take more memory than the clouds. */
const BLOCKS_PER_DISPATCH = 2 ** 20;

/** Some of the rows, and the columns each of their blocks meets. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
  readonly blocks: BlockPattern;
}

/**
 * Softmins at all entries of a tree, in ranges of neighbours: `dispatch` is given a range at a time and starts its work,
 * while the pairs that count for the next one are found.
 *
 * Gives what was dispatched, and a bound on the share of the rows that was left out.
 */
export function* passOver(
  tree: Tree,
  columns: Tree,
  filter: Filter,
  dispatch: (range: RowRange) => readonly DeviceArray[],
): Task<{ readonly truncatedMass: number; readonly parts: readonly (readonly DeviceArray[])[] }> {
  const columnBlocks = new NumberList();
  const parts: (readonly DeviceArray[])[] = [];
  let firstLeaf = 0;
  let offsets: number[] = [0];
  const flush = (endLeaf: number) => {
    if (endLeaf === firstLeaf) return;
    const from = tree.leafStarts[firstLeaf];
    const to = tree.leafStarts[endLeaf];
    const blocks = {
      rowStarts: tree.leafStarts.slice(firstLeaf, endLeaf + 1).map((start) => start - from),
      columnStarts: columns.leafStarts,
      offsets: Uint32Array.from(offsets),
      columnBlocks: columnBlocks.take(),
    };
    parts.push(dispatch({ from, to, blocks }));
    firstLeaf = endLeaf;
    offsets = [0];
  };
  const truncatedMass = yield* descend(tree, columns, filter, (leaf, found, count) => {
    columnBlocks.append(found, count);
    offsets.push(columnBlocks.length);
    if (columnBlocks.length >= BLOCKS_PER_DISPATCH) flush(leaf + 1);
  });
  flush(tree.leafStarts.length - 1);
  yield* report({ stage: 'final update', iteration: parts.length, epsilon: filter.epsilon });
  return { truncatedMass, parts };
}
