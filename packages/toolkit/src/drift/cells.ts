import type { Task } from '@sinkhorn/core';
import { rowsChunked } from '../rowsChunked.js';
import { shownNumber } from '../shownNumber.js';
import type { ColumnKind } from './columnKind.js';
import { type DateOrder, daysInText } from './dates.js';
import { isMissing } from './table.js';

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
/** Thousands apart by commas, with or without a point of decimals. */
const grouped = /^\s*[+-]?\d{1,3}(,\d{3})+(\.\d*)?\s*$/;
const decimalComma = /^\s*[+-]?(\d+,\d*|,\d+|\d+)([eE][+-]?\d+)?\s*$/;
const truth = new Map([
  ['true', true],
  ['false', false],
]);

const MILLISECONDS_OF_DAY = 86_400_000;

/** How the text of a column is read as a number, and of one of dates where its year comes last. */
export type Reading = 'point' | 'comma' | 'thousands' | DateOrder;

/** What a column is, and how it is read. */
export interface FoundKind {
  readonly kind: ColumnKind;
  readonly reading: Reading;
  /** The first of dates that no cell tells the order of, which are categories then. */
  readonly unclearDate?: string;
}

/** What a column is by its cells, those that are missing apart: all of them decide. A column without any is one of categories. */
export function* kindOf(cells: ArrayLike<unknown>): Task<FoundKind> {
  let [some, numbers, withComma, booleans] = [false, true, true, true];
  let [dayFirst, monthFirst] = [true, true];
  let unclearDate: string | undefined;
  let thousands = true;
  let [groups, certain] = [true, false];
  const look = (cell: unknown): void => {
    if (isMissing(cell, 'number')) return;
    some = true;
    const isNumber = typeof cell === 'number' || typeof cell === 'bigint';
    const text = typeof cell === 'string' ? cell : undefined;
    numbers &&= isNumber || (text !== undefined && decimal.test(text));
    withComma &&= text !== undefined && decimalComma.test(text);
    // 1,234 alone may be one and a bit, or more than a thousand.
    if (text?.includes(',') && !/,\d{3}\s*$/.test(text)) thousands = false;
    groups &&= text !== undefined && (decimal.test(text) || grouped.test(text));
    // Two commas, or a comma before a point.
    certain ||= text !== undefined && /,\d{3}[,.]/.test(text);
    booleans &&= typeof cell === 'boolean' || (text !== undefined && truth.has(text.trim().toLowerCase()));
    if (dayFirst || monthFirst) lookForDate(cell);
  };
  const lookForDate = (cell: unknown): void => {
    const [days, others] = [daysOf(cell, 'dayFirst'), daysOf(cell, 'monthFirst')];
    const isText = typeof cell === 'string' || cell instanceof Date;
    dayFirst &&= isText && Number.isFinite(days);
    monthFirst &&= isText && Number.isFinite(others);
    if (dayFirst && monthFirst && days !== others) unclearDate ??= String(cell).trim();
  };
  yield* rowsChunked(cells.length, (from, to) => {
    for (let row = from; row < to; row++) {
      look(cells[row]);
      if (!numbers && !withComma && !groups && !booleans && !dayFirst && !monthFirst) return 'done';
    }
    return undefined;
  });
  if (some && numbers) return { kind: 'number', reading: 'point' };
  if (some && withComma && !thousands) return { kind: 'number', reading: 'comma' };
  if (some && groups && certain) return { kind: 'number', reading: 'thousands' };
  if (some && booleans) return { kind: 'boolean', reading: 'point' };
  if (some && dayFirst && monthFirst && unclearDate !== undefined) {
    return { kind: 'category', reading: 'point', unclearDate };
  }
  if (some && (dayFirst || monthFirst)) return { kind: 'date', reading: dayFirst ? 'dayFirst' : 'monthFirst' };
  return { kind: 'category', reading: 'point' };
}

