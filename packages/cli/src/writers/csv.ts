import { stringify } from 'csv-stringify/sync';
import { inTurns } from '../readers/inTurns.js';

/**
 * Writes columns of numbers and text as CSV, numbers in the shortest digits that read back as the same.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function writeCsv(
  header: readonly string[],
  rows: number,
  at: (row: number, column: number) => number | string,
  signal?: AbortSignal,
): Promise<string> {
  const lines = [stringify([[...header]]).trimEnd()];
  // Words are few, and come again.
  const quoted = new Map<string, string>();
  const cellAt = (row: number, column: number): string => {
    const value = at(row, column);
    if (typeof value === 'number') return String(value);
    const text = quoted.get(value) ?? stringify([[value]]).trimEnd();
    quoted.set(value, text);
    return text;
  };
  await inTurns(rows, signal, (row) => {
    let line = cellAt(row, 0);
    for (let column = 1; column < header.length; column++) line += `,${cellAt(row, column)}`;
    lines.push(line);
  });
  return `${lines.join('\n')}\n`;
}
