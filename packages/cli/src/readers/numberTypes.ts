/** The kinds of number that binary files hold. */
export type NumberType = keyof typeof sizes;

/** Bytes of a number of each kind. */
export const sizes = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float16: 2,
  float32: 4,
  float64: 8,
} as const;

/** A number in a row of bytes. */
export interface Field {
  readonly type: NumberType;
  /** Where it stands in the row. */
  readonly offset: number;
  readonly littleEndian: boolean;
}

/** What a binary file holds in a place: 64-bit integers come as bigint, and truth, which is no coordinate, as itself. */
export type Cell = number | bigint | boolean;

/** Makes the function that reads one kind of number, exactly. */
export function numberReader(type: NumberType, littleEndian: boolean): (view: DataView, at: number) => Cell {
  switch (type) {
    case 'bool':
      return (view, at) => view.getUint8(at) !== 0;
    case 'uint8':
      return (view, at) => view.getUint8(at);
    case 'int8':
      return (view, at) => view.getInt8(at);
    case 'int16':
      return (view, at) => view.getInt16(at, littleEndian);
    case 'uint16':
      return (view, at) => view.getUint16(at, littleEndian);
    case 'int32':
      return (view, at) => view.getInt32(at, littleEndian);
    case 'uint32':
      return (view, at) => view.getUint32(at, littleEndian);
    case 'int64':
      return (view, at) => view.getBigInt64(at, littleEndian);
    case 'uint64':
      return (view, at) => view.getBigUint64(at, littleEndian);
    case 'float16':
      return (view, at) => halfToNumber(view.getUint16(at, littleEndian));
    case 'float32':
      return (view, at) => view.getFloat32(at, littleEndian);
    case 'float64':
      return (view, at) => view.getFloat64(at, littleEndian);
  }
}

/** Whether a number that stands as text is one of its type: whole and in range, or a float that is not too large. */
export function fitsType(type: NumberType, value: number): boolean {
  if (type.startsWith('float')) return type !== 'float32' || Number.isFinite(Math.fround(value));
  const bits = type === 'bool' ? 1 : 8 * sizes[type];
  const [least, most] = type.startsWith('int') ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  return Number.isInteger(value) && value >= least && value <= most;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A view of the bytes of a Buffer, which may lie anywhere in a larger piece of memory. */
export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
