import { InputError } from '../inputError.js';
import { possibleRows, readBinaryRows } from './binaryRows.js';
import type { ColumnChoice } from './columnChoice.js';
import { numberedNames } from './headerRule.js';
import { inTurns } from './inTurns.js';
import { listNames } from './listNames.js';
import { type Cell, type Field, type NumberType, numberReader, sizes, viewOf } from './numberTypes.js';
import type { PointCloud } from './pointCloud.js';
import { pointSink } from './pointSink.js';
import { type PythonLiteral, pythonLiteral } from './pythonLiteral.js';
import type { Source } from './source.js';

/**
 * Numbers of one point, or record, at most: many times what any table has, and few enough that each can have a name. A header may promise
 * more than there is memory for.
 */
const mostNumbers = 1 << 22;

// A reader of our own: npyjs, tried before, knows neither big-endian numbers nor records, and holds the whole file.

/** What the header of a .npy says. */
interface Layout {
  readonly shape: readonly number[];
  readonly fortranOrder: boolean;
  /** Bytes of one element. */
  readonly bytes: number;
  /** The numbers in one element; those of records have names. */
  readonly fields: readonly NamedField[];
  readonly isRecord: boolean;
}

interface NamedField extends Field {
  readonly name: string;
  /** Why it cannot be read, when it cannot. */
  readonly problem?: string;
}

/**
 * Reads a .npy file of shape [N, D] or [N], or of N records, into a point cloud, in its own precision.
 *
 * Its columns are named 1, 2, ... D; those of records have the names of the fields, and the parts of a field that is an
 * array are named field.1, field.2, ... Integers and floats of 16 to 64 bits are read, of either byte order, in
 * C or Fortran order. Booleans are no coordinates, as in files of other kinds.
 *
 * @throws InputError for other types, and for 64-bit integers beyond 2^53.
 */
export async function readNpy(source: Source, choice: ColumnChoice): Promise<PointCloud> {
  const file = source.name;
  const { shape, fortranOrder, bytes, fields, isRecord } = await readHeader(source);
  if (shape.length !== 1 && (shape.length !== 2 || isRecord)) {
    throw new InputError(
      `${file}: its shape is (${shape.join(', ')}); expected (points, coordinates): reshape it, or save one cloud to a file`,
    );
  }
  const [count, width = 1] = shape;
  if (width === 0) throw new InputError(`${file}: its shape is (${shape.join(', ')}): the points have no coordinates`);
  if (width > mostNumbers) {
    throw new InputError(
      `${file}: its shape is (${shape.join(', ')}): points with more than ${mostNumbers} coordinates are not read; is it transposed, or damaged?`,
    );
  }
  checkFields(file, fields, choice);
  const names = isRecord ? fields.map(({ name }) => name) : numberedNames(width);
  const inRow = isRecord ? fields : names.map((_, d) => ({ ...fields[0], offset: d * bytes }));
  const rowBytes = width * bytes;
  const sink = pointSink(file, names, choice, { rows: possibleRows(source, count, rowBytes) });
  if (fortranOrder && width > 1) {
    const data = await source.rest();
    checkBytes(file, data.length, count, rowBytes);
    const view = viewOf(data);
    const read = numberReader(fields[0].type, fields[0].littleEndian);
    const cells = new Array<Cell>(width);
    await inTurns(count, source.signal, (i) => {
      for (let d = 0; d < width; d++) cells[d] = read(view, (d * count + i) * bytes);
      sink.row(cells);
    });
  } else {
    const found = await readBinaryRows(source, count, rowBytes, inRow, sink.row);
    checkBytes(file, found * rowBytes + (await source.peek(1)).length, count, rowBytes);
  }
  return sink.finish();
}

/**
 * Reads all numbers of a .npy file, of any shape, row by row with the last axis fastest; a mask of booleans is one of masses 1 and 0.
 *
 * @throws InputError for records and types that are no numbers.
 */
