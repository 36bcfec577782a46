import type { Backend } from '../../backend/backend.js';
import { abs, add, div, type Expression, exp, min, mul, neg, parameter, sign, sub } from '../../formula/expression.js';
import type { MarginalPenalty } from '../penalty.js';
import { expm1 } from './expm1.js';

/** Penalties that take the share exp(-f / rho) of a point's mass where the potential is f. */
export interface KullbackLeibler extends MarginalPenalty {
  /** The strength rho: the error in a potential that changes a mass by a factor of e. Infinity where balanced. */
  readonly scale: number;
  /** 1 / rho, the slope of `logMass` without its sign; 0 where balanced. */
  readonly rate: number;
  logMass(potential: Expression): Expression;
}

const INVERSE_STRENGTH = parameter('inverseStrength');
const STRENGTH = parameter('strength');
const LARGEST_EXPONENT = parameter('largestExponent');
/** Exponents whose exponentials are finite, with room for a product: exp overflows at 88 and at 709. */
const LARGEST_EXPONENTS = { float32: 80, float64: 700 };

/** How much a potential is damped where mass may be created or destroyed: 1 / (1 + eps / rho), and 1 where balanced. */
export const damping = (epsilon: number, rho: number): number => 1 / (1 + epsilon / rho);

/** The same as a formula. */
const damp = (epsilon: Expression): Expression => div(1, add(1, mul(epsilon, INVERSE_STRENGTH)));

/** What both penalties have in common: a balanced one is that of a strength without bound. */
const shared = {
  prox: (softmin: Expression, epsilon: Expression) => mul(damp(epsilon), softmin),
  logMass: (potential: Expression) => neg(mul(INVERSE_STRENGTH, potential)),
};

/** Every point's mass is taken as it is: phi is 0 at 1 and infinite elsewhere. */
const balanced: KullbackLeibler = {
  ...shared,
  balanced: true,
  scale: Number.POSITIVE_INFINITY,
  rate: 0,
  parameters: { inverseStrength: 0 },
  dualDifference: (low, high) => sub(high, low),
};

/**
 * The penalty of a strength rho: rho times the Kullback-Leibler divergence of what is taken from what is there, or, for an
 * infinite one, none but what is there.
 *
 * @param strength - rho, in units of the cost
 * @param precision of the arithmetic that the formulas are computed in
 *
 * @example
 * ```ts
 * import { kullbackLeibler } from '@sinkhorn/core/extend';
 *
 * if (kullbackLeibler(0.5, 'float64').rate !== 2) throw new Error('unexpected');
 * if (!kullbackLeibler(Infinity, 'float64').balanced) throw new Error('unexpected');
 * ```
 */
export function kullbackLeibler(strength: number, precision: Backend['precision']): KullbackLeibler {
  if (strength === Number.POSITIVE_INFINITY) return balanced;
  return {
    ...shared,
    balanced: false,
    scale: strength,
    rate: 1 / strength,
    parameters: { inverseStrength: 1 / strength, strength, largestExponent: LARGEST_EXPONENTS[precision] },
    // (rho + t) (exp(-low / rho) - exp(-high / rho)), by expm1: a large rho loses no digits. From the larger exponential, so that the
    // other one may be 0.
    dualDifference: (low, high, temperature) => {
      const largest = exp(min(neg(mul(INVERSE_STRENGTH, min(low, high))), LARGEST_EXPONENT));
      const apart = sub(high, low);
      const lost = neg(expm1(neg(mul(INVERSE_STRENGTH, abs(apart)))));
      return mul(mul(mul(add(STRENGTH, temperature), largest), sign(apart)), lost);
    },
  };
}
