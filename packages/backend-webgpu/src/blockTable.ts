import type { BlockPattern } from '@sinkhorn/core';

/** A block pattern as kernels take it. */
export interface BlockTable {
  /** Four words a task: its first row and the one after its last, and which ranges it goes through; then the ranges. */
  readonly words: Uint32Array;
  readonly tasks: number;
  /** Number of pairs of all tasks before each. */
  readonly pairsBefore: Float64Array;
  firstRow(task: number): number;
  endRow(task: number): number;
}

/** Cuts row blocks into tasks of a workgroup, and joins column blocks that follow one another into ranges. */
export function blockTable(blocks: BlockPattern, rowsPerTask: number): BlockTable {
  const { rowStarts, columnStarts, offsets, columnBlocks } = blocks;
  const tasks: number[] = [];
  const ranges: number[] = [];
  const pairs: number[] = [0];
  for (let block = 0; block + 1 < rowStarts.length; block++) {
    const first = ranges.length / 2;
    let columns = 0;
    for (let entry = offsets[block]; entry < offsets[block + 1]; entry++) {
      const [start, end] = [columnStarts[columnBlocks[entry]], columnStarts[columnBlocks[entry] + 1]];
      columns += end - start;
      if (start === end) continue;
      if (ranges.length / 2 > first && ranges[ranges.length - 1] === start) ranges[ranges.length - 1] = end;
      else ranges.push(start, end);
    }
    for (let start = rowStarts[block]; start < rowStarts[block + 1]; start += rowsPerTask) {
      const end = Math.min(start + rowsPerTask, rowStarts[block + 1]);
      tasks.push(start, end, first, ranges.length / 2);
      pairs.push(pairs[pairs.length - 1] + (end - start) * columns);
    }
  }
  return {
    words: Uint32Array.from([...tasks, ...ranges, 0, 0]),
    tasks: tasks.length / 4,
    pairsBefore: Float64Array.from(pairs),
    firstRow: (task) => tasks[4 * task],
    endRow: (task) => tasks[4 * task + 1],
  };
}