export async function readNpyArray(
  source: Source,
): Promise<{ readonly values: Float64Array; readonly shape: readonly number[] }> {
  const file = source.name;
  const { shape, fortranOrder, bytes, fields, isRecord } = await readHeader(source);
  if (isRecord) throw new InputError(`${file}: it holds records; save one array of numbers`);
  const [{ problem, type, littleEndian }] = fields;
  if (problem !== undefined) throw new InputError(`${file}: ${problem}`);
  const count = shape.reduce((product, length) => product * length, 1);
  const data = await source.rest();
  if (data.length !== count * bytes) {
    throw new InputError(
      `${file}: its header promises ${count} numbers and ${data.length < count * bytes ? `it holds ${Math.floor(data.length / bytes)}; is it cut short?` : 'more bytes follow them'}`,
    );
  }
  const [view, read] = [viewOf(data), numberReader(type, littleEndian)];
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, length) => product * length, 1));
  const values = new Float64Array(count);
  await inTurns(count, source.signal, (k) => {
    let place = k;
    if (fortranOrder) {
      place = 0;
      for (let left = k, axis = shape.length - 1; axis >= 0; axis--) {
        place += (left % shape[axis]) * strides[axis];
        left = Math.floor(left / shape[axis]);
      }
    }
    values[k] = Number(read(view, place * bytes));
  });
  return { values, shape };
}

/** Fields that hold no numbers may stand beside those that are chosen. */
function checkFields(file: string, fields: readonly NamedField[], choice: ColumnChoice): void {
  const isUsed = (name: string): boolean =>
    (choice.columns?.includes(name) ?? true) || name === choice.weights || name === choice.labels;
  const bad = fields.find(({ name, problem }) => problem !== undefined && isUsed(name));
  if (!bad) return;
  const numeric = fields.filter(({ problem }) => problem === undefined).map(({ name }) => name);
  const remedy = numeric.length > 0 ? ` or choose among ${listNames(numeric)} with --columns` : '';
  throw new InputError(`${file}: ${bad.problem}${remedy}`);
}

function checkBytes(file: string, found: number, count: number, rowBytes: number): void {
  if (found > count * rowBytes)
    throw new InputError(`${file}: its header promises ${count} points and more bytes follow them`);
  if (found < count * rowBytes) {
    throw new InputError(
      `${file}: its header promises ${count} points and it holds ${Math.floor(found / rowBytes)}; is it cut short?`,
    );
  }
}

async function readHeader(source: Source): Promise<Layout> {
  const file = source.name;
  const start = await source.take(8);
  if (start.toString('latin1', 0, 6) !== '\x93NUMPY')
    throw new InputError(`${file}: it is no .npy file (it does not begin as NumPy's files do)`);
  const version = start[6];
  if (version < 1 || version > 3) throw new InputError(`${file}: version ${version} of .npy is unknown; save it anew`);
  const lengthBytes = await source.take(version === 1 ? 2 : 4);
  const length = lengthBytes.length < 2 ? 0 : lengthBytes.readUIntLE(0, lengthBytes.length);
  const text = await source.take(Math.min(length, 1 << 20));
  if (length === 0 || text.length < length) throw new InputError(`${file}: its header is not whole; is it cut short?`);
  let header: PythonLiteral;
  try {
    header = pythonLiteral(text.toString(version === 3 ? 'utf8' : 'latin1').trim());
  } catch (error) {
    throw new InputError(`${file}: its header cannot be understood (${(error as Error).message})`);
  }
  const get = (key: string): PythonLiteral | undefined => (header instanceof Map ? header.get(key) : undefined);
  const shape = get('shape');
  const fortranOrder = get('fortran_order');
  const descr = get('descr');
  const isShape = Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && Number(length) >= 0);
  if (!isShape || typeof fortranOrder !== 'boolean' || descr === undefined)
    throw new InputError(`${file}: its header lacks a valid "descr", "fortran_order" or "shape"`);
  const layout = layoutOf(file, descr);
  return { ...layout, shape: shape as number[], fortranOrder, isRecord: Array.isArray(descr) };
}

