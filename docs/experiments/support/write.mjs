import { mkdir, writeFile } from 'node:fs/promises';
import { markdownTable } from 'markdown-table';
import { inBothThemes } from '../../images/inBothThemes.mjs';

/**
 * Writes a figure beside the pages that show it, and one for phones where there is one.
 * @param {string} name
 * @param {string} svg
 * @param {string} [narrow]
 */
export async function writeFigure(name, svg, narrow) {
  await mkdir(new URL('../figures/', import.meta.url), { recursive: true });
  const write = (file, picture) => writeFile(new URL(`../figures/${file}.svg`, import.meta.url), inBothThemes(picture));
  await write(name, svg);
  if (narrow) await write(`${name}-narrow`, narrow);
}

/**
 * Writes a table as a Markdown file that pages include.
 * @param {string} name
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export async function writeTable(name, head, rows) {
  const numeric = head.map((_, column) => rows.every((row) => column > 0 && /^[\d.<>–-]/.test(String(row[column]))));
  const table = markdownTable([head, ...rows.map((row) => row.map(String))], {
    align: numeric.map((right) => (right ? 'r' : 'l')),
  });
  await mkdir(new URL('../results/', import.meta.url), { recursive: true });
  await writeFile(new URL(`../results/${name}.md`, import.meta.url), `${table}\n`);
}

/**
 * A number to three digits.
 * @param {number} value
 */
export function digits(value) {
  if (value === 0) return '0';
  return Math.abs(value) < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}
