import { add, div, type Expression, mul, parameter, sub } from '../formula/expression.js';
import { ANY_SHARE, type DivergencePenalty } from './divergencePenalty.js';
import { logarithmicStep } from './logarithmicStep.js';

const STRENGTH = parameter('strength');

const prox = (softmin: Expression, epsilon: Expression) => logarithmicStep(softmin, mul(2, epsilon));

/** phi(t) = rho (sqrt(t) - 1)^2. */
export const hellinger = (strength: number): DivergencePenalty => ({
  ...ANY_SHARE,
  balanced: false,
  scale: strength,
  parameters: { strength },
  prox,
  // -phi*(-f) = rho f / (rho + f).
  dualDifference: (low, high) =>
    mul(div(STRENGTH, add(STRENGTH, high)), mul(div(STRENGTH, add(STRENGTH, low)), sub(high, low))),
  phi: (share) => strength * (Math.sqrt(share) - 1) ** 2,
});
