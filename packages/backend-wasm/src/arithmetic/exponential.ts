import type { FunctionBuilder, Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { type Vector, v128 } from '../encoding/v128.js';
import type { Lanes } from './lanes.js';

/** Constants that a function holds in variables: in a loop, an engine rebuilds those that are written in place. */
export type Constants = (value: number) => Vector;

/**
 * (2^f - 1) / f for |f| up to half: coefficients from the constant on, near-minimax, those for float32 then moved until
 * the error of 1 + f q(f) in float32 arithmetic was least, 1.74 units in the last place.
 */
const POWER_OF_TWO = {
  float32: [0.693146824836731, 0.24022217094898224, 0.05550852417945862, 0.009672217071056366, 0.0013235000660642982],
  float64: [
    Math.LN2,
    0.24022650695910097,
    0.0555041086648216,
    0.009618129107606888,
    0.0013333558146416936,
    0.0001540353044173605,
    0.00001525273382983612,
    0.000001321544258792169,
    1.0178062445845774e-7,
    7.072585949269223e-9,
    4.4549605981865186e-10,
  ],
} as const;

/** (e^r - 1 - r) / r^2 for |r| up to half of log 2. */
const EXPONENTIAL = {
  float32: [0.5, 0.1666657342385974, 0.0416665501627203, 0.008363767023287037, 0.001392691805594798],
  float64: [
    0.5, 0.1666666666666667, 0.04166666666666667, 0.00833333333332607, 0.0013888888888883703, 0.00019841269875048905,
    0.00002480158732571076, 0.000002755725511097889, 2.755727343657049e-7, 2.510533724466521e-8, 2.091477283224809e-9,
  ],
} as const;

/** log 2 in two parts: the first has so few bits that its products with exponents are exact. */
export const LOG_TWO = {
  float32: { high: 0.693145751953125, low: 0.0000014286068202862268 },
  float64: { high: 0.6931471803691238, low: 1.9082149292705877e-10 },
} as const;

/** Adding this rounds to a whole number, which then stands in the lowest bits. */
const rounder = ({ mantissaBits }: Lanes): number => 1.5 * 2 ** mantissaBits;

/**
 * c_0 + c_1 t + c_2 t^2 + ..., its even and its odd part side by side: an operation more than one after the other, and
 * half the time until the result is there.
 */
export function polynomial(
  builder: FunctionBuilder,
  lanes: Lanes,
  constants: Constants,
  coefficients: readonly number[],
  t: Local<'v128'>,
): Vector {
  const square = builder.local(lanes.mul(t, t));
  const part = (parity: number): Vector => {
    const [last, ...others] = coefficients.filter((_, power) => power % 2 === parity).reverse();
    return others.reduce<Vector>(
      (sum, coefficient) => lanes.madd(sum, square, constants(coefficient)),
      constants(last),
    );
  };
  return lanes.madd(part(1), t, part(0));
}

/** The lowest exponent that weights of a softmax are taken to: 2^-100 of the largest is nothing in any sum. */
const LOWEST_WEIGHT_EXPONENT = -100;

/**
 * What scores lie within, up to this size, so that adding `rounder` less a whole number of their size still rounds them.
 */
export const LARGEST_SHIFT = 2 ** 20;

/** A whole number s, in every lane, that scores are taken relative to, in the forms in which that is cheapest. */
export interface WeightShift {
  /** Adding this rounds a score u, and leaves the exponent field of 2^(u - s) in the lowest bits. */
  readonly rounder: Local<'v128'>;
  /** Scores below it have no weight to speak of. */
  readonly lowest: Local<'v128'>;
}

/** Takes scores relative to a whole number between -LARGEST_SHIFT and LARGEST_SHIFT. */
export function weightShift(builder: FunctionBuilder, lanes: Lanes, constants: Constants, shift: Vector): WeightShift {
  return {
    rounder: builder.local(lanes.sub(constants(rounder(lanes) + lanes.exponentBias), shift)),
    lowest: builder.local(lanes.add(shift, constants(LOWEST_WEIGHT_EXPONENT))),
  };
}

/**
 * 2^(u - s) for scores u up to s + 1/2, as the weight of a softmax, in two factors: within 2 units in the last place down
 * to 2^-100, which represents all that lies below.
 */
export function weightFactors(
  builder: FunctionBuilder,
  lanes: Lanes,
  constants: Constants,
  score: Vector,
  shift: WeightShift,
): readonly [Vector, Vector] {
  return factors(builder, lanes, constants, builder.local(lanes.pmax(score, shift.lowest)), shift);
}

/** The same weight as one number, with 0 for all that lies below. */
export function weightOrZero(
  builder: FunctionBuilder,
  lanes: Lanes,
  constants: Constants,
  score: Vector,
  shift: WeightShift,
): Vector {
  const held = builder.local(score);
  // Below, the factors are whatever comes out, NaN among it: so it is their product whose bits are cleared.
  const product = lanes.mul(...factors(builder, lanes, constants, held, shift));
  return v128.and(product, lanes.ge(held, shift.lowest));
}

function factors(
  builder: FunctionBuilder,
  lanes: Lanes,
  constants: Constants,
  score: Local<'v128'>,
  { rounder: round }: WeightShift,
): readonly [Vector, Vector] {
  const shifted = builder.local(lanes.add(score, round));
  const fraction = builder.local(lanes.sub(score, lanes.sub(shifted, round)));
  const power = lanes.integers.shl(shifted, i32.constant(lanes.mantissaBits));
  return [mantissaOf(builder, lanes, constants, fraction), power];
}

/** The exponents of two in which exponentials are computed; results are 0 below and Infinity above. */
const EXPONENTS = {
  float32: { low: -126.25, high: 128.4 },
  float64: { low: -1022.25, high: 1024.4 },
} as const;

/**
 * e^x: within 2 units in the last place for results above the smallest normal number times 2; below, 0. Overflow gives
 * Infinity, NaN stays.
 */
export function exponential(builder: FunctionBuilder, lanes: Lanes, constants: Constants, x: Vector): Vector {
  const { low, high } = EXPONENTS[lanes.precision];
  const round = constants(rounder(lanes));
  const logTwo = LOG_TWO[lanes.precision];
  const clamped = clamp(builder, lanes, constants, x, low * Math.LN2, high * Math.LN2);
  const shifted = builder.local(lanes.madd(clamped, constants(Math.LOG2E), round));
  const n = builder.local(lanes.sub(shifted, round));
  const once = lanes.nmadd(n, constants(logTwo.high), clamped);
  const r = builder.local(lanes.nmadd(n, constants(logTwo.low), once));
  const tail = polynomial(builder, lanes, constants, EXPONENTIAL[lanes.precision], r);
  const mantissa = lanes.add(lanes.madd(tail, lanes.mul(r, r), r), constants(1));
  return timesPowerOfTwo(builder, lanes, mantissa, shifted);
}

/**
 * Below this exponent kernels of distances count as 0. Their products with weights would leave the normal numbers, on which
 * processors are some hundred times slower, and be nothing in any sum.
 */
const LOWEST_KERNEL_EXPONENT = { float32: -100, float64: -900 } as const;

/** 2^t for any t: within 2 units in the last place, but 0 below the lowest exponent of kernels. */
export function exponentialInBits(builder: FunctionBuilder, lanes: Lanes, constants: Constants, t: Vector): Vector {
  const round = constants(rounder(lanes));
  const held = builder.local(lanes.pmin(t, constants(EXPONENTS[lanes.precision].high)));
  const shifted = builder.local(lanes.add(held, round));
  const fraction = builder.local(lanes.sub(held, lanes.sub(shifted, round)));
  const power = timesPowerOfTwo(builder, lanes, mantissaOf(builder, lanes, constants, fraction), shifted);
  const isNothing = lanes.lt(held, constants(LOWEST_KERNEL_EXPONENT[lanes.precision]));
  return v128.andNot(power, isNothing);
}

function clamp(
  builder: FunctionBuilder,
  lanes: Lanes,
  constants: Constants,
  value: Vector,
  low: number,
  high: number,
): Local<'v128'> {
  return builder.local(lanes.pmin(lanes.pmax(value, constants(low)), constants(high)));
}

/**
 * A number about 1 times 2^n, with n in the lowest bits: as twice the number times 2^(n - 1), so that the largest results
 * do not overflow on the way, and the exponent field of those below the range is 0, which makes them 0.
 */
function timesPowerOfTwo(builder: FunctionBuilder, lanes: Lanes, number: Vector, shifted: Vector): Vector {
  const { integers, mantissaBits, exponentBias } = lanes;
  const held = builder.local(number);
  const field = integers.add(shifted, integers.constant(BigInt(exponentBias - 1)));
  return lanes.mul(lanes.add(held, held), integers.shl(field, i32.constant(mantissaBits)));
}

/** 2^f for |f| up to half. */
function mantissaOf(builder: FunctionBuilder, lanes: Lanes, constants: Constants, fraction: Local<'v128'>): Vector {
  const slope = polynomial(builder, lanes, constants, POWER_OF_TWO[lanes.precision], fraction);
  return lanes.madd(slope, fraction, constants(1));
}
