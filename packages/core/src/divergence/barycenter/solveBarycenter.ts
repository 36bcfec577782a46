import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { report, type Task } from '../../tasks/task.js';
import { checkMeasures } from './checkMeasures.js';
import { hessian } from './hessian.js';
import { janati } from './janati.js';
import { mirrorStep } from './mirrorStep.js';
import { type Evaluation, evaluate } from './objective.js';
import { type BarycenterOptions, type BarycenterProblem, deviceOf, prepareBarycenter } from './problem.js';
import { simplexMinimum } from './simplexMinimum.js';

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

/** Iterations that a solve begins with; each costs two softmins a measure. Raising it is slow where shares vanish. Chosen by trial. */
const JANATI_ITERATIONS = 30;
/** Mirror steps between two looks at whether they still help. */
const MIRROR_STEPS = 10;
/** Mirror steps help while so many leave less than this share of the gap. Raising it goes on for longer before Newton's method. */
const HELPFUL = 0.1;
/** Up to so many nodes, of the support and of each measure, Newton's method keeps its matrices. */
const MOST_NODES = 2000;
/** Halvings of a Newton step at most. */
const MOST_HALVINGS = 10;
/** The objective counts as at least this share of the temperature: near 0 nothing is left to be relative to. */
const FLOOR = 0.01;
/** The share of the gap wanted, over the temperature, that inner problems are solved to; and the bounds of what they are asked for. */
const INNER_SHARE = 0.02;
const INNER = { least: { float32: 1e-5, float64: 1e-13 }, most: 1e-5 };
/** Potentials are taken to be so many marginal errors, times the temperature, from their solution, and gaps to be off by twice that. */
const GAPS_OF_ERROR = 4;

/**
 * The measure on a support with the least sum_k w_k S(a, b_k), S being the balanced and debiased Sinkhorn divergence: Janati's iteration,
 * mirror steps while they help, and Newton's method up to 2000 nodes. Ends when the gap meets the tolerance.
 *
 * @param support - Its points or nodes; its weights count for nothing.
 * @throws InvalidMeasureError where measures and support do not go together, naming them and the remedy.
 */
export function* solveBarycenter(
  backend: Backend,
  measures: readonly CheckedMeasure[],
  support: CheckedMeasure,
  options: BarycenterOptions,
): Task<BarycenterResult> {
  checkMeasures(measures, support, options.weights);
  const space = workspace(deviceOf(backend));
  try {
    const problem = yield* prepareBarycenter(space, measures, support, options);
    const found = yield* minimise(problem, options);
    const { at, gap, wanted } = found;
    const mass = measures[0].masses[0];
    const inUnits = (values: Float64Array) => values.map((value) => value * problem.energy);
    return {
      weights: at.shares.map((share) => share * mass),
      value: mass * problem.energy * at.value,
      values: Float64Array.from(at.values, (value) => mass * problem.energy * value),
      gradient: inUnits(at.gradient),
      measureGradients: at.results.map(({ weightGradients }, k) =>
        weightGradients.y.map((slope) => problem.weights[k] * slope * problem.energy),
      ),
      gap: mass * problem.energy * gap,
      converged: gap <= wanted && at.results.every(({ converged }) => converged),
      iterations: found.iterations,
      reductions: space.reductions,
      marginalError: at.marginalError,
      method: found.method,
    };
  } finally {
    space.releaseAll();
  }
}

interface Minimum {
  readonly at: Evaluation;
  readonly gap: number;
  readonly wanted: number;
  readonly iterations: number;
  readonly method: BarycenterResult['method'];
}

function* minimise(problem: BarycenterProblem, { tolerance, maxIterations }: BarycenterOptions): Task<Minimum> {
  const { epsilon, space, measures, count } = problem;
  const { precision } = space.backend;
  const wantedOf = ({ value }: Evaluation) => tolerance * Math.max(value, FLOOR * epsilon);
  const innerFor = (wanted: number) =>
    Math.min(INNER.most, Math.max(INNER.least[precision], (INNER_SHARE * wanted) / epsilon));
  const gapOf = ({ gap, marginalError }: Evaluation) => gap + GAPS_OF_ERROR * epsilon * marginalError;
  const isNewtons = Math.max(count, ...measures.map((measure) => measure.count)) <= MOST_NODES;

  const { shares, starts } = yield* janati(problem, JANATI_ITERATIONS);
  let at = yield* evaluate(problem, shares, starts, innerFor(tolerance * FLOOR * epsilon));
  let iterations = 1;
  let method: BarycenterResult['method'] = 'janati';
  let length = 1;
  let sinceLook = 0;
  let gapAtLook = at.gap;
  let best = at;
  while (gapOf(at) > wantedOf(at) && iterations < maxIterations) {
    yield* report({ stage: 'barycenter', iteration: iterations });
    const inner = innerFor(wantedOf(at));
    if (sinceLook === MIRROR_STEPS) {
      if (isNewtons && at.gap > HELPFUL * gapAtLook) break;
      [sinceLook, gapAtLook] = [0, at.gap];
    }
    const step = yield* mirrorStep(problem, at, length, inner, maxIterations - iterations);
    iterations += step.evaluations;
    length = step.length;
    if (!step.found) break;
    at = step.found;
    method = 'mirror';
    sinceLook += 1;
    if (gapOf(at) <= gapOf(best)) best = at;
  }
  while (isNewtons && gapOf(at) > wantedOf(at) && iterations < maxIterations) {
    yield* report({ stage: 'barycenter', iteration: iterations });
    const step = yield* newtonStep(problem, at, innerFor(wantedOf(at)), maxIterations - iterations);
    iterations += step.evaluations;
    if (!step.found) break;
    at = step.found;
    method = 'newton';
    if (gapOf(at) <= gapOf(best)) best = at;
  }
  const result = gapOf(at) <= gapOf(best) ? at : best;
  return { at: result, gap: gapOf(result), wanted: wantedOf(result), iterations, method };
}

/** A step to the least of the quadratic model, halved until the objective drops or the gap halves; nothing where neither does. */
function* newtonStep(problem: BarycenterProblem, from: Evaluation, inner: number, most: number) {
  const model = yield* hessian(problem, from);
  const least = yield* simplexMinimum(model, from.gradient, from.shares);
  const slope = least.reduce((sum, share, node) => sum + from.gradient[node] * (share - from.shares[node]), 0);
  let evaluations = 0;
  for (let length = 1; evaluations < Math.min(most, MOST_HALVINGS); length /= 2) {
    evaluations += 1;
    const shares = from.shares.map((share, node) => share + length * (least[node] - share));
    const found = yield* evaluate(problem, shares, from.starts, inner);
    // The objective is known to its last digits alone where the gap is small; the gap is sharper.
    if (found.value <= from.value + 1e-4 * length * slope || found.gap < from.gap / 2) return { found, evaluations };
  }
  return { evaluations };
}
