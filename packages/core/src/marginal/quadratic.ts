import { add, div, type Expression, mul, neg, parameter, sub } from '../formula/expression.js';
import { ANY_SHARE, type DivergencePenalty } from './divergencePenalty.js';
import { logarithmicStep } from './logarithmicStep.js';

const STRENGTH = parameter('strength');

const prox = (softmin: Expression, epsilon: Expression) => neg(logarithmicStep(neg(softmin), epsilon));

/** phi(t) = rho / 2 (t - 1)^2. */
export const quadratic = (strength: number): DivergencePenalty => ({
  ...ANY_SHARE,
  balanced: false,
  scale: strength,
  parameters: { strength },
  prox,
  // -phi*(-f) = f - f^2 / (2 rho) below rho, where potentials are.
  dualDifference: (low, high) => mul(sub(high, low), sub(1, div(add(high, low), mul(2, STRENGTH)))),
  phi: (share) => (strength / 2) * (share - 1) ** 2,
});
