import { checkMeasure, type Measure, UnsupportedError } from '@sinkhorn/core';
import { FleetError } from './errors.js';

/** A cloud as it stands in a blob. */
export interface Cloud {
  readonly points: Float32Array | Float64Array;
  readonly dimension: number;
  readonly weights?: Float32Array | Float64Array;
}

/** 'SKF1', bytes of a number, whether there are weights, dimension and count as 32-bit numbers. */
const MAGIC = 0x31464b53;
const HEADER_BYTES = 16;

/**
 * A cloud as bytes: a header, points row by row, weights. Numbers are 32 bits wide where they were given so.
 *
 * @throws InvalidMeasureError naming the cloud; UnsupportedError for batches and grids.
 */
export function cloudBytes(name: string, measure: Measure): Uint8Array {
  const checked = checkMeasure(name, measure);
  if (checked.batched) throw new UnsupportedError(`${name} is a batch: give its elements one by one`);
  const given = measure as { readonly points?: unknown; readonly data?: unknown; readonly weights?: ArrayLike<number> };
  const hasWeights = given.weights !== undefined;
  const narrow =
    (given.points ?? given.data) instanceof Float32Array && (!hasWeights || given.weights instanceof Float32Array);
  const List = narrow ? Float32Array : Float64Array;
  const width = List.BYTES_PER_ELEMENT;
  const { points, weights, dimension, count } = checked;
  const bytes = new Uint8Array(HEADER_BYTES + (points.length + (hasWeights ? count : 0)) * width);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, MAGIC, true);
  header.setUint8(4, width);
  header.setUint8(5, hasWeights ? 1 : 0);
  header.setUint32(8, dimension, true);
  header.setUint32(12, count, true);
  new List(bytes.buffer, HEADER_BYTES, points.length).set(points);
  if (hasWeights) new List(bytes.buffer, HEADER_BYTES + points.length * width, count).set(weights);
  return bytes;
}

/**
 * The cloud of some bytes.
 *
 * @throws FleetError where they are none, or end too soon.
 */
export function cloudOf(bytes: Uint8Array): Cloud {
  const broken = (why: string) => new FleetError('CORRUPT_BLOB', `a blob is no cloud: ${why}`);
  if (bytes.length < HEADER_BYTES) throw broken(`it has ${bytes.length} bytes`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const [width, hasWeights] = [header.getUint8(4), header.getUint8(5)];
  if (header.getUint32(0, true) !== MAGIC || (width !== 4 && width !== 8) || hasWeights > 1) {
    throw broken('it begins otherwise');
  }
  const [dimension, count] = [header.getUint32(8, true), header.getUint32(12, true)];
  const expected = HEADER_BYTES + count * (dimension + hasWeights) * width;
  if (bytes.length !== expected) throw broken(`it has ${bytes.length} bytes, not ${expected}`);
  // Numbers begin where their width allows.
  const own = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const List = width === 4 ? Float32Array : Float64Array;
  const list = (from: number, length: number) =>
    new List(own.buffer as ArrayBuffer, own.byteOffset + HEADER_BYTES + from * width, length);
  const points = list(0, count * dimension);
  return { points, dimension, ...(hasWeights === 1 && { weights: list(count * dimension, count) }) };
}
