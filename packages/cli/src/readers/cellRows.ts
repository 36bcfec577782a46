import type { ColumnChoice } from './pointCloud.js';

/** Takes rows of any cells instead of a cloud of numbers. */
export interface CellRows {
  row(cells: ArrayLike<unknown>, line?: number): void;
}

/** What a file's rows are given to, once its columns are known. */
export type BeginCells = (file: string, columns: readonly string[], choice: ColumnChoice) => CellRows;
