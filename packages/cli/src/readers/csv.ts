import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { checkCommas } from './decimalComma.js';
import { decodedText } from './decodedText.js';
import { firstLines } from './firstLines.js';
import { firstLineNote, hasHeader, numberedNames } from './headerRule.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink } from './pointSink.js';
import { pointsInNumbers } from './pointsInNumbers.js';
import type { Source } from './source.js';
import { nothingLeft, wrongLength } from './tableProblems.js';

/** A record that is longer is no row of numbers, but a quote that does not end or a file of another kind. */
const longestRecord = 1 << 27;

/**
 * Streams a CSV or TSV file into a point cloud: only the numbers are kept.
 *
 * A first line of text is a header. One of numbers is data, and the columns are then named 1, 2, ...; but where it
 * might be names all the same (0,1,2 as pandas writes, years, numbers beside text) `header` must say which it is.
 * Between semicolons a number such as 1.234 may be 1234: where none tells which, `decimal` must.
 * Byte order marks of UTF-8 and UTF-16, line ends of all kinds, quotes and blank lines are understood.
 *
 * @throws InputError naming line and column of the first cell that is not a number, or the first ragged line.
 */
export async function readCsv(source: Source, choice: ColumnChoice, delimiter?: string): Promise<PointCloud> {
  const file = source.name;
  const comments = choice.comment === undefined ? [] : [choice.comment];
  const { first, next, bare } = await firstLines(source, choice, comments);
  checkText(file, first);
  const excel = /^"?sep=(.)"?$/i.exec(first);
  if (excel && !choice.skipRows) {
    throw new InputError(
      `${file}: line 1 is Excel's "${first}"; say --skip-rows 1 --delimiter "${excel[1] === '\t' ? '\\t' : excel[1]}"`,
    );
  }
  if (first.startsWith('#') && choice.comment === undefined) {
    throw new InputError(`${file}: its first line begins with #; say --comment "#" to skip such lines`);
  }
  const separator = choice.delimiter ?? delimiter ?? sniffDelimiter(bare, choice.decimal);
  const isDecimal = choice.decimal === ',' && choice.delimiter === undefined;
  const others = isDecimal ? /[|;]/ : /[|;,]/;
  const other = choice.delimiter === undefined && !bare.includes(separator) ? others.exec(bare)?.[0] : undefined;
  if (other !== undefined) {
    const shown = separator === '\t' ? 'tab' : `"${separator}"`;
    throw new InputError(`${file}: its first line has ${other} and no ${shown}; say --delimiter "${other}"`);
  }
  if (isDecimal && !bare.includes(separator)) checkCommas(file, bare);
  const parser = parse({
    skip_empty_lines: true,
    info: true,
    delimiter: separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    from_line: (choice.skipRows ?? 0) + 1,
    max_record_size: longestRecord,
    ...(choice.comment === undefined ? {} : { comment: choice.comment, comment_no_infix: true }),
    // Quotes inside an unquoted field are text: the cell is refused with its line and column, not with a parser's words.
    relax_quotes: true,
    // The length of rows is checked below, where the line's number is known.
    relax_column_count: true,
  });

  const points = separator === ';' && choice.decimal === undefined ? pointsInNumbers() : undefined;
  let sink: PointSink | undefined;
  let columns: readonly string[] = [];
  let width = 0;
  let lastLine = 0;
  const notes: string[] = [];
  const onRecord = (record: string[], end: number): void => {
    // A record with line ends in its cells begins before the line where it ends.
    const line = end > lastLine + 1 ? end - lineEnds(record) : end;
    lastLine = end;
    if (!sink) {
      width = record.length;
      const names = record.map((name) => name.trim());
      if (hasHeader(file, names, next.split(separator), choice)) {
        columns = names;
        sink = pointSink(file, columns, choice, { isTable: true });
        return;
      }
      if (choice.header !== 'no') notes.push(firstLineNote(file));
      columns = numberedNames(names.length);
      sink = pointSink(file, columns, choice, { isTable: true });
    }
    if (record.length !== width) {
      throw wrongLength(file, line, record, width, separator, choice);
    }
    points?.see(record);
    sink.row(record, line);
  };
  const reading = new Promise<void>((resolve, reject) => {
    // Events, not an async iterator: a third of the time on a million rows.
    parser.on('data', ({ record, info }: { record: string[]; info: { lines: number } }) => {
      try {
        onRecord(record, info.lines);
      } catch (error) {
        parser.destroy(error as Error);
      }
    });
    parser.on('end', resolve);
    parser.on('error', reject);
  });
  // What goes wrong in it, or is aborted, comes as the parser's error.
  pipeline(decodedText(source), parser).catch(() => {});
  try {
    await reading;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const isQuote = error.code === 'CSV_QUOTE_NOT_CLOSED';
    throw new InputError(
      isQuote
        ? `${file}: a quote that begins after line ${lastLine} does not end; close it, or remove it`
        : `${file}: ${error.message}`,
    );
  }
  if (!sink) throw nothingLeft(file, choice, 'the file is empty');
  const used = choice.columns && new Set([...choice.columns, choice.weights, choice.labels]);
  points?.check(file, (index) => !used || used.has(columns[index]));
  return sink.finish(notes);
}

function lineEnds(record: readonly string[]): number {
  return record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
}

/** Refuses bytes that are no text at all before their lines are searched for numbers. */
export function checkText(file: string, firstLine: string): void {
  // One of them may be part of a name; in UTF-16 they are half of all.
  if (4 * (firstLine.split('\0').length - 1) > firstLine.length)
    throw new InputError(`${file}: it is no text, or UTF-16 without its mark at the front; save it as UTF-8`);
}

/** The delimiter found most often in a line; a comma inside numbers that semicolons or tabs divide is a decimal mark, or one that was named so. */
function sniffDelimiter(line: string, decimal: string | undefined): string {
  const uses = (delimiter: string): number => line.split(delimiter).length - 1;
  const best = uses('\t') > uses(';') ? '\t' : ';';
  if (decimal === ',') return best;
  const isDecimal = line.split(best).every((cell) => !cell.includes(',') || commaNumber.test(cell));
  return uses(best) > 0 && (isDecimal || uses(best) > uses(',')) ? best : ',';
}

/** A number with a decimal comma, or with commas between thousands. */
const commaNumber = /^\s*[+-]?(\d[\d.' ]*)?(,\d+([eE][+-]?\d+)?|(,\d{3})+(\.\d+)?)\s*$/;
