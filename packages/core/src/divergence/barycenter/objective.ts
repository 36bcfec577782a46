import { uploadWeights } from '../../measure/weights.js';
import type { Task } from '../../tasks/task.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import { solveTransport, type TransportResult } from '../../transport/solveTransport.js';
import { addEntropy } from './entropy.js';
import { gapOf } from './gap.js';
import { type BarycenterProblem, sharesAsWeights } from './problem.js';

/** The objective sum_k w_k S(a, b_k) at masses a of the support, and what is known there. In units of the device. */
export interface Evaluation {
  readonly shares: Float64Array;
  readonly value: number;
  /** S(a, b_k) */
  readonly values: readonly number[];
  /** The gradient in the shares, at every node, up to a constant. */
  readonly gradient: Float64Array;
  /** How far the objective may be above its minimum: see `gapOf`. */
  readonly gap: number;
  /** The potentials of each transport, to start from near by. */
  readonly starts: readonly HostPotentials[];
  readonly results: readonly TransportResult[];
  /** The largest marginal error of the inner problems. */
  readonly marginalError: number;
}

/** Sweeps at most of an inner problem. Raising it goes on for longer where one is hopeless. Chosen, not measured. */
const MOST_SWEEPS = 5000;

/** Evaluates the objective, from potentials near by where there are some, with inner problems solved to a marginal error. */
export function* evaluate(
  problem: BarycenterProblem,
  shares: Float64Array,
  starts: readonly HostPotentials[] | undefined,
  tolerance: number,
): Task<Evaluation> {
  const { space, geometries, onDevice, measures, weights, penalty, debias, epsilon, epsilons, costScale } = problem;
  const own = sharesAsWeights(shares);
  const x = uploadWeights(space, own);
  const results: TransportResult[] = [];
  const gradient = new Float64Array(shares.length);
  let value = 0;
  try {
    for (const [k, geometry] of geometries.entries()) {
      const result = yield* solveTransport(
        { space, x, y: onDevice[k], geometry, penalty: { x: penalty, y: penalty } },
        { x: own, y: measures[k] },
        {
          epsilons,
          tolerance,
          maxIterations: MOST_SWEEPS,
          costScale,
          debias,
          first: starts ? 'y' : 'x',
          start: starts?.[k],
        },
      );
      results.push(result);
      value += weights[k] * result.values[0];
      result.weightGradients.x.forEach((slope, node) => {
        gradient[node] += weights[k] * slope;
      });
    }
  } finally {
    space.release(x.weights, x.logWeights, x.normalizedWeights);
  }
  const entropy = debias ? 0 : addEntropy(gradient, shares, epsilon);
  return {
    shares,
    value: value + entropy,
    values: results.map(({ values }) => values[0] + entropy),
    gradient,
    gap: gapOf(shares, gradient, problem.mostMass),
    starts: results.map(({ iterates }) => iterates),
    results,
    marginalError: Math.max(...results.map(({ marginalError }) => marginalError)),
  };
}
