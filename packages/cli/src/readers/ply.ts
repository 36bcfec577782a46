import { InputError } from '../inputError.js';
import { possibleRows, readBinaryRows } from './binaryRows.js';
import type { ColumnChoice } from './columnChoice.js';
import { headerLines } from './headerLines.js';
import { listNames } from './listNames.js';
import { type Cell, type Field, type NumberType, numberReader, sizes, viewOf } from './numberTypes.js';
import type { PointCloud } from './pointCloud.js';
import { type PointSink, pointSink, toNumber } from './pointSink.js';
import type { Source } from './source.js';
import { textLines } from './textLines.js';
import { xyzColumns } from './xyzColumns.js';

// A reader of our own: @loaders.gl/ply and three's PLYLoader keep 32 bits of a number and the whole file in memory.

interface Property {
  readonly name: string;
  readonly type: NumberType;
  /** The type of a list's length; absent for a single number. */
  readonly length?: NumberType;
}

interface Element {
  readonly name: string;
  readonly count: number;
  readonly properties: Property[];
}

interface Header {
  readonly format: 'ascii' | 'binary_little_endian' | 'binary_big_endian';
  readonly elements: readonly Element[];
  /** Lines of the header. */
  readonly lines: number;
}

const types: Readonly<Record<string, NumberType>> = {
  char: 'int8',
  uchar: 'uint8',
  short: 'int16',
  ushort: 'uint16',
  int: 'int32',
  uint: 'uint32',
  float: 'float32',
  double: 'float64',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  float32: 'float32',
  float64: 'float64',
};

/**
 * Streams the vertices of a PLY file, ASCII or binary of either byte order, into a point cloud, in their own precision.
 *
 * The coordinates are x, y and z (those of them that exist) unless other vertex properties are chosen.
 */
export async function readPly(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const header = await readHeader(source);
  const [vertices, ...others] = header.elements.filter(({ name }) => name === 'vertex');
  if (!vertices) {
    const names = listNames(header.elements.map(({ name }) => name));
    throw new InputError(`${file}: it has no element named "vertex"${names === '' ? '' : ` (it has ${names})`}`);
  }
  if (others.length > 0)
    throw new InputError(
      `${file}: its header has the element "vertex" ${1 + others.length} times; save one of them to a file`,
    );
  const single = vertices.properties.filter(({ length }) => length === undefined);
  const names = single.map(({ name }) => name);
  const lists = vertices.properties.filter(({ length }) => length !== undefined).map(({ name }) => name);
  const defaults = xyzColumns(file, 'vertices', names, choice, lists);
  const leastBytes = header.format === 'ascii' ? 2 * names.length : vertices.properties.reduce(bytesWith, 0);
  const rows = possibleRows(source, vertices.count, leastBytes);
  const types = header.format === 'ascii' ? single.map(({ type }) => type) : undefined;
  const sink = pointSink(file, names, choice, { defaults, rows, types });
  if (header.format === 'ascii') await readAscii(source, header, sink);
  else await readBinary(source, header, sink);
  return sink.finish();
}

function bytesWith(sum: number, { type, length }: Property): number {
  return sum + sizes[length ?? type];
}

/** What lines of a header begin with; blank ones mean nothing. A word that is spelled otherwise may be a property, without which all bytes that follow shift. */
const KEYWORDS = new Set(['ply', 'format', 'comment', 'obj_info', 'element', 'property', 'end_header', '']);

async function readHeader(source: Source): Promise<Header> {
  const file = source.name;
  // Some programs put a byte order mark before text of any kind.
  if ((await source.peek(3)).toString('hex') === 'efbbbf') await source.take(3);
  if (!/^ply[ \t]*[\r\n]/.test((await source.peek(64)).toString('latin1')))
    throw new InputError(`${file}: it is no PLY file (it does not begin with a PLY header)`);
  const lines = await headerLines(source, (line) => line === 'end_header', 'end_header');
  const elements: Element[] = [];
  let format: string | undefined;
  for (const [i, line] of lines.entries()) {
    const [keyword, ...words] = line.split(/\s+/);
    if (!KEYWORDS.has(keyword)) {
      throw new InputError(
        `${file}: line ${i + 1}: "${keyword}" is no keyword of a PLY header (${[...KEYWORDS].filter(Boolean).join(', ')}); correct it`,
      );
    }
    if (keyword === 'format') {
      if (format !== undefined) throw new InputError(`${file}: line ${i + 1}: the header names its format twice`);
      format = words[0];
      if ((words[1] ?? VERSION) !== VERSION) {
        throw new InputError(
          `${file}: line ${i + 1}: version ${words[1]} of PLY is unknown; save it as version ${VERSION}`,
        );
      }
    }
    if (keyword === 'element') {
      checkWords(file, i + 1, words, 2);
      elements.push({ name: words[0], count: countOf(file, i + 1, words[1]), properties: [] });
    }
    if (keyword === 'property') {
      const element = elements.at(-1);
      if (!element) throw new InputError(`${file}: line ${i + 1}: a property stands before the first element`);
      element.properties.push(propertyOf(file, i + 1, words));
    }
  }
  if (format !== 'ascii' && format !== 'binary_little_endian' && format !== 'binary_big_endian') {
    throw new InputError(`${file}: its format "${format ?? ''}" is none of ascii and binary of either byte order`);
  }
  return { format, elements, lines: lines.length };
}

