import type { Backend } from '../../backend/backend.js';
import { powerCost } from '../../geometry/cost.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { withNormalizedWeights } from '../../measure/normalization.js';
import { report, type Task } from '../../tasks/task.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import type { SinkhornOptions } from '../../transport/options.js';
import { type SinkhornResult, solveSinkhorn } from '../sinkhorn/solve.js';
import { checkMeasures } from './checkMeasures.js';
import { type BarycenterOptions, deviceOf } from './problem.js';

/** A barycenter whose points have moved, in the input's units. */
export interface FreeBarycenterResult {
  /** [N, D] */
  readonly points: Float64Array;
  /** [N]: as they were given, with the mass of the measures. */
  readonly weights: Float64Array;
  readonly value: number;
  /** S(a, b_k) */
  readonly values: Float64Array;
  /** [N, D]: the gradient of the objective in the points. */
  readonly gradient: Float64Array;
  /** The longest step that is left: the largest |gradient| of a point over its weight. */
  readonly step: number;
  readonly converged: boolean;
  /** Steps that were taken. */
  readonly iterations: number;
  readonly reductions: number;
  /** The largest marginal error of the inner problems. */
  readonly marginalError: number;
}

/** The marginal error that inner problems are solved to, over the step that is wanted; gradients are wrong by a few times that. */
const INNER_SHARE = 0.01;
const INNER = { least: { float32: 1e-5, float64: 1e-12 }, most: 1e-5 };
/** Sweeps at most of an inner problem. */
const MOST_SWEEPS = 5000;

interface At {
  readonly points: Float64Array;
  readonly value: number;
  readonly values: readonly number[];
  readonly gradient: Float64Array;
  readonly starts: readonly HostPotentials[];
  readonly marginalError: number;
  readonly reductions: number;
}

/**
 * Moves points, whose weights stay, to where sum_k w_k S(a, b_k) has no gradient, for p = 2: each by its gradient over its weight,
 * x_i + sum_k w_k (mean_k(x_i) - mean_aa(x_i)) with the means of plans (Cuturi and Doucet 2014, debiased; without, to the mean of mean_k). The objective is not
 * convex in the points: where they end depends on where they start.
 *
 * `tolerance` is the longest step, over the blur, at which it ends.
 */
export function* solveFreeBarycenter(
  given: Backend,
  measures: readonly CheckedMeasure[],
  start: CheckedMeasure,
  { p, blur, weights, tolerance, maxIterations, debias, reach }: BarycenterOptions,
): Task<FreeBarycenterResult> {
  checkMeasures(measures, start, weights, reach);
  const isMet = reach === Number.POSITIVE_INFINITY;
  const backend = deviceOf(given);
  const shares = isMet ? measures.map(withNormalizedWeights) : measures;
  const own = isMet ? withNormalizedWeights(start) : start;
  const options: SinkhornOptions = {
    cost: powerCost(p),
    p,
    homogeneous: true,
    blur,
    reach: { x: reach, y: reach },
    scaling: 0.5,
    debias,
    tolerance: Math.min(INNER.most, Math.max(INNER.least[backend.precision], INNER_SHARE * tolerance)),
    maxIterations: MOST_SWEEPS,
  };

  function* evaluate(points: Float64Array, starts?: readonly HostPotentials[]): Task<At> {
    const x = { ...own, points };
    const gradient = new Float64Array(points.length);
    const results: SinkhornResult[] = [];
    for (const [k, y] of shares.entries()) {
      const result = yield* solveSinkhorn(backend, { x, y }, options, ['x'], { iterates: starts?.[k] });
      results.push(result);
      result.gradients.x?.points.forEach((slope, index) => {
        gradient[index] += weights[k] * slope;
      });
    }
    return {
      points,
      value: results.reduce((sum, { values }, k) => sum + weights[k] * values[0], 0),
      values: results.map(({ values }) => values[0]),
      gradient,
      starts: results.map(({ iterates }) => iterates),
      marginalError: Math.max(...results.map(({ marginalError }) => marginalError)),
      reductions: results.reduce((sum, { reductions }) => sum + reductions, 0),
    };
  }

  let at = yield* evaluate(Float64Array.from(own.points));
  let { reductions } = at;
  let step = longestStep(at.gradient, own);
  let iterations = 0;
  while (step > tolerance * blur && iterations < maxIterations) {
    iterations += 1;
    yield* report({ stage: 'barycenter', iteration: iterations });
    at = yield* evaluate(moved(at, own), at.starts);
    reductions += at.reductions;
    step = longestStep(at.gradient, own);
  }
  const mass = isMet ? measures[0].masses[0] : 1;
  return {
    points: at.points,
    weights: own.weights.map((weight) => weight * mass),
    value: mass * at.value,
    values: Float64Array.from(at.values, (value) => mass * value),
    gradient: at.gradient.map((slope) => slope * mass),
    step,
    converged: step <= tolerance * blur,
    iterations,
    reductions,
    marginalError: at.marginalError,
  };
}

const moved = ({ points, gradient }: At, { weights, dimension }: CheckedMeasure): Float64Array =>
  points.map((coordinate, index) => {
    const weight = weights[Math.floor(index / dimension)];
    return weight > 0 ? coordinate - gradient[index] / weight : coordinate;
  });

function longestStep(gradient: Float64Array, { weights, dimension }: CheckedMeasure): number {
  let longest = 0;
  for (let point = 0; point < weights.length; point++) {
    if (weights[point] === 0) continue;
    const length = Math.hypot(...gradient.subarray(point * dimension, (point + 1) * dimension));
    longest = Math.max(longest, length / weights[point]);
  }
  return longest;
}
