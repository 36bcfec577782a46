import { other, type Side } from '../../src/measure/side.js';
import type { Cloud } from './clouds.js';
import { type DenseProblem, denseSelf, denseSelfPotential, denseTransportCost, denseUpdate } from './denseTransport.js';

/** The potential of one cloud with itself, at its own points and at those of the other cloud. */
export interface DenseSymmetric {
  readonly self: readonly number[];
  readonly cross: readonly number[];
}

/** The symmetric potentials, each by the cloud that it is of. */
export function denseSymmetric(problem: DenseProblem): Record<Side, DenseSymmetric> {
  const of = (side: Side): DenseSymmetric => {
    const self = denseSelf(problem, side);
    const own = denseSelfPotential(self);
    return { self: own, cross: denseUpdate(self, 'x', own, problem[other(side)].points) };
  };
  return { x: of('x'), y: of('y') };
}

/** What a unit of weight at each point of a side adds to the value while potentials stay as they are. */
export function denseDirectWeights(problem: DenseProblem, side: Side, potentials = denseSymmetric(problem)): number[] {
  const { epsilon } = problem;
  const rho = problem.rho[side];
  const crosses = potentials[other(side)].cross;
  return potentials[side].self.map((own, k) =>
    rho === Number.POSITIVE_INFINITY
      ? (crosses[k] - own) / 2
      : ((rho + epsilon) / 2) * (Math.exp(-own / rho) - Math.exp(-crosses[k] / rho)),
  );
}

/** The Hausdorff divergence, from the symmetric potentials. */
export function denseHausdorff(problem: DenseProblem): number {
  const potentials = denseSymmetric(problem);
  const sumOf = (side: Side) => {
    const direct = denseDirectWeights(problem, side, potentials);
    return problem[side].weights.reduce((sum, weight, k) => sum + weight * direct[k], 0);
  };
  return sumOf('x') + sumOf('y');
}

/**
 * The Hausdorff divergence by its definition, 1/2 <a - b, dF(a) - dF(b)> with F(a) = -OT(a, a) / 2 + eps / 2 m_a^2, from
 * costs of transport alone: the slopes of F from one measure towards the other, by differences.
 */
export function hausdorffByDefinition(problem: DenseProblem): number {
  const { x, y, epsilon } = problem;
  const points = [...x.points, ...y.points];
  const a = [...x.weights, ...y.weights.map(() => 0)];
  const b = [...x.weights.map(() => 0), ...y.weights];
  const negentropy = (cloud: Cloud) => {
    const mass = cloud.weights.reduce((sum, weight) => sum + weight, 0);
    return -denseTransportCost({ ...problem, x: cloud, y: cloud }) / 2 + (epsilon / 2) * mass ** 2;
  };
  const slope = (from: readonly number[], to: readonly number[]) => {
    const at = (t: number) => negentropy({ points, weights: from.map((weight, k) => (1 - t) * weight + t * to[k]) });
    // To one side only, as weights cannot be negative; and close, as far points make much of little weight.
    const step = 1e-5;
    const coefficients = [-25 / 12, 4, -3, 4 / 3, -1 / 4];
    return coefficients.reduce((sum, coefficient, k) => sum + coefficient * at(k * step), 0) / step;
  };
  return -(slope(a, b) + slope(b, a)) / 2;
}
