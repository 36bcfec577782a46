import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { compareContent, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { balanced } from '../../transport/balancedPotentials.js';
import { checkProblem } from '../../transport/checkProblem.js';
import { penalties } from '../../transport/context.js';
import type { SinkhornResult, SinkhornStart, SolvedGradients } from '../../transport/dualSolver.js';
import { FLOOR } from '../../transport/errors.js';
import type { Fields } from '../../transport/multilevel/correction.js';
import type { Errors, estimateErrors } from '../../transport/multilevel/estimate.js';
import { gradientsAt } from '../../transport/multilevel/gradients.js';
import type { errorsOverPoints, Improved, improved, largerOf } from '../../transport/multilevel/improve.js';
import { inOrder, potentialsInOrder } from '../../transport/multilevel/inOrder.js';
import type { lastStep, PointFields } from '../../transport/multilevel/lastStep.js';
import { marginalErrorOf } from '../../transport/multilevel/marginalError.js';
import type { MultiscaleOptions } from '../../transport/multilevel/options.js';
import { prepareProblem } from '../../transport/multilevel/prepareProblem.js';
import { levelsAt, type MultiscaleProblem, withWiderCells } from '../../transport/multilevel/problem.js';
import type { LevelIterates } from '../../transport/multilevel/scheduleOnCoresets.js';
import { type CoresetSolution, solveOnCoresets } from '../../transport/multilevel/solveOnCoresets.js';
import { convergeSelfOnCoreset } from '../../transport/multilevel/tolerance.js';
import type { weightsError } from '../../transport/multilevel/weightsError.js';
import { DEFAULT_TOLERANCE } from '../../transport/options.js';
import type { SelfResult } from '../../transport/selfResult.js';
import { sinkhornValue } from '../../transport/value.js';

/** A Sinkhorn problem solved on coresets. */
export interface MultiscaleResult extends SinkhornResult {
  /** Relative: the largest of the value's and of those of the gradients that were computed. */
  readonly estimatedError: number;
  /** A bound on the share of mass that the last softmins did not see, averaged over each cloud; the largest of them. */
  readonly truncatedMass: number;
  /** Why the accuracy that was asked for is not reached, and what helps, where more was tried for it. */
  readonly unmet?: string;
  /** Whether it may be reached in float64. */
  readonly isRounded?: boolean;
  /** The potentials on the coresets, and on those with wider cells, from which other gradients and their errors follow. */
  readonly onCoresets: OnCoresets & {
    readonly coarser: readonly OnCoresets[];
    readonly sweeps: number;
    readonly isSlow: boolean;
    readonly byNewton: boolean;
  };
}

type OnCoresets = Pick<LevelIterates, 'cross' | 'self'>;

/**
 * Sweeps of the solve on coresets from which on gradients are told to be off by more than what is seen of it, in proportion: where points exchange
 * mass through a few others, each sweep mends little of an error, and shows as little of it. Raising it believes what is seen for longer.
 * Chosen on 31 clouds, of which one is still told too little.
 */
const USUAL_SWEEPS = 60;
/**
 * How many times less is seen than there is where Newton's method led far from where sweeps over wider cells were, and had no place over narrower
 * ones. Raising it is caution. Chosen.
 */
const HIDDEN = 10;
/** And where it solved the problem over narrower cells, but corrections of these are left to sweeps. Raising it is caution. Chosen on islands. */
const HIDDEN_BY_NEWTON = 1.5;

/** What brings potentials from coresets to points, tells their errors there, and makes them better: parts of their own, as they take much code. */
export interface PointParts {
  readonly lastStep: typeof lastStep;
  readonly estimateErrors: typeof estimateErrors;
  readonly improved: typeof improved;
  readonly errorsOverPoints: typeof errorsOverPoints;
  readonly largerOf: typeof largerOf;
  readonly weightsError: typeof weightsError;
  readonly newton: NonNullable<MultiscaleProblem['newton']>;
}

/**
 * Solves what `solveSinkhorn` solves for the cost |x - y|^2 / 2 in at most 3 dimensions, in time that grows about as the
 * number of points: clouds are represented by coresets with cells as wide as the temperature allows, and softmins skip
 * what does not count. Potentials and gradients come at every point.
 *
 * For the cost |x - y|, to a tolerance, coresets serve on the way to the last temperature, where every point counts for
 * itself and only what is farther than some ten blurs is skipped.
 */
export function* solveMultiscale(
  parts: PointParts,
  backend: Backend,
  pair: MeasurePair,
  options: MultiscaleOptions,
  wrt: readonly Side[] = [],
  start: SinkhornStart = {},
): Task<MultiscaleResult> {
  checkProblem(pair, options);
  const space = workspace(backend);
  try {
    const problem = { ...(yield* prepareProblem(space, pair, options)), newton: parts.newton };
    const { units, epsilons, epsilon } = problem;
    const solved = yield* solveOnCoresets(problem, pair, options, start);
    const { iterates } = solved;
    const found = yield* atPoints(parts, problem, pair, options, solved, wrt);
    const { fields, potentials, values, errors, swept, unmet, isRounded } = found;
    const gradients = yield* gradientsAt(problem, pair, options, fields, potentials, wrt);
    const marginalError =
      swept?.marginalError ?? solved.marginalError ?? (yield* marginalErrorOf(problem, solved.coarser[0], epsilon));
    return {
      values,
      potentials,
      iterates: potentials,
      gradients,
      iterations: solved.iterations + (swept?.iterations ?? 0),
      reductions: space.reductions,
      epsilons: (start.iterates ? [epsilon] : epsilons).map((value) => value * units.energy),
      marginalError,
      converged: solved.converged ?? marginalError <= DEFAULT_TOLERANCE,
      method: 'alternating',
      errors: {
        value: errors.value,
        gradient: Math.max(0, ...wrt.map((side) => errors.gradients[side])),
        weights: parts.weightsError(problem, solved.coarser[0].levels, gradients, errors),
        floor: FLOOR * problem.costScale * units.energy * pair.x.masses[0],
      },
      estimatedError: Math.max(errors.value, ...wrt.map((side) => errors.gradients[side])),
      truncatedMass: Math.max(
        ...[fields.x, fields.y].flatMap(({ cross, self }) => [cross.truncatedMass, self?.truncatedMass ?? 0]),
      ),
      ...(unmet && { unmet, isRounded }),
      onCoresets: {
        ...withoutLevels(iterates),
        coarser: solved.coarser.map(withoutLevels),
        sweeps: solved.iterations,
        isSlow: solved.isSlow ?? false,
        byNewton: solved.byNewton ?? false,
      },
    };
  } finally {
    space.releaseAll();
  }
}

const NOT_CONVERGED = 'sweeps did not converge; use a larger blur or maxIterations';

/** The potentials at all points that follow from those on coresets, made better where their errors ask for it. */
function* atPoints(
  parts: PointParts,
  problem: MultiscaleProblem,
  pair: MeasurePair,
  options: MultiscaleOptions,
  { iterates, coarser, converged, iterations, isSlow, byNewton }: CoresetSolution,
  wrt: readonly Side[],
): Task<Improved & Pick<SinkhornResult, 'potentials' | 'values'>> {
  const { units, epsilon, costScale } = problem;
  const { tolerance, accuracy, maxIterations } = options;
  const temperature = options.blur ** options.p;
  const solutionFrom = function* (fields: Fields) {
    const found = yield* potentialsInOrder(problem, fields, units.energy);
    const { potentials } =
      tolerance === null
        ? { potentials: found }
        : yield* balanced(pair, options, { potentials: found, iterates: found });
    return { fields, potentials, values: yield* sinkhornValue(pair, potentials, temperature, penalties(options)) };
  };
  const divergenceOf = function* (fields: Fields) {
    return (yield* solutionFrom(fields)).values[0] / units.energy;
  };
  const fields = (yield* parts.lastStep(problem, iterates, epsilon, ['x', 'y'], wrt)) as Fields;
  const solution = yield* solutionFrom(fields);
  const worst = ({ value, gradients }: Errors) => Math.max(value, ...wrt.map((side) => gradients[side]));
  // What a tolerance that somebody named leaves is not the cells' doing.
  const slowness =
    options.largestChange === undefined
      ? 1
      : byNewton
        ? HIDDEN_BY_NEWTON
        : (isSlow ? HIDDEN : 1) * Math.max(1, iterations / USUAL_SWEEPS);
  let errors = yield* parts.estimateErrors(problem, iterates, coarser, fields, solution.values[0] / units.energy);
  let seen: Errors | undefined;
  // Of a schedule, which is not to be solved, residuals would show what it leaves on all points as well.
  if (worst(errors) <= accuracy && tolerance !== null) {
    seen = yield* parts.errorsOverPoints(problem, fields, solution.values[0] / units.energy, accuracy, slowness);
    // Where a plan is torn inside of cells wider ones tear it likewise; of what sweeps left they know nothing.
    errors = parts.largerOf(errors, seen);
  }
  const isEnough = worst(errors) <= accuracy;
  if (isEnough || tolerance === null || !converged) {
    return { ...solution, errors, ...(!isEnough && converged === false && { unmet: NOT_CONVERGED }) };
  }
  const better = yield* parts.improved({ ...problem, isSlow }, iterates, fields, {
    accuracy,
    wrt,
    first: compareContent(pair.x, pair.y) <= 0 ? 'x' : 'y',
    stopping: { tolerance, maxIterations, costScale },
    lengths: errors.lengths,
    seen,
    slowness,
    untilSettled: options.largestChange !== undefined,
    divergenceOf,
  });
  return { ...better, ...(yield* solutionFrom(better.fields)) };
}

const withoutLevels = ({ cross, self }: LevelIterates): OnCoresets => ({ cross, self });

/** The gradients of a solved problem with respect to other sides, with their errors. */
export function* multiscaleGradients(
  parts: PointParts,
  backend: Backend,
  pair: MeasurePair,
  options: MultiscaleOptions,
  { onCoresets: { coarser, sweeps, isSlow, byNewton, ...potentialsThere }, converged, errors }: MultiscaleResult,
  wrt: readonly Side[],
): Task<SolvedGradients & Pick<MultiscaleResult, 'isRounded'>> {
  const space = workspace(backend);
  try {
    const problem = { ...(yield* prepareProblem(space, pair, options)), newton: parts.newton };
    const { epsilon } = problem;
    const iterates = { ...potentialsThere, levels: yield* levelsAt(problem, epsilon) };
    const wider: LevelIterates[] = [];
    for (const [index, potential] of coarser.entries()) {
      wider.push({ ...potential, levels: yield* levelsAt(withWiderCells(problem, index + 1), epsilon) });
    }
    const solved = { iterates, coarser: wider, converged, iterations: sweeps, isSlow, byNewton };
    const found = yield* atPoints(parts, problem, pair, options, solved, wrt);
    const gradients = yield* gradientsAt(problem, pair, options, found.fields, found.potentials, wrt);
    return {
      gradients,
      errors: {
        ...errors,
        gradient: Math.max(...wrt.map((side) => found.errors.gradients[side])),
        weights: parts.weightsError(problem, wider[0].levels, gradients, found.errors),
      },
      isRounded: found.isRounded,
    };
  } finally {
    space.releaseAll();
  }
}

/** Solves the self problem of y, to be given to many solves against it: as `solveSelf`. */
export function* multiscaleSelf(
  { lastStep: update }: PointParts,
  backend: Backend,
  y: CheckedMeasure,
  options: MultiscaleOptions,
): Task<SelfResult> {
  const space = workspace(backend);
  try {
    const reach = { x: options.reach.y, y: options.reach.y };
    const problem = yield* prepareProblem(space, { x: y, y }, { ...options, reach });
    const { epsilon, costScale } = problem;
    const levels = yield* levelsAt(problem, epsilon);
    const stopping = {
      tolerance: options.tolerance ?? DEFAULT_TOLERANCE,
      maxIterations: options.maxIterations,
      costScale,
    };
    const own = yield* convergeSelfOnCoreset(
      problem,
      'x',
      levels.x,
      new Float64Array(levels.x.coreset.count),
      epsilon,
      stopping,
    );
    const iterates = { levels, cross: { x: own.potential, y: own.potential }, self: {} };
    const { x } = yield* update(problem, iterates, epsilon, ['x'], []);
    const iterate = yield* inOrder(problem.clouds.x, (x as PointFields).cross.values, 1, problem.units.energy);
    return { iterate, marginalError: own.marginalError, converged: own.converged };
  } finally {
    space.releaseAll();
  }
}
