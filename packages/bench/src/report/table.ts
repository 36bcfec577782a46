/** How a column's numbers are written: see `format`. */
export type Format = 'text' | 'count' | 'tenths' | 'digits3' | 'digits4' | 'digits8' | 'power' | 'percent';

export type Cell = string | number | null;

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly format: Format;
}

/** A table of results: plain data, kept as JSON and shown as Markdown. */
export interface Table {
  readonly title: string;
  /** What it shows, and how that was measured. */
  readonly text: string;
  readonly columns: readonly Column[];
  /** By the columns' keys; null where there is nothing to say. */
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}

/** The column that every table ends with. */
export const peakColumn: Column = { key: 'peak', title: 'peak memory, MB', format: 'tenths' };
