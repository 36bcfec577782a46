import { open } from 'node:fs/promises';
import { type AsyncBuffer, type FileMetaData, parquetSchema } from 'hyparquet';
import { InputError } from '../inputError.js';
import type { ColumnChoice } from './columnChoice.js';
import { inTurns } from './inTurns.js';
import { cellOf } from './parquetCells.js';
import { findPages, type PagesOfGroup } from './parquetPages.js';
import { type ParquetThread, type Piece, parquetThread } from './parquetThread.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink } from './pointSink.js';
import { type Source, tooLarge } from './source.js';

const rowsAtOnce = 1 << 17;

/** More in one request take longer each: the library looks for columns one by one. */
const columnsAtOnce = 256;

/** What pandas calls the columns of an index that has no name. */
const indexName = /^__index_level_\d+__$/;

/**
 * Reads the columns of a Parquet file into a point cloud, one group of rows after the other.
 *
 * @throws InputError naming row and column of the first value that is not a number.
 */
export async function readParquet(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const bytes = source.path === undefined ? new Uint8Array(await source.rest()) : undefined;
  const handle = source.path === undefined ? undefined : await open(source.path);
  const thread = parquetThread(source, bytes);
  try {
    const file = handle ? await fileBuffer(handle) : memoryBuffer(bytes ?? new Uint8Array());
    const metadata = await thread.metadata();
    const elements = parquetSchema(metadata).children.map(({ element }) => element);
    const all = elements.map(({ name }) => name);
    if (all.some((name) => typeof name !== 'string')) {
      throw new InputError(`${source.name}: it is damaged or no Parquet file (a column has no name)`);
    }
    const defaults = all.filter((name) => !indexName.test(name));
    const used = choice.columns
      ? [...choice.columns, choice.weights, choice.labels].flatMap((name) => name ?? [])
      : undefined;
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
    const cells = new Map(elements.map((element) => [element.name, cellOf(element)]));
    let done = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      const rowsOfGroup = Number(group.num_rows);
      // Where it is known at which byte each page begins, no more rows are unpacked at once than take some milliseconds.
      const pages = rowsOfGroup > rowsAtOnce ? await findPages(file, group, new Set(names)) : undefined;
      for (let start = 0; start < rowsOfGroup; ) {
        const count = Math.min(rowsOfGroup - start, pages ? rowsAtOnce : rowsOfGroup);
        await readSomeRows(source, thread, { group: index, pages, start, count }, names, cells, sink);
        start += count;
        done += count;
        source.onProgress?.((done / total) * file.byteLength, file.byteLength);
      }
    }
    const left = choice.columns ? [] : all.filter((name) => indexName.test(name));
    return sink.finish(
      left.length === 0 ? [] : [`${source.name}: pandas' index (${left.join(', ')}) is no coordinate`],
    );
  } finally {
    await thread.end();
    await handle?.close();
  }
}

/** Some rows that follow each other in a group of rows. */
interface Part {
  readonly group: number;
  /** Where the group's pages are known to stand. */
  readonly pages: PagesOfGroup | undefined;
  /** The first row, counted in the group. */
  readonly start: number;
  readonly count: number;
}

async function readSomeRows(
  source: Source,
  thread: ParquetThread,
  { group, pages, start, count }: Part,
  names: readonly string[],
  cellsOf: ReadonlyMap<string, ReturnType<typeof cellOf>>,
  sink: PointSink,
): Promise<void> {
  const columns: ((row: number) => unknown)[] = [];
  // Columns of few values go together: each request takes some time.
  const together = Math.min(columnsAtOnce, Math.max(1, Math.floor(rowsAtOnce / count)));
  for (let first = 0; first < names.length; first += together) {
    const asked = names.slice(first, first + together);
    const found = await thread.read({
      columns: asked,
      group,
      pages: pages && Object.fromEntries(asked.map((name) => [name, pages[name]])),
      rowStart: start,
      rowEnd: start + count,
    });
    for (const name of asked) {
      const pieces = found.get(name) ?? [];
      const values = pieces.reduce((sum, { data }) => sum + data.length, 0);
      if (values < count)
        throw new InputError(`${source.name}: column "${name}" promises ${count} values and holds ${values}`);
      const valueAt = inOrder(pieces, start);
      const cell = cellsOf.get(name);
      columns.push(cell ? (row) => cell(valueAt(row)) : valueAt);
    }
  }
  const cells = new Array<unknown>(names.length);
  await inTurns(count, source.signal, (i) => {
    for (let c = 0; c < cells.length; c++) cells[c] = columns[c](i);
    sink.row(cells);
  });
}

/** The values of a column from a row on, asked for one after the other. */
function inOrder(pieces: readonly Piece[], first: number): (row: number) => unknown {
  const sorted = pieces.toSorted((one, other) => one.start - other.start);
  let at = 0;
  return (row) => {
    while (at + 1 < sorted.length && first + row >= sorted[at + 1].start) at++;
    return sorted[at].data[first + row - sorted[at].start];
  };
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

const memoryBuffer = (bytes: Uint8Array): AsyncBuffer => ({
  byteLength: bytes.length,
  slice: (start, end) => bytes.slice(start, end).buffer,
});
