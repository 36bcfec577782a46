import { type Program, program, type Reduction, type Variable } from '@sinkhorn/core';
import type { Cells } from './formulaCode.js';
import { isLong } from './kernel.js';
import { SHARE_SIZE } from './partialResults.js';
import { stagedFormulas, type Tiling } from './tiling.js';

/** Components that are in workgroup memory at a time: a share of a long value is one part of it. */
export const PART_SIZE = SHARE_SIZE;
/** Threads of a workgroup, a row each where rows are many: every device has as many. */
const ROWS_OF_GROUP = 64;
/** Chunks of four columns in a tile. */
const CHUNKS = 8;
/** Workgroup memory that every device of WebGPU has. */
const WORKGROUP_BYTES = 16_384;

/** How a workgroup goes through points of many components: as a product of matrices does, part by part of the components. */
export interface LongTiling extends Pick<Tiling, 'expressions' | 'staged'> {
  readonly cells: Cells;
  /** Threads side by side: those of a row see different columns, those of a chunk of columns different rows. */
  readonly threadsOfRow: number;
  readonly threadsOfColumn: number;
  /** Chunks of columns in a tile. */
  readonly chunks: number;
  /** Vectors of rows, and chunks of columns, from one component to the next: one more than there are, against conflicts of banks. */
  readonly rowStride: number;
  readonly columnStride: number;
  /** Long variables that any of the loops over components reads, by side: what each takes is a part in workgroup memory. */
  readonly rowVariables: number;
  readonly columnVariables: number;
}

/** Instructions of a pair that sum over a long vector. */
export const longSums = ({ instructions }: Program): readonly number[] =>
  instructions.flatMap(({ node, operands, varies }, index) =>
    node.type === 'sum' && varies.byRow && varies.byColumn && isLong(instructions[operands[0]].node.size)
      ? [index]
      : [],
  );

/** Long variables that the components of an instruction are computed from. */
export function longVariables({ instructions }: Program, roots: readonly number[]): readonly Variable[] {
  const found = new Map<string, Variable>();
  const visit = (index: number) => {
    const { node, operands } = instructions[index];
    if (!isLong(node.size)) return;
    if (node.type === 'variable') found.set(`${node.side} ${node.name}`, node);
    operands.forEach(visit);
  };
  roots.forEach(visit);
  return [...found.values()];
}

/** The tiling of a reduction of long points or values; undefined for others, and where what it takes does not fit. */
export function longTiling(reduction: Reduction): LongTiling | undefined {
  const { expressions, staged } = stagedFormulas(reduction);
  const pair = program(expressions);
  const longValue = isLong(reduction.value?.size ?? 0);
  const sums = longSums(pair);
  if (sums.length === 0 && !longValue) return undefined;
  // A component by itself is not at hand in all parts.
  const single = pair.instructions.some(
    ({ node, operands }) =>
      node.type === 'component' &&
      pair.instructions[operands[0]].varies.byColumn &&
      isLong(pair.instructions[operands[0]].node.size),
  );
  if (single) return undefined;
  const rows = longValue ? 2 : 4;
  const threadsOfColumn = ROWS_OF_GROUP / rows;
  const threadsOfRow = 64 / threadsOfColumn;
  const roots = [
    ...sums.map((index) => pair.instructions[index].operands[0]),
    ...(longValue ? pair.outputs.slice(-1) : []),
  ];
  const variables = longVariables(pair, roots);
  const count = (wanted: Variable['side']) => variables.filter(({ side }) => side === wanted).length;
  const tiling = {
    expressions,
    staged,
    cells: { rows, vectors: CHUNKS / threadsOfRow },
    threadsOfRow,
    threadsOfColumn,
    chunks: CHUNKS,
    rowStride: threadsOfColumn + 1,
    columnStride: CHUNKS + 1,
    rowVariables: count('row'),
    columnVariables: count('column'),
  };
  return bytesOf(tiling) <= WORKGROUP_BYTES ? tiling : undefined;
}

function bytesOf({ cells, staged, chunks, ...tiling }: LongTiling): number {
  const short = staged.reduce((sum, { variable }) => sum + (isLong(variable.size) ? 0 : variable.size), 0);
  const rows = tiling.rowVariables * PART_SIZE * tiling.rowStride * 4 * cells.rows;
  const columns = tiling.columnVariables * PART_SIZE * tiling.columnStride * 16;
  return short * chunks * 16 + rows + columns;
}
