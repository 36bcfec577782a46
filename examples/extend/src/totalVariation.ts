import { formula, InvalidOptionError } from '@sinkhorn/core';
import type { MarginalPenalty } from '@sinkhorn/core/extend';

/**
 * Total variation: each unit of mass that is created or destroyed costs
 * `strength`, phi(p) = rho |p - 1| (Séjourné et al. 2019,
 * section 3). Its conjugate is phi*(q) = max(q, -rho) for q up to rho, and
 * infinite beyond: potentials stay between -rho and rho.
 *
 * @param strength - rho, in units of the cost.
 */
export function totalVariation(strength: number): MarginalPenalty {
  if (!(strength > 0 && strength < Number.POSITIVE_INFINITY)) {
    throw new InvalidOptionError(
      `strength is ${strength}: give a finite number above 0, in units of cost`,
    );
  }
  const { max, min, neg, parameter, sub } = formula;
  const rho = parameter('strength');
  return {
    balanced: false,
    scale: strength,
    parameters: { strength },
    prox: (softmin) => max(neg(rho), min(softmin, rho)),
    // -phi*(-f) is f itself from -rho to rho.
    dualDifference: (low, high) => sub(high, low),
  };
}
