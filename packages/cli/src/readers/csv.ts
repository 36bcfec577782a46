import { CsvError, parse } from 'csv-parse';
import { InputError } from '../inputError.js';
import { fileProblem, openFile } from './openFile.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';
import { type PointSink, pointSink, toNumber } from './pointSink.js';

/**
 * Streams a CSV or TSV file into a point cloud: only the numbers are kept.
 *
 * A first row made of numbers alone is data, and the columns are then named 1, 2, ...; any other first row is a header.
 * A byte order mark, CRLF line ends, quotes and blank lines are understood. A .csv file may use , ; or tabs: the one
 * found most often in its first line.
 *
 * @throws InputError naming row and column of the first cell that is not a number, or the first ragged row.
 */
export async function readCsv(
  file: string,
  choice: ColumnChoice,
  signal?: AbortSignal,
  delimiter?: string,
): Promise<PointCloud> {
  const parser = parse({
    bom: true,
    skip_empty_lines: true,
    delimiter: delimiter ?? (await sniffDelimiter(file)),
    // Quotes inside an unquoted field are text: the cell is refused with its row and column, not with a parser's words.
    relax_quotes: true,
    // The length of rows is checked below, where the row's number is known.
    relax_column_count: true,
  });
  const source = openFile(file);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  const stop = () => parser.destroy(new Error('stopped'));
  signal?.addEventListener('abort', stop);
  // It may have been aborted before anybody listened.
  if (signal?.aborted) stop();

  let sink: PointSink | undefined;
  let width = 0;
  let row = 0;
  const onRecord = (record: string[]): void => {
    if (!sink) {
      width = record.length;
      const names = record.map((name) => name.trim());
      if (!names.every((name) => Number.isFinite(toNumber(name)))) {
        sink = pointSink(file, names, choice);
        return;
      }
      const numbered = names.map((_, i) => String(i + 1));
      sink = pointSink(file, numbered, choice);
    }
    row++;
    if (record.length !== width) {
      throw new InputError(
        `${file}: row ${row} has ${record.length} values and the first line has ${width}; make all rows equally long`,
      );
    }
    sink.row(record);
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
  return sink.finish();
}

/** Hands every record to `onRecord`. Events, not an async iterator: a third of the time on a million rows. */
function consume(parser: ReturnType<typeof parse>, onRecord: (record: string[]) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.on('data', (record: string[]) => {
      try {
        onRecord(record);
      } catch (error) {
        parser.destroy();
        reject(error);
      }
    });
    parser.on('end', resolve);
    parser.on('error', reject);
  });
}

async function sniffDelimiter(file: string): Promise<string> {
  let firstLine = '';
  try {
    for await (const chunk of openFile(file)) {
      firstLine = (chunk as Buffer)
        .toString('utf8')
        .trimStart()
        .split(/[\r\n]/, 1)[0];
      break;
    }
  } catch (error) {
    throw new InputError(fileProblem(file, error as NodeJS.ErrnoException));
  }
  const uses = (delimiter: string): number => firstLine.split(delimiter).length;
  return [';', '\t'].reduce((best, next) => (uses(next) > uses(best) ? next : best), ',');
}

function asInputError(file: string, error: unknown): Error {
  if (error instanceof InputError) return error;
  if (error instanceof CsvError) return new InputError(`${file}: ${error.message}`);
  return new InputError(fileProblem(file, error as NodeJS.ErrnoException));
}
