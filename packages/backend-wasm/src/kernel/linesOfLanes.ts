import { exponentialInBits } from '../arithmetic/exponential.js';
import type { Lanes } from '../arithmetic/lanes.js';
import type { Code } from '../encoding/code.js';
import type { Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { f32x4, f64x2, type Vector, v128 } from '../encoding/v128.js';
import { type KernelFrame, VECTOR_BYTES } from './kernelFrame.js';

// What kernels along an axis of a grid share: they take as many lines at a time as there are lanes, and have numbers as factors and whole
// exponents of two, so that nothing overflows, and what is large stays exact.

type Integer = Code<'i32'>;

/** Bytes of a factor and an exponent. */
export const PAIR_BYTES = 2 * VECTOR_BYTES;
/** Represents the exponent of no mass. */
export const NOTHING = -(2 ** 40);
/** The least exponents: sums take what lies below to be there, or to be nothing where it has no mass. */
const LOWEST = { float32: -80, float64: -500 } as const;
const UPPER_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const LOWER_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** Does something for every number from one up to another, in steps. */
export function counted(
  { builder }: KernelFrame,
  from: Integer,
  to: Integer,
  step: number,
  body: (at: Local<'i32'>) => void,
): void {
  const at = builder.local(from);
  const end = builder.local(to);
  builder.while(
    () => i32.lt(at, end),
    () => {
      body(at);
      builder.set(at, i32.add(at, step));
    },
  );
}

/** 2^x for whole x up to 0. */
export const powerOfTwo = ({ lanes, constants }: KernelFrame, x: Vector): Vector =>
  lanes.integers.shl(
    lanes.add(
      lanes.pmax(x, constants(LOWEST[lanes.precision])),
      constants(1.5 * 2 ** lanes.mantissaBits + lanes.exponentBias),
    ),
    i32.constant(lanes.mantissaBits),
  );

/** The lines of a grid's arrays that a group of lanes takes. */
export interface LinesOfLanes {
  readonly stored: Lanes;
  readonly lines: Local<'i32'>;
  readonly inner: Local<'i32'>;
  readonly group: Local<'i32'>;
}

/** Where each lane's line begins in an array with so many nodes a line. */
export function lineBeginnings(
  { builder, lanes, address }: KernelFrame,
  { stored, lines, inner, group }: LinesOfLanes,
  array: string,
  length: Local<'i32'>,
): Local<'i32'>[] {
  return Array.from({ length: lanes.count }, (_, lane) => {
    const given = builder.local(i32.add(i32.mul(group, lanes.count), lane));
    const line = builder.local(i32.min(given, builder.local(i32.sub(lines, i32.constant(1)))));
    const before = i32.mul(i32.div(line, inner), i32.mul(i32.sub(length, i32.constant(1)), inner));
    return builder.local(i32.add(address(array), i32.mul(i32.add(before, line), stored.bytes)));
  });
}

/** One number a lane, each at a place of its own, as float64: two vectors where lanes are narrow. */
export function loadLanes({ builder, lanes }: KernelFrame, stored: Lanes, places: readonly Local<'i32'>[]): Vector[] {
  if (stored.bytes === 4) {
    const all = builder.local(
      places.reduce<Vector>((vector, place, lane) => f32x4.loadLane(vector, place, lane), lanes.constant(0)),
    );
    return [f64x2.promoteLow(all), f64x2.promoteLow(v128.shuffle(all, all, UPPER_HALF))];
  }
  const zero = lanes.constant(0);
  return Array.from({ length: lanes.count / 2 }, (_, half) =>
    f64x2.loadLane(f64x2.loadLane(zero, places[2 * half], 0), places[2 * half + 1], 1),
  );
}

/**
 * The numbers e^s 2^tilt, for scores s in float64, as factors and whole exponents of two. The exponential is that of the lanes.
 *
 * @param tilt - one for all, in float64; 0 when absent.
 */
export function inPowersOfTwo({ builder, lanes, constants }: KernelFrame, scores: readonly Vector[], tilt?: Vector) {
  const wide = (value: number) => builder.early(v128.constant(new Uint8Array(Float64Array.of(value, value).buffer)));
  const [perBit, nothing] = [wide(Math.LOG2E), wide(NOTHING)];
  const parts = scores.map((score) => {
    const own = f64x2.mul(score, perBit);
    const bits = builder.local(tilt ? f64x2.add(own, tilt) : own);
    const exponent = builder.local(f64x2.pmax(f64x2.nearest(bits), nothing));
    return { exponent, fraction: builder.local(f64x2.sub(bits, exponent)) };
  });
  const narrow = (vectors: readonly Vector[]): Vector =>
    lanes.count === 2 ? vectors[0] : v128.shuffle(f32x4.demote(vectors[0]), f32x4.demote(vectors[1]), LOWER_HALVES);
  const fraction = builder.local(narrow(parts.map((part) => part.fraction)));
  return {
    factor: exponentialInBits(builder, lanes, constants, fraction),
    exponent: builder.local(narrow(parts.map((part) => part.exponent))),
  };
}

/** Stores logarithm + exponent log 2, one number a lane, each at a place of its own. */
export function storeLanes(
  { builder, lanes }: KernelFrame,
  stored: Lanes,
  places: readonly Local<'i32'>[],
  logarithms: Local<'v128'>,
  exponents: Local<'v128'>,
): void {
  const logTwo = builder.early(v128.constant(new Uint8Array(Float64Array.of(Math.LN2, Math.LN2).buffer)));
  const wide = (vector: Local<'v128'>, half: number): Vector => {
    if (lanes.count === 2) return vector;
    return f64x2.promoteLow(half === 0 ? vector : v128.shuffle(vector, vector, UPPER_HALF));
  };
  for (let half = 0; half < lanes.count / 2; half++) {
    const sum = f64x2.add(wide(logarithms, half), f64x2.mul(wide(exponents, half), logTwo));
    const value = builder.local(stored.bytes === 4 ? f32x4.demote(sum) : sum);
    for (let lane = 0; lane < 2; lane++) {
      builder.add(stored.storeLane(value, places[2 * half + lane], lane));
    }
  }
}
