import type { Backend } from '../../backend/backend.js';
import { powerCost } from '../../geometry/cost.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { withNormalizedWeights } from '../../measure/normalization.js';
import { report, type Task } from '../../tasks/task.js';
import type { SinkhornResult } from '../../transport/dualSolver.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import type { SinkhornOptions } from '../../transport/options.js';
import { solveSinkhorn } from '../sinkhorn/solve.js';
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
/** Bounds of that: what a precision comes to, and what gradients need at any step. Chosen, not measured. */
const INNER = { least: { float32: 1e-5, float64: 1e-12 }, most: 1e-5 };
/** Sweeps at most of an inner problem. */
const MOST_SWEEPS = 5000;

/** An inner problem, solved: S(x, y), and what the next one starts from. */
export interface InnerSolution {
  readonly value: number;
  /** [N, D]: the gradient in the points of x. */
  readonly gradient: Float64Array;
  readonly iterates: HostPotentials;
  readonly marginalError: number;
  readonly reductions: number;
}

/** Solves the inner problems of a step, S(x, y_k) for each y, from potentials near by where there are some. */
export type InnerSolves = (
  x: CheckedMeasure,
  ys: readonly CheckedMeasure[],
  options: SinkhornOptions,
  starts: readonly HostPotentials[] | undefined,
) => Task<readonly InnerSolution[]>;

/** What inner problems are solved with. `tolerance` is the marginal error to reach. */
export const innerOptions = (
  { blur, reach, debias }: Pick<BarycenterOptions, 'blur' | 'reach' | 'debias'>,
  tolerance: number,
): SinkhornOptions => ({
  cost: powerCost(2),
  p: 2,
  homogeneous: true,
  blur,
  reach: { x: reach, y: reach },
  scaling: 0.5,
  debias,
  tolerance,
  maxIterations: MOST_SWEEPS,
});

/** Solves an inner problem on a backend, in float64 where it has that. */
export function* solveInner(
  given: Backend,
  x: CheckedMeasure,
  y: CheckedMeasure,
  options: SinkhornOptions,
  iterates?: HostPotentials,
): Task<InnerSolution> {
  const result = yield* solveSinkhorn(deviceOf(given), { x, y }, options, ['x'], { iterates });
  return { ...result, value: result.values[0], gradient: (result.gradients.x as PointGradient).points };
}

/** Solves inner problems one after the other. */
const oneByOne = (backend: Backend): InnerSolves =>
  function* (x, ys, options, starts) {
    const found: InnerSolution[] = [];
    for (const [k, y] of ys.entries()) found.push(yield* solveInner(backend, x, y, options, starts?.[k]));
    return found;
  };

type PointGradient = NonNullable<SinkhornResult['gradients']['x']>;

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
 *
 * @param solves - What solves inner problems, where that is not the backend, one after the other.
 */
export function* solveFreeBarycenter(
  given: Backend,
  measures: readonly CheckedMeasure[],
  start: CheckedMeasure,
  { blur, weights, tolerance, maxIterations, debias, reach }: BarycenterOptions,
  solves: InnerSolves = oneByOne(given),
): Task<FreeBarycenterResult> {
  checkMeasures(measures, start, weights, reach);
  const isMet = reach === Number.POSITIVE_INFINITY;
  const shares = isMet ? measures.map(withNormalizedWeights) : measures;
  const own = isMet ? withNormalizedWeights(start) : start;
  const options = innerOptions(
    { blur, reach, debias },
    Math.min(INNER.most, Math.max(INNER.least[deviceOf(given).precision], INNER_SHARE * tolerance)),
  );

  function* evaluate(points: Float64Array, starts?: readonly HostPotentials[]): Task<At> {
    const gradient = new Float64Array(points.length);
    const found = yield* solves({ ...own, points }, shares, options, starts);
    for (const [k, one] of found.entries()) {
      one.gradient.forEach((slope, index) => {
        gradient[index] += weights[k] * slope;
      });
    }
    return {
      points,
      value: found.reduce((sum, { value }, k) => sum + weights[k] * value, 0),
      values: found.map(({ value }) => value),
      gradient,
      starts: found.map(({ iterates }) => iterates),
      marginalError: Math.max(...found.map(({ marginalError }) => marginalError)),
      reductions: found.reduce((sum, { reductions }) => sum + reductions, 0),
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
