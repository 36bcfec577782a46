import type { HostProblem } from './hostProblem.js';

/** Pairs of rows and columns with their costs, visited row by row. */
export interface Pairs {
  readonly rows: number;
  /** How many there are, where that is not all. */
  readonly length?: number;
  /** The column of each entry, and its cost. */
  readonly column: Uint32Array;
  readonly cost: Float64Array;
  /** Makes the entries of a row ready and gives where they begin; they end before `end(row)`. */
  begin(row: number): number;
  end(row: number): number;
}

/** Pairs that are kept in memory: 12 bytes each. */
export interface StoredPairs extends Pairs {
  readonly length: number;
}

/** All pairs, whose costs are computed anew whenever a row is visited. */
export function allPairs({ costs }: HostProblem): Pairs {
  const cost = new Float64Array(costs.columns);
  const column = Uint32Array.from({ length: costs.columns }, (_, j) => j);
  return {
    rows: costs.rows,
    column,
    cost,
    begin(row) {
      costs.row(row, cost);
      return 0;
    },
    end: () => costs.columns,
  };
}

/** All pairs, with their costs in memory. */
export function storedPairs({ costs }: HostProblem): StoredPairs {
  const { rows, columns } = costs;
  const cost = new Float64Array(rows * columns);
  const column = new Uint32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    costs.row(i, cost.subarray(i * columns, (i + 1) * columns));
    for (let j = 0; j < columns; j++) column[i * columns + j] = j;
  }
  return compressed(
    Uint32Array.from({ length: rows + 1 }, (_, i) => i * columns),
    column,
    cost,
  );
}

/** Pairs from their rows' starts, as in a compressed sparse row matrix. */
export const compressed = (starts: Uint32Array, column: Uint32Array, cost: Float64Array): StoredPairs => ({
  rows: starts.length - 1,
  length: starts[starts.length - 1],
  column,
  cost,
  begin: (row) => starts[row],
  end: (row) => starts[row + 1],
});