const kinds: Readonly<Record<string, NumberType>> = {
  b1: 'bool',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
};

/** What to save instead of the types that are no coordinates. */
const remedies: Readonly<Record<string, string>> = {
  c: 'it holds complex numbers; save their parts as columns',
  O: 'it holds Python objects; save numbers, as with array.astype(float)',
  U: 'it holds text; save numbers, as with array.astype(float)',
  S: 'it holds text; save numbers, as with array.astype(float)',
  M: 'it holds dates; save numbers, as with array.astype(float)',
  m: 'it holds durations; save numbers, as with array.astype(float)',
  f: 'its numbers are longer than 64 bits; save them as float64',
};

/** Fields and bytes of one type, which may be a record of others. */
function layoutOf(file: string, descr: PythonLiteral, name?: string): Pick<Layout, 'fields' | 'bytes'> {
  if (typeof descr === 'string') {
    const [, order = '', kind = '', size = ''] = /^([<>=|]?)([a-zA-Z])(\d*)/.exec(descr) ?? [];
    // Void bytes only fill the room between fields.
    if (kind === 'V' && name !== undefined) return { bytes: Number(size), fields: [] };
    const type = Object.hasOwn(kinds, kind + size) && descr === order + kind + size ? kinds[kind + size] : undefined;
    if (type)
      return { bytes: sizes[type], fields: [{ name: name ?? '', type, offset: 0, littleEndian: order !== '>' }] };
    const where = name === undefined ? '' : ` in the field "${name}"`;
    const problem = `the type "${descr}"${where} cannot be read: ${remedies[kind] ?? 'save integers or floats'}`;
    const bytes = Number(size.replace(/\D.*/, '')) * (kind === 'U' ? 4 : 1);
    // Of other types the room that they take is not known, and of objects all is stored in Python's own way.
    if (!Object.hasOwn(remedies, kind) || kind === 'O' || !(bytes > 0)) throw new InputError(`${file}: ${problem}`);
    return { bytes, fields: [{ name: name ?? '', type: 'uint8', offset: 0, littleEndian: true, problem }] };
  }
  if (!Array.isArray(descr)) throw new InputError(`${file}: its header's "descr" is no type`);
  let bytes = 0;
  const fields: NamedField[] = [];
  for (const part of descr as readonly PythonLiteral[]) {
    const [title, type, shape = []] = Array.isArray(part) ? (part as readonly PythonLiteral[]) : [];
    // A field with a title has both as a pair, the title first.
    const own = Array.isArray(title) ? title[1] : title;
    if (typeof own !== 'string' || type === undefined || type === null)
      throw new InputError(`${file}: its header's "descr" holds a field without name or type`);
    const lengths = Array.isArray(shape) ? (shape as readonly number[]) : [shape as number];
    const times = lengths.reduce((product, length) => product * length, 1);
    if (!Number.isSafeInteger(times) || times < 0 || times > 1e6)
      throw new InputError(`${file}: the field "${own}" has the shape (${lengths.join(', ')})`);
    const path = name === undefined ? own : `${name}.${own}`;
    const inner = layoutOf(file, type, path);
    if (fields.length + times * inner.fields.length > mostNumbers)
      throw new InputError(`${file}: its records hold more than ${mostNumbers} numbers each; is it damaged?`);
    for (let k = 0; k < times; k++) {
      for (const field of inner.fields) {
        const numbered = lengths.length === 0 ? field.name : `${field.name}.${k + 1}`;
        fields.push({ ...field, name: numbered, offset: bytes + field.offset });
      }
      bytes += inner.bytes;
    }
  }
  return { fields, bytes };
}
