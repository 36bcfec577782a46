import { InvalidOptionError, type Task } from '@sinkhorn/core';
import { pause } from '@sinkhorn/core/extend';
import { checkRange } from '../checkRange.js';
import { drawRows } from '../drawRows.js';
import { type FoundKind, hasUnclearComma, kindOf, mostlyNumbers } from './cells.js';
import { type CodedColumn, type ColumnFormat, codeColumn, isEmptyAt, levelsOf } from './codedColumn.js';
import type { ColumnKind } from './columnKind.js';
import { type ColumnScale, columnScale } from './columnScale.js';
import { looksLikeIdentifierChunked } from './looksLikeIdentifier.js';
import type { CheckedDriftOptions } from './options.js';
import { sortedNumbers } from './sortedNumbers.js';
import type { Columns } from './table.js';

/** A column of the reference with what is computed of it once. */
export interface ReferenceColumn extends ColumnFormat {
  readonly column: CodedColumn;
  readonly scale: ColumnScale;
  /** Numbers that are not missing, from the least up. */
  readonly sorted: Float64Array;
}

/** A reference: what all comparisons with it have in common. */
export interface Reference {
  readonly rows: number;
  readonly columns: readonly ReferenceColumn[];
  /** Columns that are left out. */
  readonly identifiers: readonly string[];
  /** Rows that p-values of columns come from, and those that are compared jointly. */
  readonly columnRows: Uint32Array;
  readonly jointRows: Uint32Array;
  readonly remarks: readonly string[];
}

/** What all comparisons with a reference have in common. @throws InvalidOptionError for a column that is not there. */
export function* readReference({ rows, cells }: Columns, options: CheckedDriftOptions): Task<Reference> {
  const remarks: string[] = [];
  const columns: ReferenceColumn[] = [];
  const identifiers: string[] = [];
  for (const [name, kind] of chosen(cells, options.columns)) {
    const values = cells.get(name) as ArrayLike<unknown>;
    const found = yield* kindFound(values);
    const reading = kind === undefined || kind === found.kind ? found.reading : 'point';
    const asked = kind ?? found.kind;
    if (found.unclearDate !== undefined) remarks.push(unclearDates(name, asked, found.unclearDate));
    const why = options.columns ? undefined : yield* looksLikeIdentifierChunked(name, asked, values);
    if (why) {
      identifiers.push(name);
      if (found.unclearDate !== undefined) continue;
      // Where no cell tells what its commas are, its numbers cannot be read.
      const isUnclear = asked === 'category' && hasUnclearComma(values[0]);
      remarks.push(
        isUnclear
          ? `Column ${name} is left out, as its commas may be decimal marks or stand between thousands, as in "${values[0]}": give numbers.`
          : `Column ${name} is left out, as it looks like an identifier (${why}); name it in columns to compare it.`,
      );
      continue;
    }
    columns.push(yield* readColumn({ name, kind: asked, reading }, values, options, remarks));
  }
  if (columns.length === 0) {
    throw new InvalidOptionError('reference has nothing but identifiers: name the columns to compare in columns');
  }
  // Rows that are to be compared jointly have no empty cell where such are left out.
  const complete = Uint32Array.from({ length: rows }, (_, row) => row).filter(
    (row) => options.missing === 'category' || columns.every(({ column }) => !isEmptyAt(column, row)),
  );
  return {
    rows,
    columns,
    identifiers,
    columnRows: drawRows(rows, options.columnRows, options.seed),
    jointRows: drawRows(complete.length, options.jointRows, options.seed + 1).map((place) => complete[place]),
    remarks,
  };
}

/** What a column is by its cells: one of numbers too where a few slips are in it, which are told as unreadable. */
function* kindFound(cells: ArrayLike<unknown>): Task<FoundKind> {
  const found = yield* kindOf(cells);
  if (found.kind !== 'category') return found;
  const reading = yield* mostlyNumbers(cells);
  return reading ? { kind: 'number', reading } : found;
}

function chosen(
  cells: Columns['cells'],
  columns: CheckedDriftOptions['columns'],
): readonly (readonly [string, ColumnKind | undefined])[] {
  if (!columns) return [...cells.keys()].map((name) => [name, undefined] as const);
  for (const name of columns.keys()) {
    if (cells.has(name)) continue;
    throw new InvalidOptionError(
      `columns names ${name}, which reference does not have: its columns are ${[...cells.keys()].join(', ')}`,
    );
  }
  return [...columns];
}

function* readColumn(
  format: Omit<ColumnFormat, 'levels'>,
  cells: ArrayLike<unknown>,
  { standardize }: CheckedDriftOptions,
  remarks: string[],
): Task<ReferenceColumn> {
  const { name, kind } = format;
  const levels = kind === 'category' || kind === 'boolean' ? yield* levelsOf(cells, kind) : [];
  const { column, unreadable } = yield* codeColumn(cells, { ...format, levels });
  if (unreadable) remarks.push(unreadableText('reference', name, kind, unreadable));
  if (column.type === 'numbers') checkRange(`column ${name} of reference`, column.values);
  const sorted = yield* sortedValues(column);
  yield* pause();
  return { ...format, levels, column, scale: columnScale(column, standardize, sorted), sorted };
}

/** The numbers of a column that are not missing, from the least up. */
export function* sortedValues(column: CodedColumn): Task<Float64Array> {
  return column.type === 'numbers' ? yield* sortedNumbers(column.values) : new Float64Array();
}

/** What is said of dates whose order no cell of the reference tells. */
function unclearDates(name: string, kind: ColumnKind, cell: string): string {
  const how = kind === 'date' ? 'the day is taken to be first' : 'they are taken for text';
  return `Column ${name}: the dates may have the day or the month first, as in "${cell}", and ${how}; write the year first, as in 2026-01-31.`;
}

/** What is said of cells that cannot be read. */
export function unreadableText(
  table: string,
  name: string,
  kind: ColumnKind,
  { count, row, cell }: { readonly count: number; readonly row: number; readonly cell: string },
): string {
  const what = kind === 'date' ? 'date' : 'number';
  return `Column ${name} of ${table}: ${count === 1 ? '1 cell is' : `${count} cells are`} no ${what} and counted as missing, the first in row ${row}, counted from 0: "${cell}".`;
}
