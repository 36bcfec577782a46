import { add, mul, parameter, sub } from '../formula/expression.js';
import { ANY_SHARE, type DivergencePenalty } from './divergencePenalty.js';
import { logarithmicStep, logOfRatio } from './logarithmicStep.js';

const STRENGTH = parameter('strength');

/** phi(t) = rho (t - 1 - log t): every point keeps some of its mass. */
export const berg = (strength: number): DivergencePenalty => ({
  ...ANY_SHARE,
  balanced: false,
  scale: strength,
  parameters: { strength },
  prox: logarithmicStep,
  // -phi*(-f) = rho log(1 + f / rho).
  dualDifference: (low, high) => mul(STRENGTH, logOfRatio(add(STRENGTH, high), add(STRENGTH, low), sub(high, low))),
  phi: (share) => strength * (share - 1 - Math.log(share)),
});
