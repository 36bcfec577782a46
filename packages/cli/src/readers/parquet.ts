import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type AsyncBuffer,
  type ColumnData,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { InputError } from '../inputError.js';
import { inTurns } from './inTurns.js';
import { findPages, type PagesOfGroup } from './parquetPages.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';
import { type PointSink, pointSink } from './pointSink.js';
import { type Source, tooLarge } from './source.js';

const rowsAtOnce = 1 << 17;

/** What pandas calls the columns of an index that has no name. */
const indexName = /^__index_level_\d+__$/;

/**
 * Reads the columns of a Parquet file into a point cloud, one group of rows after the other.
 *
 * @throws InputError naming row and column of the first value that is not a number.
 */
export async function readParquet(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const handle = source.path === undefined ? undefined : await open(source.path);
  try {
    const file = handle ? await fileBuffer(handle) : await memoryBuffer(source);
    const metadata = await attempt(source, () => parquetMetadataAsync(file));
    const all = parquetSchema(metadata).children.map(({ element }) => element.name);
    const defaults = all.filter((name) => !indexName.test(name));
    const used = choice.columns ? [...choice.columns, ...(choice.weights ? [choice.weights] : [])] : undefined;
    // Columns that nobody asked for are not even unpacked.
    const names = used ? all.filter((name) => used.includes(name)) : all;
    checkSize(source, metadata, new Set(names));
    const total = metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
    const rows = Math.min(total, 64 * file.byteLength);
    // What is chosen must be there: the sink says so in words, and knows all the names.
    const sink = pointSink(source.name, used && names.length < new Set(used).size ? all : names, choice, {
      defaults: choice.columns ? undefined : defaults,
      rows,
    });
    let start = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      const end = start + Number(group.num_rows);
      // Where it is known at which byte each page begins, no more rows are unpacked at once than take some milliseconds.
      const pages = await findPages(file, group, new Set(names));
      const pagesByGroup = pages && metadata.row_groups.map((_, other) => (other === index ? pages : {}));
      while (start < end) {
        const count = Math.min(end - start, pages ? rowsAtOnce : end - start);
        await readSomeRows(source, file, metadata, pagesByGroup, names, start, count, sink);
        start += count;
        source.onProgress?.((start / total) * file.byteLength, file.byteLength);
      }
    }
    const left = choice.columns ? [] : all.filter((name) => indexName.test(name));
    return sink.finish(
      left.length === 0 ? [] : [`${source.name}: pandas' index (${left.join(', ')}) is no coordinate`],
    );
  } finally {
    await handle?.close();
  }
}

async function readSomeRows(
  source: Source,
  file: AsyncBuffer,
  metadata: FileMetaData,
  pageLocationsByGroup: readonly PagesOfGroup[] | undefined,
  names: readonly string[],
  start: number,
  count: number,
  sink: PointSink,
): Promise<void> {
  const columns: ((row: number) => unknown)[] = [];
  for (const name of names) {
    source.signal?.throwIfAborted();
    const pieces: Piece[] = [];
    const options = {
      file,
      metadata,
      compressors,
      columns: [name],
      // What hyparquet makes itself where it filters rows by their pages.
      pageLocationsByGroup,
      rowStart: start,
      rowEnd: start + count,
      onChunk: ({ columnData, rowStart }: ColumnData) => pieces.push({ data: columnData, start: rowStart - start }),
    };
    await attempt(source, () => parquetRead(options));
    const found = pieces.reduce((sum, { data }) => sum + data.length, 0);
    if (found < count)
      throw new InputError(`${source.name}: column "${name}" promises ${count} values and holds ${found}`);
    columns.push(inOrder(pieces));
    // Between two columns an interrupt is heard.
    await nextTurn();
  }
  const cells = new Array<unknown>(names.length);
  await inTurns(count, source.signal, (i) => {
    for (let c = 0; c < cells.length; c++) cells[c] = columns[c](i);
    sink.row(cells);
  });
}

/** Some values of a column that follow each other. */
interface Piece {
  readonly data: ArrayLike<unknown>;
  readonly start: number;
}

/** The values of a column, asked for one after the other. */
function inOrder(pieces: readonly Piece[]): (row: number) => unknown {
  const sorted = pieces.toSorted((one, other) => one.start - other.start);
  let at = 0;
  return (row) => {
    while (at + 1 < sorted.length && row >= sorted[at + 1].start) at++;
    return sorted[at].data[row - sorted[at].start];
  };
}

/** The library's errors tell of damage in its own words. */
async function attempt<Result>(source: Source, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    source.signal?.throwIfAborted();
    throw new InputError(`${source.name}: it is damaged or no Parquet file (${(error as Error).message})`);
  }
}

function checkSize(source: Source, metadata: FileMetaData, names: ReadonlySet<string>): void {
  let bytes = 0;
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data: column } of columns)
      if (column && names.has(column.path_in_schema[0])) bytes += Number(column.total_uncompressed_size);
  }
  if (bytes > source.maxUnzipped) throw tooLarge(source.name, source.maxUnzipped);
}

async function fileBuffer(handle: Awaited<ReturnType<typeof open>>): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      await handle.read(bytes, 0, bytes.length, start);
      return bytes.buffer;
    },
  };
}

async function memoryBuffer(source: Source): Promise<AsyncBuffer> {
  const bytes = new Uint8Array(await source.rest());
  return { byteLength: bytes.length, slice: (start, end) => bytes.buffer.slice(start, end) };
}
