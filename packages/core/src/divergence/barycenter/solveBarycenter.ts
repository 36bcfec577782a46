import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { withNormalizedWeights } from '../../measure/normalization.js';
import type { Task } from '../../tasks/task.js';
import { checkMeasures } from './checkMeasures.js';
import type { HostInnerSolves } from './hostBarycenter.js';
import { janati } from './janati.js';
import { mirrorDescent } from './mirrorDescent.js';
import type { solveByNewton } from './newtonParts.js';
import type { Evaluation } from './objective.js';
import { type BarycenterOptions, deviceOf, prepareBarycenter } from './problem.js';

/** A barycenter on a fixed support, in the input's units. */
export interface BarycenterResult {
  /** [N]: the mass of each node of the support. Together they have the mass of each of the measures. */
  readonly weights: Float64Array;
  /** The objective sum_k w_k S(a, b_k), and the divergences S(a, b_k), which are its derivatives in w_k. */
  readonly value: number;
  readonly values: Float64Array;
  /** [N]: the gradient of the objective in the masses, up to a constant: where the result has mass it is the least, to the gap. */
  readonly gradient: Float64Array;
  /** The gradients of the least objective in the masses of each measure, up to a constant, by the envelope theorem. */
  readonly measureGradients: readonly Float64Array[];
  /** The objective is above its minimum by no more than this: the Frank-Wolfe gap, and what the errors of inner problems add to it. */
  readonly gap: number;
  readonly converged: boolean;
  /** Evaluations of the objective and of its gradient. */
  readonly iterations: number;
  readonly reductions: number;
  /** The largest marginal error of the inner problems. */
  readonly marginalError: number;
  /** The method of the last step. */
  readonly method: 'janati' | 'mirror' | 'newton';
}

/**
 * Iterations that a solve begins with; each costs two softmins a measure. Raising it is slow where masses vanish, and Newton's method needs
 * little of a start. Chosen by trial.
 */
const JANATI_ITERATIONS = { newton: 10, mirror: 30 };
/** Up to so many nodes, of the support and of each measure with mass, Newton's method keeps its matrices: 32 MB each. */
const MOST_NODES = 2000;
/**
 * The share of the mass that Newton's method begins with spread over all nodes: it begins in the middle of what is possible. Chosen by trial
 * of 0.1, 0.3 and 0.5 on shapes of 32 x 32 nodes.
 */
const SPREAD = 0.3;
/** The objective counts as at least this share of the temperature: near 0 nothing is left to be relative to. */
const FLOOR = 0.01;
/** The share of the gap wanted, over the temperature, that inner problems are solved to; and the bounds of what they are asked for. */
const INNER_SHARE = 0.02;
const INNER = { least: { float32: 1e-5, float64: 1e-13 }, most: 1e-5 };
/** Potentials are taken to be so many marginal errors, times the temperature, from their solution, and gaps to be off by twice that. */
const GAPS_OF_ERROR = 4;

/**
 * The measure on a support with the least sum_k w_k S(a, b_k), S being the debiased Sinkhorn divergence: Janati's iteration for a start,
 * then an interior point method of Newton steps up to 2000 nodes, and mirror steps beyond. Ends when the gap meets the tolerance. A measure
 * that is the only one, or all of them, is what is looked for.
 *
 * @param support - Its points or nodes; its weights count for nothing.
 * @param newton - Loads Newton's method.
 * @param innerSolves - What solves the inner problems of Newton's method, where that is not this thread.
 * @throws InvalidMeasureError where measures and support do not go together, naming them and the remedy.
 */
