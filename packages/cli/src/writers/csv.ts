import { stringify } from 'csv-stringify/sync';

/** Writes columns of numbers and text as CSV, numbers in the shortest digits that read back as the same. */
export function writeCsv(
  header: readonly string[],
  rows: number,
  at: (row: number, column: number) => number | string,
): string {
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
  for (let row = 0; row < rows; row++) {
    let line = cellAt(row, 0);
    for (let column = 1; column < header.length; column++) line += `,${cellAt(row, column)}`;
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}