/** The number that a cell holds, dates in days; NaN where it is missing, or `undefined` where it holds none. */
export function numberIn(cell: unknown, kind: 'number' | 'date', reading: Reading): number | undefined {
  if (isMissing(cell, kind)) return Number.NaN;
  const value =
    kind === 'date' ? daysOf(cell, reading === 'monthFirst' ? reading : 'dayFirst') : plainNumber(cell, reading);
  return Number.isFinite(value) ? value : undefined;
}

function plainNumber(cell: unknown, reading: Reading): number {
  if (typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean') return Number(cell);
  if (typeof cell !== 'string') return Number.NaN;
  if (reading === 'comma') return decimalComma.test(cell) ? Number(cell.replace(',', '.')) : Number.NaN;
  if (reading === 'thousands' && grouped.test(cell)) return Number(cell.replaceAll(',', ''));
  return decimal.test(cell) ? Number(cell) : Number.NaN;
}

/** Days since 1970; numbers are milliseconds. */
function daysOf(cell: unknown, order: DateOrder): number {
  if (cell instanceof Date) return cell.getTime() / MILLISECONDS_OF_DAY;
  if (typeof cell === 'number') return cell / MILLISECONDS_OF_DAY;
  return typeof cell === 'string' ? daysInText(cell, order) : Number.NaN;
}

/** A day as people write it. */
export function dayText(days: number): string {
  const day = new Date(days * MILLISECONDS_OF_DAY);
  // Beyond the calendar of JavaScript, which ends in the year 275760.
  return Number.isNaN(day.getTime()) ? `day ${shownNumber(days)}` : day.toISOString().slice(0, 10);
}

/** The name of the category that a cell is of. */
export function levelIn(cell: unknown, kind: 'category' | 'boolean'): string {
  if (kind === 'boolean') {
    if (typeof cell === 'boolean') return String(cell);
    if (cell === 0 || cell === 1) return String(cell === 1);
    return String(cell).trim().toLowerCase();
  }
  if (cell instanceof Date) return cell.toISOString();
  return typeof cell === 'object' && cell !== null ? objectText(cell) : String(cell).trim();
}

/** What an object or a list holds, as JSON with its keys in order: two that hold the same are one category. */
function objectText(cell: object): string {
  return JSON.stringify(cell, (_, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    if (value instanceof Map || value instanceof Set) return [...value];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Whether a cell is text in which a comma stands before three digits, which may be decimals or not. */
export const hasUnclearComma = (cell: unknown): boolean => typeof cell === 'string' && grouped.test(cell);

/** So many of the cells at least are numbers where the others are slips and not categories. */
const MOST_OF_ALL = 0.95;
/** Fewer different texts may well be codes. */
const MORE_THAN_CODES = 30;

/** How the numbers of a column of texts are read where nearly all of them are numbers, and many; undefined where they are not. */
export function* mostlyNumbers(cells: ArrayLike<unknown>): Task<Reading | undefined> {
  // Whole numbers are the same with either mark.
  let [count, whole, points, commas] = [0, 0, 0, 0];
  const seen = new Set<unknown>();
  const look = (cell: unknown): void => {
    if (isMissing(cell, 'number')) return;
    count++;
    if (seen.size <= MORE_THAN_CODES) seen.add(cell);
    if (typeof cell === 'number' || typeof cell === 'bigint') whole++;
    else if (typeof cell === 'string' && decimal.test(cell)) {
      if (cell.includes('.')) points++;
      else whole++;
    }
    // A comma before three digits may stand between thousands.
    else if (typeof cell === 'string' && decimalComma.test(cell) && !grouped.test(cell)) commas++;
  };
  yield* rowsChunked(cells.length, (from, to) => {
    for (let row = from; row < to; row++) look(cells[row]);
    return undefined;
  });
  if (seen.size <= MORE_THAN_CODES || whole + points + commas < MOST_OF_ALL * count) return undefined;
  if (commas === 0) return 'point';
  // Both marks in one column: neither is certain.
  return points === 0 ? 'comma' : undefined;
}
