import { open } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/**
 * Unpacks a Parquet file in a thread of its own: the library does a column, or what it takes for one in a damaged file, in one go, in which
 * no interrupt is noticed. Plain JavaScript, since workers run it as it stands.
 */

const file = workerData.path === undefined ? inMemory(workerData.bytes) : await onDisk(workerData.path);

/** @type {Promise<import('hyparquet').FileMetaData> | undefined} */
let known;

parentPort?.on('message', async (request) => {
  try {
    known ??= parquetMetadataAsync(file);
    const metadata = await known;
    parentPort?.postMessage({ done: request === 'metadata' ? metadata : await rowsOf(request, metadata) });
  } catch (error) {
    // Errors of the engine are about the library's own variables, and tell nobody anything.
    const isOwn = error instanceof TypeError || error instanceof RangeError;
    parentPort?.postMessage({ failed: isOwn || !(error instanceof Error) ? '' : error.message });
  }
});

/**
 * The values of some rows of some columns: for each its pieces, which follow each other.
 * @param {import('./parquetThread.js').ColumnRange} range
 * @param {import('hyparquet').FileMetaData} metadata
 */
async function rowsOf({ columns, group, pages, rowStart, rowEnd }, metadata) {
  /** @type {Map<string, { data: ArrayLike<unknown>, start: number }[]>} */
  const found = new Map();
  const options = {
    file,
    metadata: partOf(metadata, columns, group),
    compressors,
    rowStart,
    rowEnd,
    // What hyparquet makes itself where it filters rows by their pages.
    pageLocationsByGroup: pages && [pages],
    /** @param {import('hyparquet').ColumnData} chunk */
    onChunk({ columnName, columnData, rowStart: start }) {
      const pieces = found.get(columnName) ?? [];
      found.set(columnName, pieces);
      pieces.push({ data: packed(columnData), start });
    },
  };
  await parquetRead(options);
  return found;
}

/** @type {Map<string, import('hyparquet').SchemaElement[]> | undefined} */
let schemas;
/** @type {{ group: number, chunks: Map<string | undefined, import('hyparquet').ColumnChunk[]> } | undefined} */
let chunksOfGroup;

/**
 * What a file with these columns of this group alone would say of itself: the library looks for each column it reads among all that are
 * there, some of the times one by one.
 * @param {import('hyparquet').FileMetaData} metadata
 * @param {readonly string[]} columns
 * @param {number} group
 * @returns {import('hyparquet').FileMetaData}
 */
function partOf(metadata, columns, group) {
  const [root] = metadata.schema;
  schemas ??= new Map(parquetSchema(metadata).children.map((child) => [child.element.name, elementsOf(child)]));
  if (chunksOfGroup?.group !== group) {
    const chunks = new Map();
    for (const chunk of metadata.row_groups[group].columns) {
      const name = chunk.meta_data?.path_in_schema[0];
      if (!chunks.has(name)) chunks.set(name, []);
      chunks.get(name).push(chunk);
    }
    chunksOfGroup = { group, chunks };
  }
  const { chunks } = chunksOfGroup;
  return {
    ...metadata,
    schema: [{ ...root, num_children: columns.length }, ...columns.flatMap((name) => schemas?.get(name) ?? [])],
    row_groups: [{ ...metadata.row_groups[group], columns: columns.flatMap((name) => chunks.get(name) ?? []) }],
  };
}

/**
 * A column and what it is made of, one after the other.
 * @param {import('hyparquet').SchemaTree} tree
 * @returns {import('hyparquet').SchemaElement[]}
 */
function elementsOf({ element, children }) {
  return [element, ...children.flatMap(elementsOf)];
}

/**
 * Numbers alone as a typed array, which is copied to the other thread many times as fast.
 * @param {ArrayLike<unknown>} values
 * @returns {ArrayLike<unknown>}
 */
function packed(values) {
  return Array.isArray(values) && values.every((value) => typeof value === 'number')
    ? Float64Array.from(values)
    : values;
}

/**
 * @param {string} path
 * @returns {Promise<import('hyparquet').AsyncBuffer>}
 */
async function onDisk(path) {
  const handle = await open(path);
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

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {import('hyparquet').AsyncBuffer}
 */
function inMemory(bytes) {
  return { byteLength: bytes.length, slice: (start, end) => bytes.slice(start, end).buffer };
}
