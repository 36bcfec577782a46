import { InputError } from '../inputError.js';
import { growingArray } from './growingArray.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';

/** Collects the rows of one file, whatever its format, and refuses the first cell that is not a finite number. */
export interface PointSink {
  /** Adds one row; its cells are in the order of the file's columns. */
  row(cells: ArrayLike<unknown>): void;
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
  const weightsAt = choice.weights === undefined ? -1 : columnIndex(file, available, choice.weights);
  const columns = choice.columns ?? defaults.filter((name) => name !== choice.weights);
  if (columns.length === 0)
    throw new InputError(`${file}: no column is left for the coordinates; choose some with --columns`);
  if (new Set(columns).size < columns.length && choice.columns) {
    throw new InputError(`--columns: "${columns.find((name, i) => columns.indexOf(name) < i)}" is named twice`);
  }
  const indices = columns.map((name) => columnIndex(file, available, name));

  const points = growingArray();
  const weights = growingArray();
  let count = 0;

  const numberAt = (cells: ArrayLike<unknown>, index: number): number => {
    const value = toNumber(cells[index]);
    if (Number.isFinite(value)) return value;
    throw new InputError(`${file}: row ${count}, column "${available[index]}": ${whyNotANumber(cells[index])}`);
  };

  return {
    row(cells) {
      count++;
      for (const index of indices) points.push(numberAt(cells, index));
      if (weightsAt < 0) return;
      const weight = numberAt(cells, weightsAt);
      if (weight < 0) {
        throw new InputError(
          `${file}: row ${count}, column "${choice.weights}": the weight ${weight} is negative; weights are 0 or more`,
        );
      }
      weights.push(weight);
    },
    finish(notes = []) {
      if (count === 0) throw new InputError(`${file}: it has columns (${available.join(', ')}) but no rows`);
      return {
        file,
        columns,
        count,
        dimension: columns.length,
        points: points.finish(),
        ...(weightsAt < 0 ? {} : { weights: weights.finish() }),
        notes,
      };
    },
  };
}

function columnIndex(file: string, available: readonly string[], name: string): number {
  const index = available.indexOf(name);
  if (index < 0) throw new InputError(`${file}: there is no column "${name}"; its columns are ${available.join(', ')}`);
  if (name === '') {
    throw new InputError(
      `${file}: column ${index + 1} has no name in the header; choose the coordinates with --columns`,
    );
  }
  if (available.lastIndexOf(name) !== index) {
    throw new InputError(
      `${file}: the name "${name}" stands for columns ${index + 1} and ${available.lastIndexOf(name) + 1}; give each its own`,
    );
  }
  return index;
}

const missing = new Set(['', 'na', 'n/a', 'nan', 'null']);

/** NaN for whatever is not a number as people write numbers: 0x10, true and the empty string are not. */
export function toNumber(cell: unknown): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint') return Number(cell);
  // Number('') is 0 and Number('0x10') is 16: neither is what a table means.
  if (typeof cell !== 'string' || !/[0-9]/.test(cell) || /[xob]/i.test(cell)) return Number.NaN;
  return Number(cell);
}

function whyNotANumber(cell: unknown): string {
  if (cell === undefined || cell === null || (typeof cell === 'string' && missing.has(cell.trim().toLowerCase()))) {
    return 'the value is missing; remove the row or fill it in';
  }
  if (typeof cell === 'number') return `${cell} is not a finite number; remove the row or fill it in`;
  const shown = typeof cell === 'string' ? cell : JSON.stringify(cell);
  const short = shown.length > 40 ? `${shown.slice(0, 40)}...` : shown;
  return `"${short}" is not a finite number; choose the numeric columns with --columns`;
}
