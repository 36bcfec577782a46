import { InputError } from '../inputError.js';
import { readBytes } from './openFile.js';
import type { ColumnChoice, PointCloud } from './pointCloud.js';
import { type PointSink, pointSink, toNumber } from './pointSink.js';

// A reader of our own: @loaders.gl/ply keeps every coordinate in 32 bits and brings apache-arrow along.

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
  /** Where the data begin. */
  readonly end: number;
  /** Lines of the header. */
  readonly lines: number;
}

type NumberType = keyof typeof sizes;

const sizes = { int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, float32: 4, float64: 8 } as const;

const types: Readonly<Record<string, NumberType>> = {
  char: 'int8',
  uchar: 'uint8',
  short: 'int16',
  ushort: 'uint16',
  int: 'int32',
  uint: 'uint32',
  float: 'float32',
  double: 'float64',
  ...(Object.fromEntries(Object.keys(sizes).map((name) => [name, name])) as Record<NumberType, NumberType>),
};

/**
 * Reads the vertices of a PLY file, ASCII or binary of either byte order, into a point cloud, in their own precision.
 *
 * The coordinates are x, y and z (those of them that exist) unless other vertex properties are chosen.
 */
export async function readPly(file: string, choice: ColumnChoice): Promise<PointCloud> {
  const whole = await readBytes(file);
  const bytes = whole.toString('hex', 0, 3) === 'efbbbf' ? whole.subarray(3) : whole;
  const header = readHeader(file, bytes);
  const vertices = header.elements.find(({ name }) => name === 'vertex');
  if (!vertices) {
    const names = header.elements.map(({ name }) => name).join(', ');
    throw new InputError(`${file}: it has no element named "vertex"${names === '' ? '' : ` (it has ${names})`}`);
  }
  const names = vertices.properties.filter(({ length }) => length === undefined).map(({ name }) => name);
  const defaults = ['x', 'y', 'z'].flatMap((axis) => names.find((name) => name.toLowerCase() === axis) ?? []);
  if (defaults.length === 0 && !choice.columns) {
    throw new InputError(`${file}: its vertices have no x, y or z; choose among ${names.join(', ')} with --columns`);
  }
  const sink = pointSink(file, names, choice, defaults);
  if (header.format === 'ascii') readAscii(file, bytes, header, sink);
  else readBinary(file, bytes, header, sink);
  return sink.finish();
}

function readHeader(file: string, bytes: Buffer): Header {
  const start = /^ply[ \t]*(\r\n|\n|\r)/.exec(bytes.toString('latin1', 0, 64));
  if (!start) throw new InputError(`${file}: it is no PLY file (it does not begin with a PLY header)`);
  const lineEnd = start[1];
  const elements: Element[] = [];
  let format: string | undefined;
  let at = start[0].length;
  for (let number = 2; ; number++) {
    const end = bytes.indexOf(lineEnd, at, 'latin1');
    if (end < 0) throw new InputError(`${file}: its header has no line "end_header"; is it cut short?`);
    const line = bytes.toString('latin1', at, end).trim();
    at = end + lineEnd.length;
    const [keyword, ...words] = line.split(/\s+/);
    if (keyword === 'end_header') {
      if (format !== 'ascii' && format !== 'binary_little_endian' && format !== 'binary_big_endian') {
        throw new InputError(`${file}: its format "${format ?? ''}" is none of ascii and binary of either byte order`);
      }
      return { format, elements, end: at, lines: number };
    }
    if (keyword === 'format') format = words[0];
    if (keyword === 'element')
      elements.push({ name: words[0], count: countOf(file, number, words[1]), properties: [] });
    if (keyword === 'property') {
      const element = elements.at(-1);
      if (!element) throw new InputError(`${file}: line ${number}: a property stands before the first element`);
      element.properties.push(propertyOf(file, number, words));
    }
  }
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
  return isList ? { name, length: typeOf(words[1]), type: typeOf(words[2]) } : { name, type: typeOf(words[0]) };
}

function cutShort(file: string, count: number, found: number): InputError {
  return new InputError(`${file}: its header promises ${count} vertices and it holds ${found}; is it cut short?`);
}

/** Words, not lines, carry the data: blank lines and any line ends are passed over. */
function readAscii(file: string, bytes: Buffer, header: Header, sink: PointSink): void {
  const lines = bytes.toString('latin1', header.end).split(/\r\n|\n|\r/);
  let words: string[] = [];
  let next = 0;
  let at = 0;
  const word = (): string | undefined => {
    while (at === words.length) {
      if (next === lines.length) return undefined;
      words = lines[next++].trim().split(/\s+/).filter(Boolean);
      at = 0;
    }
    return words[at++];
  };
  for (const { name, count, properties } of header.elements) {
    for (let i = 0; i < count; i++) {
      const cells: string[] = [];
      let line = 0;
      for (const { length } of properties) {
        const cell = word();
        if (cell === undefined) throw cutShort(file, count, i);
        line ||= header.lines + next;
        if (length === undefined) {
          cells.push(cell);
          continue;
        }
        const size = toNumber(cell);
        if (!Number.isInteger(size) || size < 0) {
          throw new InputError(
            `${file}: line ${header.lines + next}: the length "${cell}" of a list is not a whole number`,
          );
        }
        for (let k = 0; k < size; k++) if (word() === undefined) throw cutShort(file, count, i);
      }
      if (name === 'vertex') sink.row(cells, line);
    }
    if (name === 'vertex') {
      // A row that is too long shifts all that follow, so that what is left on the line tells of it.
      if (at < words.length) {
        throw new InputError(`${file}: line ${header.lines + next}: more numbers than its ${count} vertices have`);
      }
      if (header.elements.at(-1)?.name === 'vertex' && word() !== undefined) {
        throw new InputError(
          `${file}: line ${header.lines + next}: its header promises ${count} vertices and it holds more`,
        );
      }
      return;
    }
  }
}

function readBinary(file: string, bytes: Buffer, header: Header, sink: PointSink): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = header.format === 'binary_little_endian';
  let at = header.end;
  for (const { name, count, properties } of header.elements) {
    // An element without properties takes no bytes, whatever its count.
    if (properties.length === 0) continue;
    for (let i = 0; i < count; i++) {
      const cells: number[] = [];
      for (const { type, length } of properties) {
        let size = 1;
        if (length !== undefined) {
          if (at + sizes[length] > bytes.length) throw cutShort(file, count, i);
          size = numberAt(view, at, length, little);
          at += sizes[length];
        }
        if (!(size >= 0) || at + size * sizes[type] > bytes.length) throw cutShort(file, count, i);
        if (length === undefined) cells.push(numberAt(view, at, type, little));
        at += size * sizes[type];
      }
      if (name === 'vertex') sink.row(cells);
    }
    if (name !== 'vertex') continue;
    if (header.elements.at(-1)?.name === 'vertex' && at < bytes.length) {
      throw new InputError(`${file}: its header promises ${count} vertices and ${bytes.length - at} bytes follow them`);
    }
    return;
  }
}

function numberAt(view: DataView, at: number, type: NumberType, little: boolean): number {
  switch (type) {
    case 'int8':
      return view.getInt8(at);
    case 'uint8':
      return view.getUint8(at);
    case 'int16':
      return view.getInt16(at, little);
    case 'uint16':
      return view.getUint16(at, little);
    case 'int32':
      return view.getInt32(at, little);
    case 'uint32':
      return view.getUint32(at, little);
    case 'float32':
      return view.getFloat32(at, little);
    case 'float64':
      return view.getFloat64(at, little);
  }
}
