import { inTurns } from '../readers/inTurns.js';
import { writeCsv } from './csv.js';
import { endingOf } from './endings.js';
import { npyContents } from './npyContents.js';

/** Columns of numbers with their names. */
export interface NumberTable {
  readonly header: readonly string[];
  readonly rows: number;
  at(row: number, column: number): number;
}

/**
 * The contents of a file that holds a table of numbers, by its name: an .npy of float64, which has no names of columns, or else CSV.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function tableContents(
  file: string,
  { header, rows, at }: NumberTable,
  signal?: AbortSignal,
): Promise<string | Uint8Array> {
  if (endingOf(file) !== 'npy') return writeCsv(header, rows, at, signal);
  const values = new Float64Array(rows * header.length);
  await inTurns(rows, signal, (row) => {
    for (let column = 0; column < header.length; column++) values[row * header.length + column] = at(row, column);
  });
  return npyContents({ values, shape: [rows, header.length] });
}