/** The only one there is. */
const VERSION = '1.0';

/** A word too many may be a property, without which all numbers that follow shift. */
function checkWords(file: string, line: number, words: readonly string[], count: number): void {
  if (words.length > count)
    throw new InputError(
      `${file}: line ${line}: "${words[count]}" follows the end of the line; give it a line of its own`,
    );
}

function countOf(file: string, line: number, word: string | undefined): number {
  const count = /^\d+$/.test(word ?? '') ? Number(word) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw new InputError(`${file}: line ${line}: the count "${word ?? ''}" is not a whole number of 0 or more`);
}

function propertyOf(file: string, line: number, words: readonly string[]): Property {
  const typeOf = (word: string | undefined): NumberType => {
    if (word !== undefined && Object.hasOwn(types, word)) return types[word];
    throw new InputError(
      `${file}: line ${line}: the type "${word ?? ''}" is unknown; use one of ${Object.keys(types).join(', ')}`,
    );
  };
  const isList = words[0] === 'list';
  const name = words[isList ? 3 : 1];
  if (name === undefined) throw new InputError(`${file}: line ${line}: the property has no name`);
  checkWords(file, line, words, isList ? 4 : 2);
  return isList ? { name, length: typeOf(words[1]), type: typeOf(words[2]) } : { name, type: typeOf(words[0]) };
}

function cutShort(file: string, { name, count }: Element, found: number): InputError {
  const things = name === 'vertex' ? 'vertices' : `of the element "${name}"`;
  return new InputError(`${file}: its header promises ${count} ${things} and it holds ${found}; is it cut short?`);
}

/** Where a word of the data stands. */
interface Place {
  line: number;
  isFirst: boolean;
  isLast: boolean;
}

async function readAscii(source: Source, header: Header, sink: PointSink): Promise<void> {
  const place: Place = { line: 0, isFirst: true, isLast: true };
  const reader = asciiRows(source.name, header, sink, place);
  reader.next();
  for await (const { first, lines } of textLines(source, header.lines + 1)) {
    for (const [i, line] of lines.entries()) {
      place.line = first + i;
      const trimmed = line.trim();
      if (trimmed === '') continue;
      const words = trimmed.split(/\s+/);
      for (let w = 0; w < words.length; w++) {
        place.isFirst = w === 0;
        place.isLast = w === words.length - 1;
        if (reader.next(words[w]).done) return;
      }
    }
  }
  reader.next(undefined);
}

/** Takes the data word by word, as they come; undefined is the end. Several vertices may share a line. */
function* asciiRows(
  file: string,
  header: Header,
  sink: PointSink,
  place: Place,
): Generator<void, void, string | undefined> {
  /** Where a vertex is too short or too long: the word that is no number may be why. The sink refuses it. */
  const checkNumbers = (cells: readonly string[], line: number): void => {
    const bad = cells.findIndex((cell) => !Number.isFinite(toNumber(cell)));
    if (bad < 0) return;
    const names = header.elements.find(({ name }) => name === 'vertex')?.properties ?? [];
    const found = cells[bad].length > 40 ? `${cells[bad].slice(0, 40)}...` : cells[bad];
    const remedy = /\d,/.test(cells[bad])
      ? 'put white space between numbers, and a point into them, in place of commas'
      : 'a vertex has numbers only';
    throw new InputError(
      `${file}: line ${line}: "${found}" stands where the vertex's "${names[bad]?.name}" should, and is no number; ${remedy}`,
    );
  };
  for (const element of header.elements) {
    const { name, count, properties } = element;
    const isVertex = name === 'vertex';
    // Where the first vertex has a line to itself, so have all: a number too many would shift all that follow.
    let byLine = false;
    for (let i = 0; i < count; i++) {
      const cells: string[] = [];
      let line = 0;
      let beginsLine = false;
      for (const { length } of properties) {
        const cell = yield;
        if (cell === undefined) {
          if (isVertex) checkNumbers(cells, line);
          throw cutShort(file, element, i);
        }
        if (line === 0) {
          line = place.line;
          beginsLine = place.isFirst;
        }
        if (length === undefined) {
          cells.push(cell);
          continue;
        }
        const size = toNumber(cell);
        if (!Number.isInteger(size) || size < 0)
          throw new InputError(`${file}: line ${place.line}: the length "${cell}" of a list is not a whole number`);
        for (let k = 0; k < size; k++) if ((yield) === undefined) throw cutShort(file, element, i);
      }
      if (!isVertex) continue;
      if (line !== place.line) {
        checkNumbers(cells, line);
        throw new InputError(`${file}: line ${line}: a vertex of ${cells.length} numbers does not end on its line`);
      }
      const hasLine = beginsLine && place.isLast;
      if (i === 0) byLine = hasLine;
      if (byLine && !hasLine)
        throw new InputError(`${file}: line ${line}: it has more numbers than a vertex has (${cells.length})`);
      sink.row(cells, line);
    }
    if (!isVertex) continue;
    if (count > 0 && !place.isLast)
      throw new InputError(`${file}: line ${place.line}: it has more numbers than its ${count} vertices have`);
    if (header.elements.at(-1) === element && (yield) !== undefined) {
      throw new InputError(`${file}: line ${place.line}: its header promises ${count} vertices and it holds more`);
    }
    return;
  }
}

