import { InvalidFormulaError } from '../errors.js';

/**
 * The pairs a reduction visits, as blocks: rows and columns are cut into consecutive blocks, and each row block lists
 * the column blocks it meets (compressed sparse rows). In a batch, every element has the same pattern.
 */
export interface BlockPattern {
  /** [R + 1], from 0 to N: row block r holds the rows rowStarts[r] up to rowStarts[r + 1]. */
  readonly rowStarts: Uint32Array;
  /** [C + 1], from 0 to M: column block c holds the columns columnStarts[c] up to columnStarts[c + 1]. */
  readonly columnStarts: Uint32Array;
  /** [R + 1], from 0: row block r meets the column blocks columnBlocks[offsets[r]] up to columnBlocks[offsets[r + 1]]. */
  readonly offsets: Uint32Array;
  /** [offsets[R]] indices of column blocks. */
  readonly columnBlocks: Uint32Array;
}

/** Throws an InvalidFormulaError that says what is wrong with a pattern for `rows` rows and `columns` columns. */
export function checkBlockPattern(blocks: BlockPattern, rows: number, columns: number): void {
  checkStarts('rowStarts', blocks.rowStarts, rows);
  checkStarts('columnStarts', blocks.columnStarts, columns);
  if (blocks.offsets.length !== blocks.rowStarts.length) {
    throw new InvalidFormulaError(
      `blocks.offsets has ${blocks.offsets.length} entries: give one more than there are row blocks, ${blocks.rowStarts.length}`,
    );
  }
  checkStarts('offsets', blocks.offsets, blocks.columnBlocks.length);
  const count = blocks.columnStarts.length - 1;
  const index = blocks.columnBlocks.findIndex((block) => block >= count);
  if (index >= 0) {
    throw new InvalidFormulaError(
      `blocks.columnBlocks[${index}] is ${blocks.columnBlocks[index]}, but there are ${count} column blocks: count from 0`,
    );
  }
}

function checkStarts(name: string, starts: Uint32Array, end: number): void {
  const index = starts.findIndex((start, i) => i > 0 && start < starts[i - 1]);
  if (index >= 0) {
    throw new InvalidFormulaError(`blocks.${name}[${index}] is below the entry before it: sort the blocks`);
  }
  if (starts[0] !== 0 || starts[starts.length - 1] !== end) {
    throw new InvalidFormulaError(
      `blocks.${name} goes from ${starts[0]} to ${starts[starts.length - 1]}: it must go from 0 to ${end}`,
    );
  }
}
