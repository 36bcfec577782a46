import type { Code } from '../encoding/code.js';
import type { Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { f32x4, f64x2, type Vector, v128 } from '../encoding/v128.js';
import { UNROLLED_SIZE } from './formulaCode.js';
import { type KernelFrame, VECTOR_BYTES } from './kernelFrame.js';

type Integer = Code<'i32'>;

/** Upper half of the bytes of a vector, twice. */
const UPPER_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/**
 * Sums in memory, kept in float64 and lane by lane: a tile's sum is exact enough in float32, the sum of thousands of
 * tiles is not.
 */
export interface Accumulators {
  /** Bytes of one sum. */
  readonly bytes: number;
  clear(place: Integer, offset: number): void;
  /** Adds a tile's sum, a vector of lanes. */
  add(place: Local<'i32'>, offset: number, tileSum: Vector): void;
  /** Multiplies `count` sums that follow one another by a number, the same in every lane. */
  scale(place: Local<'i32'>, offset: number, count: number, factor: Vector): void;
  /** A sum over all lanes, as a number of the kernel's precision in every lane in use. */
  total(place: Integer, offset: number): Vector;
}

/** Accumulators in the precision of a kernel's lanes. */
export function accumulators({ builder, lanes }: KernelFrame): Accumulators {
  const narrow = lanes.precision === 'float32';
  const halves = narrow ? 2 : 1;
  const upper = (vector: Vector) => v128.shuffle(vector, vector, UPPER_HALF);
  /** The parts of a vector as float64. */
  const widened = (vector: Vector): Vector[] => {
    if (!narrow) return [vector];
    const held = builder.local(vector);
    return [f64x2.promoteLow(held), f64x2.promoteLow(upper(held))];
  };
  const bytes = halves * VECTOR_BYTES;
  return {
    bytes,
    clear(place, offset) {
      for (let half = 0; half < halves; half++) {
        builder.add(v128.store(place, lanes.constant(0), offset + half * VECTOR_BYTES));
      }
    },
    add(place, offset, tileSum) {
      widened(tileSum).forEach((part, half) => {
        const at = offset + half * VECTOR_BYTES;
        builder.add(v128.store(place, f64x2.add(v128.load(place, at), part), at));
      });
    },
    scale(place, offset, count, factor) {
      const [wide] = widened(factor);
      const held = builder.local(wide);
      const vectors = count * halves;
      const scaleAt = (address: Local<'i32'>, at: number) =>
        builder.add(v128.store(address, f64x2.mul(v128.load(address, at), held), at));
      if (vectors <= 2 * UNROLLED_SIZE + 2) {
        for (let k = 0; k < vectors; k++) scaleAt(place, offset + k * VECTOR_BYTES);
        return;
      }
      const address = builder.local(place);
      const end = builder.local(i32.add(place, vectors * VECTOR_BYTES));
      builder.repeat(() => {
        scaleAt(address, offset);
        builder.set(address, i32.add(address, VECTOR_BYTES));
        return i32.lt(address, end);
      });
    },
    total(place, offset) {
      const low = v128.load(place, offset);
      const sum = builder.local(narrow ? f64x2.add(low, v128.load(place, offset + VECTOR_BYTES)) : low);
      const both = f64x2.add(sum, upper(sum));
      return narrow ? f32x4.demote(both) : both;
    },
  };
}
