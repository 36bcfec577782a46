import { InvalidMeasureError, type Task } from '@sinkhorn/core';
import { rowsChunked } from '../rowsChunked.js';
import type { ColumnKind } from './columnKind.js';
import { isMissingWord } from './missingWords.js';

/**
 * A table as programs have it: one record a row, or one list of cells a column. Cells are numbers, booleans, dates, text, or missing:
 * null, undefined, NaN, an invalid date or blank text, and in columns of anything but categories words such as NA or null.
 */
export type Table =
  | readonly Readonly<Record<string, unknown>>[]
  | Readonly<Record<string, readonly unknown[] | Float32Array | Float64Array | Int32Array | Uint8Array>>;

/** The cells of each column. */
export interface Columns {
  readonly rows: number;
  readonly cells: ReadonlyMap<string, ArrayLike<unknown>>;
}

/**
 * The columns of a table in either form.
 *
 * @throws InvalidMeasureError naming the table and the row or column that does not fit.
 */
export function* columnsOf(name: string, table: Table): Task<Columns> {
  if (typeof table !== 'object' || table === null) {
    throw new InvalidMeasureError(
      `${name} is no table: give an array of records, or an object with an array for each column`,
    );
  }
  const found = Array.isArray(table)
    ? yield* fromRecords(name, table)
    : fromColumns(name, table as Exclude<Table, readonly unknown[]>);
  if (found.rows === 0) throw new InvalidMeasureError(`${name} has no rows: give one or more`);
  if (found.cells.size === 0) throw new InvalidMeasureError(`${name} has no columns: give one or more`);
  return found;
}

function* fromRecords(name: string, records: readonly Readonly<Record<string, unknown>>[]): Task<Columns> {
  const cells = new Map<string, unknown[]>();
  const take = (record: Readonly<Record<string, unknown>>, row: number): void => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw new InvalidMeasureError(`${name}[${row}] is no record: give an object with a value for each column`);
    }
    // A key that only later records have is missing in the earlier ones.
    for (const key of Object.keys(record)) {
      let column = cells.get(key);
      if (!column) {
        column = new Array<unknown>(records.length);
        cells.set(key, column);
      }
      column[row] = record[key];
    }
  };
  yield* rowsChunked(records.length, (from, to) => {
    for (let row = from; row < to; row++) take(records[row], row);
    return undefined;
  });
  return { rows: records.length, cells };
}

function fromColumns(name: string, table: Exclude<Table, readonly unknown[]>): Columns {
  const cells = new Map<string, ArrayLike<unknown>>();
  let rows = 0;
  let first = '';
  for (const [key, column] of Object.entries(table)) {
    if (typeof column !== 'object' || column === null || typeof column.length !== 'number') {
      throw new InvalidMeasureError(`${name}.${key} is no list of cells: give an array, one cell a row`);
    }
    if (cells.size > 0 && column.length !== rows) {
      throw new InvalidMeasureError(
        `${name}.${key} has ${column.length} cells and ${name}.${first} has ${rows}: give all columns the same rows`,
      );
    }
    if (cells.size === 0) [rows, first] = [column.length, key];
    cells.set(key, column);
  }
  return { rows, cells };
}

/** Whether a cell of a column of some kind means an unknown value. */
export function isMissing(cell: unknown, kind: ColumnKind): boolean {
  if (cell === undefined || cell === null) return true;
  if (typeof cell === 'number') return Number.isNaN(cell);
  if (typeof cell === 'string') return cell.trim() === '' || (kind !== 'category' && isMissingWord(cell));
  return cell instanceof Date && Number.isNaN(cell.getTime());
}