export function* solveBarycenter(
  backend: Backend,
  measures: readonly CheckedMeasure[],
  support: CheckedMeasure,
  options: BarycenterOptions,
  newton: () => Task<NewtonParts | undefined>,
  innerSolves?: HostInnerSolves,
): Task<BarycenterResult> {
  const { weights, tolerance, maxIterations, reach } = options;
  checkMeasures(measures, support, weights, reach);
  if (options.debias && areAllTheSame(measures, support)) return themselves(measures);
  const isMet = reach === Number.POSITIVE_INFINITY;
  const mass = isMet ? measures[0].masses[0] : 1;
  const startMass = isMet ? 1 : measures.reduce((sum, { masses }, k) => sum + weights[k] * masses[0], 0);
  const sizes = measures.map((measure) => measure.weights.reduce((count, weight) => count + Number(weight > 0), 0));
  const parts = Math.max(support.count, ...sizes) <= MOST_NODES ? yield* newton() : undefined;
  const space = workspace(deviceOf(backend));
  try {
    const problem = yield* prepareBarycenter(space, measures, support, options);
    const begun = yield* janati(problem, JANATI_ITERATIONS[parts ? 'newton' : 'mirror']);
    const gapOf = (at: Known, epsilon: number) => at.gap + GAPS_OF_ERROR * epsilon * at.marginalError;
    const wantedOf = ({ value }: Known, epsilon: number) => tolerance * Math.max(value, FLOOR * epsilon);
    const isDoneAt = (epsilon: number) => (at: Known) => gapOf(at, epsilon) <= wantedOf(at, epsilon);
    const resultOf = (at: Known, epsilon: number, energy: number) => ({
      weights: at.shares.map((share) => share * mass),
      value: mass * energy * at.value,
      values: Float64Array.from(at.values, (value) => mass * energy * value),
      gradient: at.gradient.map((slope) => slope * energy),
      gap: mass * energy * gapOf(at, epsilon),
      converged: isDoneAt(epsilon)(at),
      marginalError: at.marginalError,
    });

    if (parts) {
      const shares = isMet ? measures.map(withNormalizedWeights) : measures;
      const epsilon = options.blur ** options.p;
      const start = begun.shares.map((share) => startMass * ((1 - SPREAD) * share + SPREAD / support.count));
      const found = yield* parts.solveByNewton(shares, support, options, start, isDoneAt(epsilon), innerSolves);
      return {
        ...resultOf(found.at, epsilon, 1),
        measureGradients: found.measureGradients,
        iterations: found.evaluations,
        reductions: space.reductions + found.passes,
        method: found.steps > 0 ? 'newton' : 'janati',
      };
    }
    const { epsilon, energy } = problem;
    const { precision } = space.backend;
    const isDone = isDoneAt(epsilon);
    const innerFor = (at?: Known) => {
      const wanted = at ? wantedOf(at, epsilon) : tolerance * FLOOR * epsilon;
      return Math.min(INNER.most, Math.max(INNER.least[precision], (INNER_SHARE * wanted) / epsilon));
    };
    const start = { ...begun, shares: begun.shares.map((share) => startMass * share) };
    const { at, evaluations, hasMoved } = yield* mirrorDescent(problem, start, { innerFor, isDone }, maxIterations);
    const result = resultOf(at, epsilon, energy);
    return {
      ...result,
      converged: result.converged && at.results.every(({ converged }) => converged),
      measureGradients: at.results.map(({ weightGradients }, k) =>
        weightGradients.y.map((slope) => weights[k] * slope * energy),
      ),
      iterations: evaluations,
      reductions: space.reductions,
      method: hasMoved ? 'mirror' : 'janati',
    };
  } finally {
    space.releaseAll();
  }
}

/** Whether all measures are one, on all of the support. */
function areAllTheSame(measures: readonly CheckedMeasure[], support: CheckedMeasure): boolean {
  const [first] = measures;
  const isAlike = (one: ArrayLike<number>, two: ArrayLike<number>) => {
    for (let k = 0; k < one.length; k++) if (one[k] !== two[k]) return false;
    return one.length === two.length;
  };
  const isThere = (one: CheckedMeasure, two: CheckedMeasure) =>
    one === two ||
    (one.grid && two.grid ? JSON.stringify(one.grid) === JSON.stringify(two.grid) : isAlike(one.points, two.points));
  return measures.every((measure) => isAlike(measure.weights, first.weights) && isThere(measure, support));
}

/** S is 0 there and nowhere less, and all its derivatives are 0. */
function themselves([first, ...others]: readonly CheckedMeasure[]): BarycenterResult {
  const none = () => new Float64Array(first.weights.length);
  return {
    weights: Float64Array.from(first.weights),
    value: 0,
    values: new Float64Array(1 + others.length),
    gradient: none(),
    measureGradients: [none(), ...others.map(none)],
    gap: 0,
    converged: true,
    iterations: 0,
    reductions: 0,
    marginalError: 0,
    method: 'janati',
  };
}

/** Newton's method, which is loaded where nodes are few enough. */
export interface NewtonParts {
  readonly solveByNewton: typeof solveByNewton;
}

/** What both methods know of masses. */
type Known = Pick<Evaluation, 'shares' | 'value' | 'values' | 'gradient' | 'gap' | 'marginalError'>;
