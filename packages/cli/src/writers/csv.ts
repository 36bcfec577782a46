import { stringify } from 'csv-stringify/sync';

/** Writes columns of numbers as CSV, in the shortest digits that read back as the same numbers. */
export function writeCsv(header: readonly string[], rows: number, at: (row: number, column: number) => number): string {
  const lines = [stringify([[...header]]).trimEnd()];
  for (let row = 0; row < rows; row++) {
    let line = String(at(row, 0));
    for (let column = 1; column < header.length; column++) line += `,${at(row, column)}`;
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}
