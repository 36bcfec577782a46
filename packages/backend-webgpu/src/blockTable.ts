import type { BlockPattern } from '@sinkhorn/core';
import type { Range } from './cuts.js';

/** The part of a block pattern in some rows and columns, as kernels take it. */
export interface BlockTable {
  /** Four words a task: its first row and the one after its last, and which ranges it goes through; then the ranges. */
  readonly words: Uint32Array;
  readonly tasks: number;
  /** Number of pairs of all tasks before each. */
  readonly pairsBefore: Float64Array;
}

/** Cuts row blocks into tasks of a workgroup, and joins column blocks that follow one another into ranges. */
export function blockTable(blocks: BlockPattern, rowsPerTask: number, rows: Range, columns: Range): BlockTable {
  const { rowStarts, columnStarts, offsets, columnBlocks } = blocks;
  const tasks: number[] = [];
  const ranges: number[] = [];
  const pairs: number[] = [0];
  for (let block = 0; block + 1 < rowStarts.length; block++) {
    const firstRow = Math.max(rows.start, rowStarts[block]);
    const endRow = Math.min(rows.end, rowStarts[block + 1]);
    if (firstRow >= endRow) continue;
    const first = ranges.length / 2;
    let count = 0;
    for (let entry = offsets[block]; entry < offsets[block + 1]; entry++) {
      const start = Math.max(columns.start, columnStarts[columnBlocks[entry]]);
      const end = Math.min(columns.end, columnStarts[columnBlocks[entry] + 1]);
      if (start >= end) continue;
      count += end - start;
      if (ranges.length / 2 > first && ranges[ranges.length - 1] === start) ranges[ranges.length - 1] = end;
      else ranges.push(start, end);
    }
    for (let start = firstRow; start < endRow; start += rowsPerTask) {
      const end = Math.min(start + rowsPerTask, endRow);
      tasks.push(start, end, first, ranges.length / 2);
      pairs.push(pairs[pairs.length - 1] + (end - start) * count);
    }
  }
  // Tables follow one another in a buffer: whole tasks.
  const padding = ranges.length % 4 === 0 ? [] : [0, 0];
  return {
    words: Uint32Array.from([...tasks, ...ranges, ...padding]),
    tasks: tasks.length / 4,
    pairsBefore: Float64Array.from(pairs),
  };
}
