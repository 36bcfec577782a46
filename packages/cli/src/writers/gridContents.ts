import { InputError } from '../inputError.js';
import { encodeGreyPng } from '../pngThread.js';
import { writeCsv } from './csv.js';
import { npyContents } from './npyContents.js';

/** Numbers on the nodes of a grid. */
export interface GridNumbers {
  readonly values: Float64Array;
  readonly shape: readonly number[];
  readonly spacing: readonly number[];
}

/** The endings of files that hold grids. */
const ENDINGS = /\.(png|npy|csv)$/i;

/**
 * Refuses the name of a file that no grid can be written to.
 *
 * @throws InputError naming the option.
 */
export function checkGridName(option: string, file: string | undefined): void {
  if (file === undefined || ENDINGS.test(file)) return;
  throw new InputError(`${option}: ${file} must end in .npy, .csv or, for pictures, .png`);
}

/**
 * The contents of a file that holds a grid, by its name: an .npy of float64, a .csv with a line for each node, or a .png of 16 bits, in which the
 * largest number is white.
 *
 * @throws InputError for a .png of what is no picture; the signal's reason when it is aborted.
 */
export async function gridContents(
  file: string,
  numbers: GridNumbers,
  name: string,
  signal?: AbortSignal,
): Promise<string | Uint8Array> {
  const ending = ENDINGS.exec(file)?.[1].toLowerCase();
  if (ending === 'png') return pngOf(file, numbers, signal);
  return ending === 'npy' ? npyContents(numbers) : csvOf(numbers, name, signal);
}

function pngOf(file: string, { values, shape }: GridNumbers, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (shape.length !== 2 || values.some((value) => value < 0)) {
    throw new InputError(`${file}: only masses with two axes are a picture; write an .npy`);
  }
  const [height, width] = shape;
  const largest = values.reduce((most, value) => Math.max(most, value), 0) || 1;
  const data = Uint16Array.from(values, (value) => Math.round((65535 * value) / largest));
  return encodeGreyPng({ width, height, data }, signal);
}

function csvOf(
  { values, shape, spacing }: GridNumbers,
  name: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const header = [...shape.map((_, axis) => `position_${axis + 1}`), name];
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const at = (node: number, column: number) =>
    column === shape.length ? values[node] : (Math.floor(node / strides[column]) % shape[column]) * spacing[column];
  return writeCsv(header, values.length, at, signal);
}
