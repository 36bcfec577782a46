import { constant, type Expression } from '../formula/expression.js';
import type { MarginalPenalty } from '../marginal/penalty.js';

/**
 * What a unit of weight at a point brings to a divergence, from the potentials there: that of the cross problem, and that of the
 * measure with itself where there is one (Séjourné et al. 2019, section 4). At eps / 2 its sum is the value, but for what
 * masses alone make; at eps it is the gradient in the weight.
 */
export const dualTerm = (
  { dualDifference }: MarginalPenalty,
  cross: Expression,
  self: Expression | undefined,
  temperature: Expression,
): Expression => dualDifference(self ?? constant(0), cross, temperature);
