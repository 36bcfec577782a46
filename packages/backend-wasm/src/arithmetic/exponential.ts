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
 * 2^t for t <= 0, as the weight of a softmax: within 2 units in the last place down to 2^-100. What lies below counts
 * as 2^-100, or as 0 where `exactZero` is asked for.
 */
export function powerOfTwo(
  builder: FunctionBuilder,
  lanes: Lanes,
  constants: Constants,
  t: Vector,
  exactZero: boolean,
): Vector {
  const { integers, mantissaBits } = lanes;
  const lowest = constants(LOWEST_WEIGHT_EXPONENT);
  const round = constants(rounder(lanes));
  const exponent = builder.local(exactZero ? t : lanes.pmax(t, lowest));
  const shifted = builder.local(lanes.add(exponent, round));
  const fraction = builder.local(lanes.sub(exponent, lanes.sub(shifted, round)));
  const slope = polynomial(builder, lanes, constants, POWER_OF_TWO[lanes.precision], fraction);
  const mantissa = lanes.madd(slope, fraction, constants(1));
  const power = integers.add(mantissa, integers.shl(shifted, i32.constant(mantissaBits)));
  return exactZero ? v128.and(power, lanes.ge(exponent, lowest)) : power;
}

/** The range in which `exponential` is computed; its result is 0 below and Infinity above. */
const RANGE = {
  float32: { low: -87.5, high: 89 },
  float64: { low: -708.6, high: 710 },
} as const;

/**
 * e^x: within 2 units in the last place for results above the smallest normal number times 2; below, 0. Overflow gives
 * Infinity, NaN stays.
 */
export function exponential(builder: FunctionBuilder, lanes: Lanes, constants: Constants, x: Vector): Vector {
  const { precision, integers, mantissaBits, exponentBias } = lanes;
  const { low, high } = RANGE[precision];
  const round = constants(rounder(lanes));
  const logTwo = LOG_TWO[precision];
  const clamped = builder.local(lanes.pmin(lanes.pmax(x, constants(low)), constants(high)));
  const shifted = builder.local(lanes.madd(clamped, constants(Math.LOG2E), round));
  const n = builder.local(lanes.sub(shifted, round));
  const once = lanes.nmadd(n, constants(logTwo.high), clamped);
  const r = builder.local(lanes.nmadd(n, constants(logTwo.low), once));
  const tail = polynomial(builder, lanes, constants, EXPONENTIAL[precision], r);
  const mantissa = builder.local(lanes.add(lanes.madd(tail, lanes.mul(r, r), r), constants(1)));
  // Twice the mantissa times 2^(n - 1): so the largest results do not overflow on the way, and the exponent field of
  // those below the range is 0, which makes them 0.
  const field = integers.add(shifted, integers.constant(BigInt(exponentBias - 1)));
  const power = integers.shl(field, i32.constant(mantissaBits));
  return lanes.mul(lanes.add(mantissa, mantissa), power);
}
