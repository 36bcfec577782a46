import type { Code } from '../encoding/code.js';
import { f32x4, f64x2, i32x4, i64x2, type Vector, v128 } from '../encoding/v128.js';

type Integer = Code<'i32'>;
type Operation<Operands extends unknown[]> = (...operands: Operands) => Vector;

/** Vectors of floating-point numbers of one width, and what can be done with them. */
export interface Lanes {
  readonly precision: 'float32' | 'float64';
  /** Whether `madd` and `nmadd` are one instruction. */
  readonly fused: boolean;
  /** How many numbers a vector holds. */
  readonly count: 2 | 4;
  /** Bytes of a number. */
  readonly bytes: 4 | 8;
  /** All lanes hold the same number. */
  constant(value: number): Vector;
  /** Each lane holds a number of its own. */
  constants(values: readonly number[]): Vector;
  splatLoad(address: Integer, offset?: number): Vector;
  loadLane: typeof f32x4.loadLane;
  storeLane: typeof f32x4.storeLane;
  readonly add: Operation<[Vector, Vector]>;
  readonly sub: Operation<[Vector, Vector]>;
  readonly mul: Operation<[Vector, Vector]>;
  readonly div: Operation<[Vector, Vector]>;
  readonly min: Operation<[Vector, Vector]>;
  readonly max: Operation<[Vector, Vector]>;
  readonly pmin: Operation<[Vector, Vector]>;
  readonly pmax: Operation<[Vector, Vector]>;
  readonly eq: Operation<[Vector, Vector]>;
  readonly ne: Operation<[Vector, Vector]>;
  readonly lt: Operation<[Vector, Vector]>;
  readonly gt: Operation<[Vector, Vector]>;
  readonly ge: Operation<[Vector, Vector]>;
  readonly abs: Operation<[Vector]>;
  readonly neg: Operation<[Vector]>;
  readonly floor: Operation<[Vector]>;
  /** The nearest whole number. */
  readonly nearest: Operation<[Vector]>;
  readonly sqrt: Operation<[Vector]>;
  /** Signed 32-bit integers, the first `count` of a vector, as numbers. */
  readonly fromIntegers: Operation<[Vector]>;
  /** a b + c, in one rounding where the engine has relaxed SIMD and the processor a fused instruction. */
  readonly madd: Operation<[Vector, Vector, Vector]>;
  /** c - a b, likewise. */
  readonly nmadd: Operation<[Vector, Vector, Vector]>;
  /** The lanes' bits as integers of the same width. */
  readonly integers: {
    readonly add: Operation<[Vector, Vector]>;
    readonly sub: Operation<[Vector, Vector]>;
    readonly shl: Operation<[Vector, Integer]>;
    /** Keeps the sign. */
    readonly shr: Operation<[Vector, Integer]>;
    constant(value: bigint): Vector;
  };
  /** Bits behind the binary point of a number: 23 or 52. */
  readonly mantissaBits: 23 | 52;
  /** What is added to an exponent before it is stored: 127 or 1023. */
  readonly exponentBias: 127 | 1023;
}

/** The lanes of a precision; `relaxed` says that the engine knows relaxed SIMD. */
export function lanes(precision: 'float32' | 'float64', relaxed: boolean): Lanes {
  const narrow = precision === 'float32';
  const floats = narrow ? f32x4 : f64x2;
  const integers = narrow ? i32x4 : i64x2;
  const count = narrow ? 4 : 2;
  const bytesOf = (values: readonly number[]) => {
    const array = narrow ? Float32Array.from(values) : Float64Array.from(values);
    return v128.constant(new Uint8Array(array.buffer));
  };
  return {
    ...floats,
    precision,
    fused: relaxed,
    count,
    bytes: narrow ? 4 : 8,
    constant: (value) => bytesOf(new Array(count).fill(value)),
    constants: bytesOf,
    madd: relaxed ? floats.relaxedMadd : (a, b, c) => floats.add(floats.mul(a, b), c),
    nmadd: relaxed ? floats.relaxedNmadd : (a, b, c) => floats.sub(c, floats.mul(a, b)),
    integers: {
      ...integers,
      constant(value) {
        const array = narrow
          ? BigInt64Array.of((value << 32n) | (value & 0xffffffffn), (value << 32n) | (value & 0xffffffffn))
          : BigInt64Array.of(value, value);
        return v128.constant(new Uint8Array(array.buffer));
      },
    },
    mantissaBits: narrow ? 23 : 52,
    exponentBias: narrow ? 127 : 1023,
  };
}
