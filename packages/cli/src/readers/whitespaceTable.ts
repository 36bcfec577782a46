import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { checkText, readCsv } from './csv.js';
import { checkCommas } from './decimalComma.js';
import { firstLines } from './firstLines.js';
import { firstLineNote, hasHeader, numberedNames } from './headerRule.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink, toNumber } from './pointSink.js';
import type { Source } from './source.js';
import { nothingLeft, wrongLength } from './tableProblems.js';
import { textLines } from './textLines.js';

// No library kept up reads columns divided by any amount of white space as a stream: csv-parse takes only fixed delimiters.

/**
 * Streams a table whose columns are divided by white space: .xyz, .txt, .asc, and .pts, whose first line may be a count.
 *
 * Lines that begin with # or // are comments unless others are named, and so is what stands behind the cells of a line and begins
 * so. Where the first line shows commas, semicolons
 * or tabs as delimiters, or one was named, the file is read as a CSV is.
 *
 * @throws InputError naming line and column of the first cell that is not a number, or the first ragged line.
 */
export async function readWhitespaceTable(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const comments = choice.comment === undefined ? ['#', '//'] : [choice.comment];
  const head = await firstLines(source, choice, comments);
  checkText(file, head.first);
  const delimiter = choice.delimiter ?? delimiterOf(file, bareOf(head.bare, comments), choice.decimal);
  if (delimiter.trim() !== '' || delimiter === '\t') {
    return readCsv(source, { ...choice, comment: choice.comment ?? '#' }, delimiter);
  }

  let sink: PointSink | undefined;
  let width = 0;
  let promised: number | undefined;
  let rows = 0;
  const notes: string[] = [];
  const onLine = (line: string, number: number): void => {
    const cells = cellsOf(line, comments, sink && width);
    if (!sink) {
      if (/\.pts(\.gz)?$/i.test(file) && promised === undefined && cells.length === 1 && /^\d+$/.test(cells[0])) {
        promised = Number(cells[0]);
        return;
      }
      width = cells.length;
      checkFirst(file, line, cells);
      if (choice.decimal === ',' && width === 1) checkCommas(file, cells[0]);
      // Behind a count there are points.
      const isCounted = promised !== undefined && (choice.header ?? 'auto') === 'auto';
      const header = isCounted ? 'no' : choice.header;
      if (hasHeader(file, cells, cellsOf(head.next, comments, width), { ...choice, header })) {
        sink = pointSink(file, cells, choice, { isTable: true });
        return;
      }
      if (header !== 'no') notes.push(firstLineNote(file));
      const measured = choice.columns || choice.begin ? undefined : scanned(file, width);
      if (measured) notes.push(measured);
      const columns = measured ? XYZ : choice.columns;
      sink = pointSink(file, numberedNames(width), { ...choice, ...(columns && { columns }) }, { isTable: true });
    }
    if (cells.length === width + 1 && rows === 0 && promised === undefined) {
      throw new InputError(
        `${file}: line ${number} has one value more than the first line; if it is a row's name, as R writes it, write the table with row.names = FALSE`,
      );
    }
    if (cells.length !== width) {
      throw wrongLength(file, number, cells, width, delimiter, choice);
    }
    rows++;
    sink.row(cells, number);
  };
  for await (const { first, lines } of textLines(source)) {
    for (const [i, line] of lines.entries()) {
      const number = first + i;
      if (number <= (choice.skipRows ?? 0)) continue;
      if (line.trim() === '' || comments.some((mark) => line.trimStart().startsWith(mark))) continue;
      onLine(line, number);
    }
  }
  if (!sink) throw nothingLeft(file, choice, 'it holds no points');
  if (promised !== undefined && promised !== rows) {
    throw new InputError(`${file}: its first line promises ${promised} points and it holds ${rows}; is it cut short?`);
  }
  return sink.finish(notes);
}

/** The columns of a .pts file that are coordinates. */
const XYZ = ['1', '2', '3'];
/** What scanners write into a .pts file behind them, by how many columns there are. */
const MEASURED: Readonly<Record<number, string>> = {
  4: 'intensity',
  6: 'red, green and blue',
  7: 'intensity, red, green and blue',
};

/** What is said of a .pts file without names that holds more than coordinates; undefined for any other. */
function scanned(file: string, width: number): string | undefined {
  if (!/\.pts(\.gz)?$/i.test(file) || MEASURED[width] === undefined) return undefined;
  const all = numberedNames(width).join(',');
  return `${file}: columns 1 to 3 are x, y and z; the others are left out, as ${MEASURED[width]} (--columns ${all} takes all)`;
}

/**
 * Cells between white space; quotes, as R writes them around names, may hold white space. A comment behind them is left out,
 * but where the line has the width that it should have with it: "#" may begin a colour, or the name of a column.
 */
function cellsOf(line: string, comments: readonly string[], width: number | undefined): string[] {
  const isQuoted = line.includes('"');
  const words = isQuoted ? (line.match(/"[^"]*"|\S+/g) ?? []) : line.trim().split(/\s+/);
  const cells = isQuoted ? words.map((cell) => cell.replace(/^"(.*)"$/, '$1')) : words;
  if (words.length === width) return cells;
  const at = words.findIndex((word) => comments.some((mark) => word.startsWith(mark)));
  if (at < 1) return cells;
  const isComment = width !== undefined || comments.includes(words[at]) || words.slice(0, at).every(looksNumeric);
  return isComment ? cells.slice(0, at) : cells;
}

const looksNumeric = (word: string): boolean => /^[+-]?[.,]?\d/.test(word);

/** A line without a comment behind it. */
function bareOf(line: string, comments: readonly string[]): string {
  const words = line.trimStart().split(/(?<=\s)/);
  const at = words.findIndex((word) => comments.some((mark) => word.startsWith(mark)));
  return at < 1 ? line : words.slice(0, at).join('');
}

/** Formats that have these endings too, and are no tables. */
function checkFirst(file: string, line: string, cells: readonly string[]): void {
  if (/^ncols\b/i.test(line.trim())) {
    throw new InputError(
      `${file}: it is a grid of heights (its first line is "${line.trim()}"), and not a table of points`,
    );
  }
  if (/\.xyz(\.gz)?$/i.test(file) && cells.length === 1 && Number.isInteger(toNumber(cells[0]))) {
    throw new InputError(
      `${file}: its first line is a count, as in files of molecules; say --skip-rows 2 --columns 2,3,4 --header no to read x, y and z of the atoms`,
    );
  }
}

/** What stands between the cells of a line: a semicolon, a comma, a tab, or white space of any amount. */
function delimiterOf(file: string, line: string, decimal: string | undefined): string {
  const bare = line.trim();
  if (bare.includes(';')) return ';';
  if (decimal === ',' && /,\s|\s,/.test(bare)) {
    throw new InputError(
      `${file}: its first line has a comma beside white space, which may be a decimal mark or divide cells; say --delimiter " " or --delimiter ","`,
    );
  }
  // A comma inside words that stand apart is a decimal mark.
  if (bare.includes(',') && decimal !== ',' && (/,\s|\s,/.test(bare) || !/\s/.test(bare))) return ',';
  return bare.includes('\t') && !bare.includes(' ') && /\t\t/.test(bare) ? '\t' : ' ';
}
