import { type Expression, max, min, neg, parameter, sub } from '../formula/expression.js';
import { ANY_SHARE, type DivergencePenalty } from './divergencePenalty.js';

const STRENGTH = parameter('strength');

const prox = (softmin: Expression) => max(neg(STRENGTH), min(softmin, STRENGTH));

/** phi(t) = rho |t - 1|: mass whose way costs more than both strengths together stays where it is. */
export const totalVariation = (strength: number): DivergencePenalty => ({
  ...ANY_SHARE,
  balanced: false,
  scale: strength,
  parameters: { strength },
  prox,
  // phi*(-f) is -f from -rho to rho.
  dualDifference: (low, high) => sub(high, low),
  phi: (share) => strength * Math.abs(share - 1),
});
