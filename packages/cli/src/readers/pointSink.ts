import { InputError } from '../inputError.js';
import { growingArray } from './growingArray.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';

/** Collects the rows of one file, whatever its format, and refuses the first cell that is not a finite number. */
export interface PointSink {
  /** Adds one row; its cells are in the order of the file's columns. `line` is where an editor shows it. */
  row(cells: ArrayLike<unknown>, line?: number): void;
  /** The cloud, once every row was added. */
  finish(notes?: readonly string[]): PointCloud;
}

/**
 * Makes the sink of one file.
 *
 * `available` are the file's columns in order, `defaults` those taken as coordinates when the user chose none.
 * Rows are counted from 1 and a header is not counted, in messages as in every table of the output.
 *
 * @throws InputError when a chosen column does not exist or is named twice in the file.
 */
export function pointSink(
  file: string,
  available: readonly string[],
  choice: ColumnChoice,
  defaults: readonly string[] = available,
): PointSink {
  const places = placesOf(available);
  const weightsAt = choice.weights === undefined ? -1 : columnIndex(file, available, places, choice.weights);
  const columns = choice.columns ?? defaults.filter((name) => name !== choice.weights);
  if (columns.length === 0)
    throw new InputError(`${file}: no column is left for the coordinates; choose some with --columns`);
  if (new Set(columns).size < columns.length && choice.columns) {
    throw new InputError(`--columns: "${columns.find((name, i) => columns.indexOf(name) < i)}" is named twice`);
  }
  const indices = columns.map((name) => columnIndex(file, available, places, name));

  const points = growingArray();
  const weights = growingArray();
  const used = weightsAt < 0 ? indices : [...indices, weightsAt];
  let count = 0;
  let dropped = 0;
  let place = '';

  const numberAt = (cells: ArrayLike<unknown>, index: number): number => {
    const value = toNumber(cells[index]);
    if (Number.isFinite(value)) return value;
    const numeric = available.filter((_, i) => Number.isFinite(toNumber(cells[i])));
    throw new InputError(`${file}: ${place}, column "${available[index]}": ${whyNotANumber(cells[index], numeric)}`);
  };

  return {
    row(cells, line) {
      place = line === undefined ? `row ${count + dropped + 1}` : `line ${line} (row ${count + dropped + 1})`;
      if (choice.missing === 'drop' && used.some((index) => isMissing(cells[index]))) {
        dropped++;
        return;
      }
      count++;
      for (const index of indices) points.push(numberAt(cells, index));
      if (weightsAt < 0) return;
      const weight = numberAt(cells, weightsAt);
      if (weight < 0) {
        throw new InputError(
          `${file}: ${place}, column "${choice.weights}": the weight ${weight} is negative; weights are 0 or more`,
        );
      }
      weights.push(weight);
    },
    finish(notes = []) {
      if (count === 0)
        throw new InputError(
          `${file}: it has columns (${available.join(', ')}) but no rows${dropped ? ` without missing numbers` : ''}`,
        );
      return {
        file,
        columns,
        count,
        dimension: columns.length,
        points: points.finish(),
        ...(weightsAt < 0 ? {} : { weights: weights.finish() }),
        notes: dropped ? [...notes, `${file}: ${dropped} rows in which a number is missing were left out`] : notes,
      };
    },
  };
}

/** Where each name stands, first and last: one pass, so that wide tables take no time. */
interface Places {
  readonly first: ReadonlyMap<string, number>;
  readonly last: ReadonlyMap<string, number>;
}

function placesOf(names: readonly string[]): Places {
  const last = new Map(names.map((name, i) => [name, i]));
  const first = new Map<string, number>();
  for (const [i, name] of names.entries()) if (!first.has(name)) first.set(name, i);
  return { first, last };
}

function columnIndex(file: string, available: readonly string[], places: Places, name: string): number {
  const index = places.first.get(name) ?? -1;
  if (index < 0) throw new InputError(`${file}: there is no column "${name}"; its columns are ${available.join(', ')}`);
  if (name === '') {
    throw new InputError(
      `${file}: column ${index + 1} has no name in the header; choose the coordinates with --columns`,
    );
  }
  if (places.last.get(name) !== index) {
    throw new InputError(
      `${file}: the name "${name}" stands for columns ${index + 1} and ${(places.last.get(name) ?? 0) + 1}; give each its own`,
    );
  }
  return index;
}

const missing = new Set(['', '-', '.', '?', '#n/a', 'na', 'n/a', 'nan', 'null', 'none']);

/** True for a cell that stands for a number nobody knows. */
export function isMissing(cell: unknown): boolean {
  if (typeof cell === 'string') return missing.has(cell.trim().toLowerCase());
  return cell === undefined || cell === null || Number.isNaN(cell);
}

/** NaN for whatever is not a number as people write numbers: 0x10, true and the empty string are not. */
export function toNumber(cell: unknown): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint') return Number(cell);
  // Number('') is 0 and Number('0x10') is 16: neither is what a table means.
  if (typeof cell !== 'string' || !/[0-9]/.test(cell) || /[xob]/i.test(cell)) return Number.NaN;
  return Number(cell);
}

function whyNotANumber(cell: unknown, numeric: readonly string[]): string {
  if (typeof cell === 'number') return `${cell} is not a finite number; remove the row or fill it in`;
  if (isMissing(cell)) {
    const word = typeof cell === 'string' && cell.trim() !== '' ? ` ("${cell.trim()}")` : '';
    return `the value is missing${word}; remove the row or fill it in, or leave such rows out with --missing drop`;
  }
  const shown = typeof cell === 'string' ? cell : JSON.stringify(cell);
  const short = shown.length > 40 ? `${shown.slice(0, 40)}...` : shown;
  return `"${short}" is not a finite number; ${remedy(shown.trim(), numeric)}`;
}

function remedy(cell: string, numeric: readonly string[]): string {
  if (/^[\u2212\u2012\u2013\uFE63\uFF0D]\s*[\d.,]/.test(cell))
    return 'it begins with a Unicode minus; write - in its place';
  if (/^[+-]?\d{1,3}(,\d{3})+$/.test(cell)) {
    return 'remove its thousands separators, or say --decimal , if the comma is a decimal mark';
  }
  if (/^[+-]?\d{1,3}([ \u00a0\u202f'.,]\d{3})+([.,]\d+)?$/.test(cell)) return 'remove its thousands separators';
  if (/^[+-]?\d*,\d+([eE][+-]?\d+)?$/.test(cell)) return 'for decimal commas say --decimal ,';
  if (cell.includes('|')) return 'if | stands between the cells, say --delimiter "|"';
  if (cell.startsWith('#')) return 'for comment lines say --comment "#"';
  if (/^[[(].*[\])]$/.test(cell)) return 'a row of units? put a comment mark before it and name that with --comment';
  const some = numeric.slice(0, 10).join(',');
  return `choose the numeric columns with --columns${some === '' ? '' : ` (numbers in this row: ${some}${numeric.length > 10 ? ', ...' : ''})`}`;
}
