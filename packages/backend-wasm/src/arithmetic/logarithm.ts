import type { FunctionBuilder } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { type Vector, v128 } from '../encoding/v128.js';
import { type Constants, LOG_TWO, polynomial } from './exponential.js';
import type { Lanes } from './lanes.js';

/**
 * (log((1 + s) / (1 - s)) - 2 s) / s^3 in powers of s^2, for the s of numbers between the square roots of 1/2 and 2:
 * the coefficients of fdlibm's logf and log.
 */
const SERIES = {
  float32: [0.666666626930237, 0.400009721517563, 0.28498786687851, 0.242790788412094],
  float64: [
    0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
    0.15313837699209373, 0.14798198605116586,
  ],
} as const;

/**
 * log x: within 2 units in the last place for all positive numbers, those below the normal ones included; -Infinity for
 * 0, NaN below, Infinity for Infinity.
 */
export function logarithm(builder: FunctionBuilder, lanes: Lanes, constants: Constants, x: Vector): Vector {
  const { precision, integers, mantissaBits, exponentBias } = lanes;
  const given = builder.local(x);
  // Numbers below the normal ones are brought up first.
  const isSmall = builder.local(lanes.lt(given, constants(2 ** (1 - exponentBias))));
  const normal = v128.select(lanes.mul(given, constants(2 ** mantissaBits)), given, isSmall);
  // Exponents change at the root of 1/2 and not at 1, so that the mantissa lies between it and the root of 2.
  const root = integers.constant(bitsOf(Math.SQRT1_2, lanes));
  const offset = builder.local(integers.sub(normal, root));
  const exponent = builder.local(integers.shr(offset, i32.constant(mantissaBits)));
  const mantissa = integers.sub(integers.add(offset, root), integers.shl(exponent, i32.constant(mantissaBits)));
  // A small whole number is converted by way of the lowest bits of a large one.
  const large = 1.5 * 2 ** mantissaBits;
  const whole = lanes.sub(integers.add(exponent, integers.constant(bitsOf(large, lanes))), constants(large));
  const k = builder.local(lanes.sub(whole, v128.and(isSmall, constants(mantissaBits))));
  const f = builder.local(lanes.sub(mantissa, constants(1)));
  const s = builder.local(lanes.div(f, lanes.add(f, constants(2))));
  const z = builder.local(lanes.mul(s, s));
  const half = builder.local(lanes.mul(lanes.mul(f, f), constants(0.5)));
  const r = lanes.mul(polynomial(builder, lanes, constants, SERIES[precision], z), z);
  const { high, low } = LOG_TWO[precision];
  const correction = lanes.madd(lanes.add(half, r), s, lanes.mul(k, constants(low)));
  const result = lanes.madd(k, constants(high), lanes.sub(f, lanes.sub(half, correction)));
  const finite = v128.select(result, given, lanes.lt(given, constants(Number.POSITIVE_INFINITY)));
  const positive = v128.select(finite, constants(Number.NaN), lanes.ge(given, constants(0)));
  return v128.select(constants(Number.NEGATIVE_INFINITY), positive, lanes.eq(given, constants(0)));
}

/** The bits of a number, as an integer of the same width. */
function bitsOf(value: number, { precision }: Lanes): bigint {
  return precision === 'float32'
    ? BigInt(new Uint32Array(Float32Array.of(value).buffer)[0])
    : new BigUint64Array(Float64Array.of(value).buffer)[0];
}
