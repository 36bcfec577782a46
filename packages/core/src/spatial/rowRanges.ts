import type { BlockPattern } from '../backend/blockPattern.js';
import { NumberList } from './pattern.js';

/**
 * Blocks of columns that one dispatch lists at most, 4 MiB: patterns of whole clouds would take more memory than the clouds. Raising it
 * takes memory, and lets the device wait for longer lists. Chosen, not measured.
 */
const BLOCKS_PER_DISPATCH = 2 ** 20;

/** Some of the rows, and the columns each of their blocks meets. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
  readonly blocks: BlockPattern;
}

/**
 * Dispatches rows in ranges of neighbouring blocks, so that a range is reduced while the next one is put together: `rowStarts`
 * and `columnStarts` say where blocks of rows and of columns begin.
 */
export function rowRanges<Part>(
  rowStarts: Uint32Array,
  columnStarts: Uint32Array,
  dispatch: (range: RowRange) => Part,
): { add(columns: ArrayLike<number>, count: number): void; finish(): readonly Part[] } {
  const columnBlocks = new NumberList();
  const parts: Part[] = [];
  let first = 0;
  let offsets: number[] = [0];
  const flush = () => {
    const end = first + offsets.length - 1;
    if (end === first) return;
    const from = rowStarts[first];
    const to = rowStarts[end];
    const blocks = {
      rowStarts: rowStarts.slice(first, end + 1).map((start) => start - from),
      columnStarts,
      offsets: Uint32Array.from(offsets),
      columnBlocks: columnBlocks.take(),
    };
    parts.push(dispatch({ from, to, blocks }));
    first = end;
    offsets = [0];
  };
  return {
    /** The columns that the next block of rows meets: the first `count` of a list. */
    add(columns, count) {
      columnBlocks.append(columns, count);
      offsets.push(columnBlocks.length);
      if (columnBlocks.length >= BLOCKS_PER_DISPATCH) flush();
    },
    /** What was dispatched, in the order of the rows. */
    finish() {
      flush();
      return parts;
    },
  };
}
