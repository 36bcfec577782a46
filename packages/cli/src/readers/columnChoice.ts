/** Which columns of a file are coordinates, and which one holds the weights. */
export interface ColumnChoice {
  /** Names of the coordinates' columns; absent means the reader's default. */
  readonly columns?: readonly string[];
  /** Name of the weights' column; absent means equal weights. */
  readonly weights?: string;
  /** Name of the column whose cells, of any text, are labels; absent means that points have none. */
  readonly labels?: string;
  /** Whether a table's first line holds names; `auto`, the default, refuses what it cannot tell. */
  readonly header?: 'auto' | 'yes' | 'no';
  /** What stands between the cells of a table; absent means whatever its first line shows. */
  readonly delimiter?: string;
  /** The decimal mark of a table. */
  readonly decimal?: '.' | ',';
  /** What a comment line of a table begins with. */
  readonly comment?: string;
  /** What happens to rows in which a number is missing; the default is an error. */
  readonly missing?: 'error' | 'drop';
  /** How many lines of a table to skip before its header. */
  readonly skipRows?: number;
  /** Which array of an .npz holds the points. */
  readonly array?: string;
  /** Takes the cells as they are, instead of a cloud: for tables that hold more than numbers. */
  readonly begin?: BeginCells;
}

/** Takes rows of any cells instead of a cloud of numbers. */
export interface CellRows {
  row(cells: ArrayLike<unknown>, line?: number): void;
}

/** What a file's rows are given to, once its columns are known. */
export type BeginCells = (file: string, columns: readonly string[], choice: ColumnChoice) => CellRows;
