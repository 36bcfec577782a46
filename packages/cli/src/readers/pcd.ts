import { InputError } from '../inputError.js';
import { possibleRows, readBinaryRows } from './binaryRows.js';
import type { ColumnChoice } from './columnChoice.js';
import { headerLines } from './headerLines.js';
import { inTurns } from './inTurns.js';
import { lzf } from './lzf.js';
import { type Cell, type Field, type NumberType, numberReader, sizes, viewOf } from './numberTypes.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink } from './pointSink.js';
import { type Source, tooLarge } from './source.js';
import { textLines } from './textLines.js';
import { xyzColumns } from './xyzColumns.js';

// A reader of our own: three's PCDLoader and @loaders.gl/pcd keep 32 bits of a number and the whole file in memory.

interface Header {
  readonly data: 'ascii' | 'binary' | 'binary_compressed';
  readonly count: number;
  /** One for each number of a point; those named _ only fill room. */
  readonly fields: readonly (Field & {
    readonly name: string;
    /** The name of the field that it is one of several numbers of. */
    readonly list?: string;
    /** Where the numbers of the same field begin in a point, and their bytes. */
    readonly group: { readonly offset: number; readonly bytes: number };
  })[];
  readonly rowBytes: number;
  /** Lines of the header. */
  readonly lines: number;
}

const kinds: Readonly<Record<string, NumberType>> = {
  I1: 'int8',
  U1: 'uint8',
  I2: 'int16',
  U2: 'uint16',
  I4: 'int32',
  U4: 'uint32',
  I8: 'int64',
  U8: 'uint64',
  F4: 'float32',
  F8: 'float64',
};

/**
 * Reads the points of a PCD file, ASCII, binary or compressed, into a point cloud, in their own precision.
 *
 * The coordinates are x, y and z (those of them that exist) unless other fields are chosen.
 */
export async function readPcd(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const header = await readHeader(source);
  const shown = header.fields.flatMap(({ name }, k) => (name === '_' ? [] : [k]));
  const names = shown.map((k) => header.fields[k].name);
  const lists = shown.flatMap((k) => header.fields[k].list ?? []);
  const defaults = xyzColumns(file, 'points', names, choice, lists);
  const leastBytes = header.data === 'ascii' ? 2 * header.fields.length : header.rowBytes;
  const rows = header.data === 'binary_compressed' ? undefined : possibleRows(source, header.count, leastBytes);
  const types = header.data === 'ascii' ? shown.map((k) => header.fields[k].type) : undefined;
  const sink = pointSink(file, names, choice, { defaults, rows, types });
  if (header.data === 'ascii') await readAscii(source, header, shown, sink);
  else if (header.data === 'binary_compressed') await readCompressed(source, header, shown, sink);
  else {
    const fields = shown.map((k) => header.fields[k]);
    const found = await readBinaryRows(source, header.count, header.rowBytes, fields, sink.row);
    if (found < header.count) throw cutShort(file, header.count, found);
    // Some programs fill the last block of the disk with zeros.
    if (/[^\0]/.test((await source.peek(4096)).toString('latin1')))
      throw new InputError(`${file}: its header promises ${header.count} points and more bytes follow them`);
  }
  return sink.finish();
}

function cutShort(file: string, count: number, found: number): InputError {
  return new InputError(`${file}: its header promises ${count} points and it holds ${found}; is it cut short?`);
}

