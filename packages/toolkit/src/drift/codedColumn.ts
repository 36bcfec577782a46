import type { Task } from '@sinkhorn/core';
import { rowsChunked } from '../rowsChunked.js';
import { levelIn, numberIn, type Reading } from './cells.js';
import type { ColumnKind } from './columnKind.js';
import { isMissing } from './table.js';

/** Numbers, dates as days; NaN where a cell is missing. */
export interface NumberColumn {
  readonly type: 'numbers';
  readonly values: Float64Array;
}

/** Categories by number; -1 where a cell is missing. */
export interface LevelColumn {
  readonly type: 'levels';
  readonly codes: Int32Array;
}

export type CodedColumn = NumberColumn | LevelColumn;

/** How the cells of a column are read: as the reference has them. */
export interface ColumnFormat {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly reading: Reading;
  /** The categories of the reference, those that are most frequent first. */
  readonly levels: readonly string[];
}

/** What was read of one table. */
export interface CodedCells {
  readonly column: CodedColumn;
  /** Categories that the format does not have; their codes follow those of the format. */
  readonly unseen: readonly string[];
  /** Cells that hold neither a number nor nothing, and count as missing: how many, and the first. */
  readonly unreadable?: { readonly count: number; readonly row: number; readonly cell: string };
}

/** The categories in a column, the most frequent first, in the order of their names where they are equally so. */
export function* levelsOf(cells: ArrayLike<unknown>, kind: 'category' | 'boolean'): Task<readonly string[]> {
  const counts = new Map<string, number>();
  yield* rowsChunked(cells.length, (from, to) => {
    for (let row = from; row < to; row++) {
      if (isMissing(cells[row], kind)) continue;
      const level = levelIn(cells[row], kind);
      counts.set(level, (counts.get(level) ?? 0) + 1);
    }
    return undefined;
  });
  return [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1)).map(([level]) => level);
}

/** The cells of a column as numbers. */
export function* codeColumn(cells: ArrayLike<unknown>, { kind, reading, levels }: ColumnFormat): Task<CodedCells> {
  if (kind === 'category' || kind === 'boolean') return yield* codeLevels(cells, kind, levels);
  const values = new Float64Array(cells.length);
  let unreadable: CodedCells['unreadable'];
  const code = (row: number): void => {
    const value = numberIn(cells[row], kind, reading);
    values[row] = value ?? Number.NaN;
    if (value !== undefined) return;
    unreadable = unreadable
      ? { ...unreadable, count: unreadable.count + 1 }
      : { count: 1, row, cell: String(cells[row]).slice(0, 40) };
  };
  yield* rowsChunked(cells.length, (from, to) => {
    for (let row = from; row < to; row++) code(row);
    return undefined;
  });
  return { column: { type: 'numbers', values }, unseen: [], ...(unreadable && { unreadable }) };
}

function* codeLevels(
  cells: ArrayLike<unknown>,
  kind: 'category' | 'boolean',
  levels: readonly string[],
): Task<CodedCells> {
  const places = new Map(levels.map((level, code) => [level, code]));
  const unseen: string[] = [];
  const codes = new Int32Array(cells.length);
  const codeOf = (cell: unknown): number => {
    if (isMissing(cell, kind)) return -1;
    const level = levelIn(cell, kind);
    let code = places.get(level);
    if (code === undefined) {
      code = places.size;
      places.set(level, code);
      unseen.push(level);
    }
    return code;
  };
  yield* rowsChunked(cells.length, (from, to) => {
    for (let row = from; row < to; row++) codes[row] = codeOf(cells[row]);
    return undefined;
  });
  return { column: { type: 'levels', codes }, unseen };
}

/** Some rows of a column. Loops: with a callback for each row they take ten times as long, in which no abort is noticed. */
export function pickRows(column: CodedColumn, rows: Uint32Array): CodedColumn {
  if (column.type === 'numbers') {
    const values = new Float64Array(rows.length);
    for (let k = 0; k < rows.length; k++) values[k] = column.values[rows[k]];
    return { type: 'numbers', values };
  }
  const codes = new Int32Array(rows.length);
  for (let k = 0; k < rows.length; k++) codes[k] = column.codes[rows[k]];
  return { type: 'levels', codes };
}

/** Whether the cell of a row is missing. */
export const isEmptyAt = (column: CodedColumn, row: number): boolean =>
  column.type === 'numbers' ? Number.isNaN(column.values[row]) : column.codes[row] < 0;