async function readBinary(source: Source, header: Header, sink: PointSink): Promise<void> {
  const file = source.name;
  const littleEndian = header.format === 'binary_little_endian';
  for (const element of header.elements) {
    const { name, count, properties } = element;
    const onRow = name === 'vertex' ? (cells: readonly Cell[]) => sink.row(cells) : () => {};
    // An element without properties takes no bytes, whatever its count.
    if (properties.length > 0) {
      const found = properties.some(({ length }) => length !== undefined)
        ? await readRowsWithLists(source, element, littleEndian, onRow)
        : await readPlainRows(source, element, littleEndian, onRow);
      if (found < count) throw cutShort(file, element, found);
    }
    if (name !== 'vertex') continue;
    if (header.elements.at(-1) === element && (await source.peek(1)).length > 0) {
      throw new InputError(`${file}: its header promises ${count} vertices and more bytes follow them`);
    }
    return;
  }
}

function readPlainRows(
  source: Source,
  { count, properties }: Element,
  littleEndian: boolean,
  onRow: (cells: readonly Cell[]) => void,
): Promise<number> {
  let rowBytes = 0;
  const fields: Field[] = [];
  for (const { type } of properties) {
    fields.push({ type, offset: rowBytes, littleEndian });
    rowBytes += sizes[type];
  }
  return readBinaryRows(source, count, rowBytes, fields, onRow);
}

/** Rows whose length depends on the lists in them. */
async function readRowsWithLists(
  source: Source,
  { name: element, count, properties }: Element,
  littleEndian: boolean,
  onRow: (cells: readonly Cell[]) => void,
): Promise<number> {
  const steps = properties.map(({ type, length }) => ({
    bytes: sizes[type],
    read: numberReader(length ?? type, littleEndian),
    lengthBytes: length === undefined ? 0 : sizes[length],
  }));
  let bytes = Buffer.alloc(0);
  let view = viewOf(bytes);
  let at = 0;
  /** Where the row that begins at `from` ends, or -1 when it is not all there. */
  const rowEnd = (row: number, from: number, cells: Cell[]): number => {
    let end = from;
    for (const { bytes: size, read, lengthBytes } of steps) {
      if (end + (lengthBytes || size) > bytes.length) return -1;
      const value = read(view, end);
      if (lengthBytes === 0) {
        cells.push(value);
        end += size;
        continue;
      }
      const length = Number(value);
      if (!Number.isInteger(length) || length < 0)
        throw new InputError(
          `${source.name}: row ${row} of the element "${element}": the length ${length} of a list is not a whole number`,
        );
      end += lengthBytes + length * size;
    }
    return end <= bytes.length ? end : -1;
  };
  for (let i = 0; i < count; i++) {
    let cells: Cell[] = [];
    let end = rowEnd(i + 1, at, cells);
    while (end < 0) {
      const kept = bytes.length - at;
      // Twice as much each time, so that a long list is not copied again and again.
      const more = await source.take(Math.max(1 << 18, kept));
      if (more.length === 0) return i;
      bytes = Buffer.concat([bytes.subarray(at), more]);
      view = viewOf(bytes);
      at = 0;
      cells = [];
      end = rowEnd(i + 1, at, cells);
    }
    at = end;
    onRow(cells);
  }
  // What was taken in too much belongs to the next element.
  source.giveBack(bytes.subarray(at));
  return count;
}