async function readHeader(source: Source): Promise<Header> {
  const file = source.name;
  const lines = await headerLines(source, (line) => /^DATA\b/.test(line), 'DATA');
  const said = new Map<string, readonly string[]>();
  for (const line of lines) {
    const [keyword, ...words] = line.split(/\s+/);
    if (!keyword.startsWith('#')) said.set(keyword, words);
  }
  const names = said.get('FIELDS') ?? said.get('COLUMNS');
  if (!names || names.length === 0)
    throw new InputError(`${file}: it is no PCD file (its header has no line "FIELDS")`);
  const wordsOf = (keyword: string, usual: string): readonly string[] => {
    const words = said.get(keyword) ?? names.map(() => usual);
    if (words.length === names.length) return words;
    throw new InputError(`${file}: its header has ${names.length} fields and ${words.length} words after ${keyword}`);
  };
  const [types, bytes, counts] = [wordsOf('TYPE', 'F'), wordsOf('SIZE', '4'), wordsOf('COUNT', '1')];
  const fields: Header['fields'][number][] = [];
  let offset = 0;
  for (const [i, name] of names.entries()) {
    const kind = types[i].toUpperCase() + bytes[i];
    if (!Object.hasOwn(kinds, kind))
      throw new InputError(
        `${file}: the field "${name}" has the type ${types[i]} of ${bytes[i]} bytes, which is unknown`,
      );
    const times = wholeOf(file, 'COUNT', counts[i]);
    if (times > 1e6) throw new InputError(`${file}: the field "${name}" holds ${times} numbers`);
    const type = kinds[kind];
    const group = { offset, bytes: times * sizes[type] };
    for (let k = 0; k < times; k++) {
      const own = times === 1 || name === '_' ? name : `${name}.${k + 1}`;
      fields.push({ name: own, type, offset, littleEndian: true, group, ...(own !== name && { list: name }) });
      offset += sizes[type];
    }
  }
  const [width, height] = [said.get('WIDTH')?.[0], said.get('HEIGHT')?.[0] ?? '1'];
  const product = width === undefined ? undefined : wholeOf(file, 'WIDTH', width) * wholeOf(file, 'HEIGHT', height);
  const points = said.get('POINTS')?.[0];
  const count = points === undefined ? product : wholeOf(file, 'POINTS', points);
  if (count === undefined) throw new InputError(`${file}: its header has no line "POINTS"`);
  if (product !== undefined && product !== count)
    throw new InputError(`${file}: its header promises ${count} POINTS, and WIDTH times HEIGHT is ${product}`);
  const data = said.get('DATA')?.[0]?.toLowerCase();
  if (data !== 'ascii' && data !== 'binary' && data !== 'binary_compressed')
    throw new InputError(`${file}: its data are "${data ?? ''}"; expected ascii, binary or binary_compressed`);
  return { data, count, fields, rowBytes: offset, lines: lines.length };
}

function wholeOf(file: string, keyword: string, word: string): number {
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InputError(`${file}: ${keyword} is "${word}", which is not a whole number of 0 or more`);
}

async function readAscii(source: Source, header: Header, shown: readonly number[], sink: PointSink): Promise<void> {
  const file = source.name;
  let found = 0;
  for await (const { first, lines } of textLines(source, header.lines + 1)) {
    for (const [i, whole] of lines.entries()) {
      const line = whole.trim();
      if (line === '' || line.startsWith('#')) continue;
      const number = first + i;
      if (++found > header.count)
        throw new InputError(`${file}: line ${number}: its header promises ${header.count} points and it holds more`);
      const words = line.split(/\s+/);
      if (words.length !== header.fields.length) {
        throw new InputError(
          `${file}: line ${number} has ${words.length} numbers and a point has ${header.fields.length}`,
        );
      }
      sink.row(shown.length === words.length ? words : shown.map((k) => words[k]), number);
    }
  }
  if (found < header.count) throw cutShort(file, header.count, found);
}

/** Compressed data are one block, unpacked field by field. */
async function readCompressed(
  source: Source,
  header: Header,
  shown: readonly number[],
  sink: PointSink,
): Promise<void> {
  const file = source.name;
  const lengths = await source.take(8);
  const [packed, unpacked] = lengths.length < 8 ? [-1, -1] : [lengths.readUInt32LE(0), lengths.readUInt32LE(4)];
  if (unpacked > source.maxUnzipped) throw tooLarge(file, source.maxUnzipped);
  const bytes = await source.take(Math.max(0, packed));
  if (bytes.length !== packed || unpacked !== header.count * header.rowBytes)
    throw new InputError(`${file}: its compressed data do not fit its header; is it cut short?`);
  const view = viewOf(await lzf(file, bytes, unpacked, source.signal));
  const fields = shown.map((k) => header.fields[k]);
  const readers = fields.map(({ type }) => numberReader(type, true));
  // A field's numbers of all points stand together.
  const starts = fields.map(({ offset, group }) => ({
    start: group.offset * header.count + (offset - group.offset),
    step: group.bytes,
  }));
  const cells = new Array<Cell>(fields.length);
  await inTurns(header.count, source.signal, (i) => {
    for (const [f, { start, step }] of starts.entries()) cells[f] = readers[f](view, start + i * step);
    sink.row(cells);
  });
}
