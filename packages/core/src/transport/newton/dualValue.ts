import type { HostProblem, HostSide } from './hostProblem.js';

/**
 * The dual value that a solver maximises, f being the best one for g: (f, a) + (g, b) where marginals are met exactly; with a
 * penalty f counts as -(rho + eps) (exp(-f / rho) - 1), g as -rho (exp(-g / rho) - 1) (Séjourné et al. 2019, section 3).
 */
export const dualValue = ({ x, y }: HostProblem, f: Float64Array, g: Float64Array, epsilon: number): number =>
  part(x, f, epsilon) + part(y, g, 0);

function part({ weights, rho }: HostSide, potential: Float64Array, temperature: number): number {
  let total = 0;
  if (rho === Number.POSITIVE_INFINITY) {
    for (let k = 0; k < weights.length; k++) total += weights[k] * potential[k];
    return total;
  }
  for (let k = 0; k < weights.length; k++) total -= weights[k] * Math.expm1(-potential[k] / rho);
  return (rho + temperature) * total;
}
