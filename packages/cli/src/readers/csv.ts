import { Transform, type TransformCallback } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { InputError } from '../inputError.js';
import { fileProblem, openFile } from './openFile.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';
import { isMissing, type PointSink, pointSink, toNumber } from './pointSink.js';

/**
 * Streams a CSV or TSV file into a point cloud: only the numbers are kept.
 *
 * A first line of text is a header. One of numbers is data, and the columns are then named 1, 2, ...; but where it
 * might be names all the same (0,1,2 as pandas writes, years, numbers beside text) `header` must say which it is.
 * Byte order marks of UTF-8 and UTF-16, line ends of all kinds, quotes and blank lines are understood.
 *
 * @throws InputError naming line and column of the first cell that is not a number, or the first ragged line.
 */
export async function readCsv(
  file: string,
  choice: ColumnChoice,
  signal?: AbortSignal,
  delimiter?: string,
): Promise<PointCloud> {
  const { encoding, line: first } = await firstLine(file, choice);
  const excel = /^"?sep=(.)"?$/i.exec(first);
  if (excel && !choice.skipRows) {
    throw new InputError(
      `${file}: line 1 is Excel's "${first}"; say --skip-rows 1 --delimiter "${excel[1] === '\t' ? '\\t' : excel[1]}"`,
    );
  }
  if (first.startsWith('#') && choice.comment === undefined) {
    throw new InputError(`${file}: its first line begins with #; say --comment "#" to pass over such lines`);
  }
  const separator = choice.delimiter ?? delimiter ?? sniffDelimiter(first);
  if (!first.includes(separator) && first.includes('|')) {
    throw new InputError(`${file}: its first line has | and no "${separator}"; say --delimiter "|"`);
  }
  const parser = parse({
    bom: true,
    skip_empty_lines: true,
    info: true,
    delimiter: separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    from_line: (choice.skipRows ?? 0) + 1,
    ...(choice.comment === undefined ? {} : { comment: choice.comment, comment_no_infix: true }),
    // Quotes inside an unquoted field are text: the cell is refused with its line and column, not with a parser's words.
    relax_quotes: true,
    // The length of rows is checked below, where the line's number is known.
    relax_column_count: true,
  });
  const source = openFile(file);
  const text = decoded(file, encoding);
  text.on('error', (error) => parser.destroy(error));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(text).pipe(parser);
  const stop = () => parser.destroy(new Error('stopped'));
  signal?.addEventListener('abort', stop);
  // It may have been aborted before anybody listened.
  if (signal?.aborted) stop();

  let sink: PointSink | undefined;
  let width = 0;
  const notes: string[] = [];
  const onRecord = (record: string[], line: number): void => {
    if (!sink) {
      width = record.length;
      const names = record.map((name) => name.trim());
      if (hasHeader(file, names, choice.header ?? 'auto')) {
        sink = pointSink(file, names, choice);
        return;
      }
      if (choice.header !== 'no') {
        notes.push(`${file}: its first line is numbers and was read as a point; if it holds names, say --header yes`);
      }
      const numbered = names.map((_, i) => String(i + 1));
      sink = pointSink(file, numbered, choice);
    }
    if (record.length !== width) {
      throw new InputError(
        `${file}: line ${line} has ${record.length} values and the first line has ${width}; make all rows equally long, or name what stands between the values with --delimiter`,
      );
    }
    sink.row(choice.decimal === ',' ? record.map(withPoint) : record, line);
  };

  try {
    await consume(parser, onRecord);
  } catch (error) {
    signal?.throwIfAborted();
    throw asInputError(file, error);
  } finally {
    signal?.removeEventListener('abort', stop);
    source.destroy();
  }
  if (!sink) throw new InputError(`${file}: the file is empty`);
  return sink.finish(notes);
}

/** A number with a decimal comma as one with a point; a point in it would be a thousands mark, and is left to be refused. */
function withPoint(cell: string): string {
  if (cell.includes('.')) return `${cell} (with --decimal ,)`;
  return cell.replace(',', '.');
}

/** Whether the first line holds names. What could be names or numbers is for the user to say. */
function hasHeader(file: string, names: readonly string[], rule: 'auto' | 'yes' | 'no'): boolean {
  if (rule !== 'auto') return rule === 'yes';
  const numbers = names.map(toNumber);
  const isNumber = numbers.map(Number.isFinite);
  if (!isNumber.includes(true) && !names.every(isMissing)) return true;
  const counted = numbers.every((value, i) => value === i) || numbers.every((value, i) => value === i + 1);
  const years = numbers.every((value) => Number.isInteger(value) && value >= 1500 && value <= 2200);
  if (isNumber.every(Boolean) && !counted && !years) return false;
  throw new InputError(
    `${file}: its first line (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', ...' : ''}) may be names or a point; say --header yes or --header no`,
  );
}

/** Hands every record to `onRecord`. Events, not an async iterator: a third of the time on a million rows. */
function consume(parser: ReturnType<typeof parse>, onRecord: (record: string[], line: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.on('data', ({ record, info }: { record: string[]; info: { lines: number } }) => {
      try {
        onRecord(record, info.lines);
      } catch (error) {
        parser.destroy();
        reject(error);
      }
    });
    parser.on('end', resolve);
    parser.on('error', reject);
  });
}

/** The first line with something in it that is no comment, and how the file's text is encoded. */
async function firstLine(file: string, choice: ColumnChoice): Promise<{ encoding: string; line: string }> {
  let head = Buffer.alloc(0);
  try {
    for await (const chunk of openFile(file)) {
      head = chunk as typeof head;
      break;
    }
  } catch (error) {
    throw new InputError(fileProblem(file, error as NodeJS.ErrnoException));
  }
  const mark = head.toString('hex', 0, 2);
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  const lines = new TextDecoder(encoding).decode(head).split(/\r\n|\n|\r/);
  const isData = (line: string): boolean =>
    line.trim() !== '' && (choice.comment === undefined || !line.startsWith(choice.comment));
  return { encoding, line: lines.slice(choice.skipRows ?? 0).find(isData) ?? '' };
}

/** The delimiter found most often in a line, outside its quotes. */
function sniffDelimiter(line: string): string {
  const bare = line.replace(/"[^"]*"/g, '');
  const uses = (delimiter: string): number => bare.split(delimiter).length;
  return [';', '\t'].reduce((best, next) => (uses(next) > uses(best) ? next : best), ',');
}

/** Bytes to text; what is not valid in its encoding is refused, not replaced. */
function decoded(file: string, encoding: string): Transform {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decode = (chunk?: Buffer): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new InputError(`${file}: its text is not valid ${encoding.toUpperCase()}; save it as UTF-8`);
    }
  };
  const attempt = (chunk: Buffer | undefined, done: TransformCallback): void => {
    try {
      done(null, decode(chunk));
    } catch (error) {
      done(error as Error);
    }
  };
  return new Transform({
    readableObjectMode: false,
    transform: (chunk: Buffer, _, done) => attempt(chunk, done),
    flush: (done) => attempt(undefined, done),
  });
}

function asInputError(file: string, error: unknown): Error {
  if (error instanceof InputError) return error;
  if (error instanceof CsvError) return new InputError(`${file}: ${error.message}`);
  return new InputError(fileProblem(file, error as NodeJS.ErrnoException));
}
