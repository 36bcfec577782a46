import type { Backend } from '../../backend/backend.js';
import { type Workspace, workspace } from '../../backend/workspace.js';
import { dispatchSoftmin, readField } from '../../geometry/truncated/truncatedSoftmin.js';
import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { toFrameChunked } from '../../measure/frame.js';
import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { compareContent, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { MOST_HALVINGS } from '../../spatial/evaluationNodes.js';
import type { Field } from '../../spatial/field.js';
import { type Hierarchy, type HierarchyLevel, makeHierarchy } from '../../spatial/hierarchy.js';
import { prolong } from '../../spatial/prolong.js';
import { restrict } from '../../spatial/restrict.js';
import { type SortedCloud, sortCloud, unsorted } from '../../spatial/sortedCloud.js';
import { chunked, numbersChunked } from '../../tasks/chunked.js';
import { pause, report, type Task } from '../../tasks/task.js';
import { balanced } from '../../transport/balancedPotentials.js';
import { checkProblem } from '../../transport/checkProblem.js';
import { penalties, temperatures } from '../../transport/context.js';
import type { SinkhornResult, SinkhornStart, SolvedGradients } from '../../transport/dualSolver.js';
import { FLOOR } from '../../transport/errors.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import { finenessFor } from '../../transport/multilevel/accuracy.js';
import type { Fields } from '../../transport/multilevel/correction.js';
import { estimateErrors } from '../../transport/multilevel/estimate.js';
import type { Improved, improved } from '../../transport/multilevel/improve.js';
import type { lastStep, PointFields } from '../../transport/multilevel/lastStep.js';
import { marginalErrorOf } from '../../transport/multilevel/marginalError.js';
import type { MultiscaleOptions } from '../../transport/multilevel/options.js';
import { type LevelPair, levelsAt, type MultiscaleProblem } from '../../transport/multilevel/problem.js';
import { type LevelIterates, scheduleOnCoresets } from '../../transport/multilevel/schedule.js';
import {
  type CoresetConvergence,
  convergeAt,
  convergeOnCoresets,
  convergeSelfOnCoreset,
  type LevelPotentials,
} from '../../transport/multilevel/tolerance.js';
import { DEFAULT_TOLERANCE } from '../../transport/options.js';
import type { SelfResult } from '../../transport/selfResult.js';
import { sinkhornValue, weightGradient } from '../../transport/value.js';

/** A Sinkhorn problem solved on coresets. */
export interface MultiscaleResult extends SinkhornResult {
  /** Relative: the largest of the value's and of those of the gradients that were computed. */
  readonly estimatedError: number;
  /** A bound on the share of mass that the last softmins did not see, averaged over each cloud; the largest of them. */
  readonly truncatedMass: number;
  /** Why the accuracy that was asked for is not reached, where more was tried for it. */
  readonly unmet?: string;
  /** The potentials on the coresets, and on those with wider cells, from which other gradients and their errors follow. */
  readonly onCoresets: OnCoresets & { readonly coarser: readonly OnCoresets[] };
}

type OnCoresets = Pick<LevelIterates, 'cross' | 'self'>;

/** What brings potentials from coresets to points, and what makes them better there: parts of their own, as they take much code. */
export interface PointParts {
  readonly lastStep: typeof lastStep;
  readonly improved: typeof improved;
}

/** Iterates at the levels that were asked for and at others, each with cells twice as wide, and how they were reached. */
interface Solved {
  readonly iterates: LevelIterates;
  readonly coarser: readonly LevelIterates[];
  readonly iterations: number;
  /** Unknown after a schedule. */
  readonly marginalError?: number;
  readonly converged?: boolean;
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
    const problem = yield* prepare(space, pair, options);
    const { units, epsilons, epsilon } = problem;
    const solved =
      options.tolerance === null
        ? yield* alongSchedule(problem, options)
        : yield* toTolerance(problem, pair, options, options.tolerance, start);
    const { iterates } = solved;
    const found = yield* atPoints(parts, problem, pair, options, solved, wrt);
    const { fields, potentials, values, errors, swept, unmet } = found;
    const marginalError =
      swept?.marginalError ?? solved.marginalError ?? (yield* marginalErrorOf(problem, solved.coarser[0], epsilon));
    return {
      values,
      potentials,
      iterates: potentials,
      gradients: yield* gradientsAt(problem, pair, options, fields, potentials, wrt),
      iterations: solved.iterations + (swept?.iterations ?? 0),
      reductions: space.reductions,
      epsilons: (start.iterates ? [epsilon] : epsilons).map((value) => value * units.energy),
      marginalError,
      converged: solved.converged ?? marginalError <= DEFAULT_TOLERANCE,
      method: 'alternating',
      errors: {
        value: errors.value,
        gradient: Math.max(0, ...wrt.map((side) => errors.gradients[side])),
        weights: errors.value,
        floor: FLOOR * problem.costScale * units.energy * pair.x.masses[0],
      },
      estimatedError: Math.max(errors.value, ...wrt.map((side) => errors.gradients[side])),
      truncatedMass: Math.max(
        ...[fields.x, fields.y].flatMap(({ cross, self }) => [cross.truncatedMass, self?.truncatedMass ?? 0]),
      ),
      ...(unmet && { unmet }),
      onCoresets: { ...withoutLevels(iterates), coarser: solved.coarser.map(withoutLevels) },
    };
  } finally {
    space.releaseAll();
  }
}

/** The potentials at all points that follow from those on coresets, made better where their errors ask for it. */
function* atPoints(
  parts: PointParts,
  problem: MultiscaleProblem,
  pair: MeasurePair,
  options: MultiscaleOptions,
  { iterates, coarser, converged }: Pick<Solved, 'iterates' | 'coarser' | 'converged'>,
  wrt: readonly Side[],
): Task<Improved & Pick<SinkhornResult, 'potentials' | 'values'>> {
  const { units, epsilon, keepsPoints, costScale } = problem;
  const { tolerance, accuracy, maxIterations } = options;
  const temperature = options.blur ** options.p;
  const solutionFrom = function* (fields: Fields) {
    const found = yield* potentialsAt(problem, fields, units.energy);
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
  const errors = yield* estimateErrors(problem, iterates, coarser, fields, solution.values[0] / units.energy);
  const isEnough = Math.max(errors.value, ...wrt.map((side) => errors.gradients[side])) <= accuracy;
  if (isEnough || tolerance === null || keepsPoints || !converged) return { ...solution, errors };
  const better = yield* parts.improved(problem, iterates, fields, {
    accuracy,
    wrt,
    first: compareContent(pair.x, pair.y) <= 0 ? 'x' : 'y',
    stopping: { tolerance, maxIterations, costScale },
    lengths: errors.lengths,
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
  { onCoresets: { coarser, ...potentialsThere }, converged, errors }: MultiscaleResult,
  wrt: readonly Side[],
): Task<SolvedGradients> {
  const space = workspace(backend);
  try {
    const problem = yield* prepare(space, pair, options);
    const { epsilon } = problem;
    const iterates = { ...potentialsThere, levels: yield* levelsAt(problem, epsilon) };
    const wider: LevelIterates[] = [];
    for (const [index, potential] of coarser.entries()) {
      wider.push({ ...potential, levels: yield* levelsAt(withWiderCells(problem, index + 1), epsilon) });
    }
    const solved = { iterates, coarser: wider, converged };
    const found = yield* atPoints(parts, problem, pair, options, solved, wrt);
    return {
      gradients: yield* gradientsAt(problem, pair, options, found.fields, found.potentials, wrt),
      errors: { ...errors, gradient: Math.max(...wrt.map((side) => found.errors.gradients[side])) },
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
    const problem = yield* prepare(space, { x: y, y }, { ...options, reach });
    const { epsilon, costScale } = problem;
    const levels = yield* levelsAt(problem, epsilon);
    const stopping = {
      tolerance: options.tolerance ?? DEFAULT_TOLERANCE,
      maxIterations: options.maxIterations,
      costScale,
    };
    const own = yield* convergeSelfOnCoreset(problem, 'x', levels.x, zeros(levels.x), epsilon, stopping);
    const iterates = { levels, cross: { x: own.potential, y: own.potential }, self: {} };
    const { x } = yield* update(problem, iterates, epsilon, ['x'], []);
    const iterate = yield* inOrder(problem.clouds.x, (x as PointFields).cross.values, 1, problem.units.energy);
    return { iterate, marginalError: own.marginalError, converged: own.converged };
  } finally {
    space.releaseAll();
  }
}

/** The cells that iterations begin with, and those that errors are estimated from, are wider than the accuracy asks for. */
const withWiderCells = (problem: MultiscaleProblem, doublings: number): MultiscaleProblem => ({
  ...problem,
  doublings,
  keepsPoints: false,
});

function* alongSchedule(problem: MultiscaleProblem, { debias }: MultiscaleOptions): Task<Solved> {
  const { epsilons, keepsPoints } = problem;
  const iterates = yield* scheduleOnCoresets(problem, epsilons, debias);
  const coarser: LevelIterates[] = [];
  // Where every point is kept at last, cells are not what errors come from: the marginal error alone is asked for.
  for (const doublings of keepsPoints ? [1] : [1, 2]) {
    coarser.push(yield* scheduleOnCoresets(withWiderCells(problem, doublings), epsilons, debias, 'estimating'));
  }
  return { iterates, coarser, iterations: epsilons.length };
}

const zeros = ({ coreset }: HierarchyLevel): Float64Array => new Float64Array(coreset.count);

function* prepare(space: Workspace, pair: MeasurePair, options: MultiscaleOptions): Task<MultiscaleProblem> {
  const known = yield* temperatures(space.backend, pair, options);
  const { ratio, threshold, interpolationTolerance } = finenessFor(options.accuracy, options.p);
  const width = ratio * known.epsilon ** (1 / options.p);
  const sorted = function* (measure: CheckedMeasure): Task<SortedCloud> {
    yield* report({ stage: 'sorting' });
    const points = yield* toFrameChunked(measure, known.units.frame);
    yield* pause();
    return yield* sortCloud(points, measure.weights, measure.dimension, width, MOST_HALVINGS);
  };
  const x = yield* sorted(pair.x);
  const same = pair.y === pair.x || compareContent(pair.x, pair.y) === 0;
  const y = same ? x : yield* sorted(pair.y);
  const levelled = function* (cloud: SortedCloud): Task<Hierarchy> {
    const levels = makeHierarchy(space, cloud);
    // Made one by one, as other work may have to come between.
    for (let level = 0; level <= cloud.levels; level++) {
      yield* levels.entries(level);
      yield* pause();
    }
    return levels;
  };
  const resolve = yield* levelled(x);
  return {
    ...known,
    space,
    cost: options.cost,
    p: options.p,
    keepsPoints: options.p === 1,
    threshold,
    ratio,
    doublings: 0,
    interpolationTolerance,
    clouds: { x, y },
    hierarchy: { x: resolve, y: same ? resolve : yield* levelled(y) },
  };
}

/**
 * Converges with wide cells first, where sweeps cost next to nothing, and then from there with those that the accuracy
 * asks for.
 */
function* toTolerance(
  problem: MultiscaleProblem,
  pair: MeasurePair,
  { debias, maxIterations }: MultiscaleOptions,
  tolerance: number,
  { iterates: warmStart, selfY }: SinkhornStart,
): Task<Solved> {
  const { clouds, rho, epsilons, epsilon, costScale, units } = problem;
  const stopping = { tolerance, maxIterations, costScale };
  const order = compareContent(pair.x, pair.y);
  const same = order === 0 && rho.x === rho.y;
  const first: Side = warmStart || order <= 0 ? 'x' : 'y';
  const wide = withWiderCells(problem, 1);
  const fineLevels = yield* levelsAt(problem, epsilon);
  const results: CoresetConvergence[] = [];
  let iterations = 0;

  /** Numbers known at all points, on a coreset. */
  const onCoreset = function* (side: Side, { coreset }: HierarchyLevel, values: Float64Array): Task<Float64Array> {
    const { dimension, points, weights, order: places } = clouds[side];
    const sorted = yield* numbersChunked(places.length, (place) => values[places[place]] / units.energy);
    return yield* restrict(dimension, points, weights, coreset, sorted);
  };
  /** The potential that follows from one on the coarse coreset, at the entries of the fine one. */
  const refined = function* (
    side: Side,
    columns: HierarchyLevel,
    potential: Float64Array,
    rows: HierarchyLevel,
  ): Task<Float64Array> {
    const softmin = { side, rows, columns, potential, epsilon, rho: rho[side], gradient: true };
    const field = yield* readField(problem, yield* dispatchSoftmin(problem, softmin));
    return (yield* prolong(clouds[side].dimension, rows.coreset, fineLevels[side].coreset, field)).values;
  };

  let levels = yield* levelsAt(wide, epsilon);
  const cross: { [S in 'coarse' | 'fine']?: LevelPotentials } = {};
  if (!same) {
    const crossed = warmStart
      ? yield* fromWarmStart(warmStart)
      : yield* convergeOnCoresets(wide, epsilons, first, stopping);
    levels = crossed.levels;
    cross.coarse = crossed.potentials;
    const start = {
      x: yield* refined('x', levels.y, crossed.potentials.y, levels.x),
      y: yield* refined('y', levels.x, crossed.potentials.x, levels.y),
    };
    const converged = yield* convergeAt(problem, fineLevels, start, epsilon, first, stopping, 'converging');
    cross.fine = converged.potentials;
    results.push(converged);
    iterations += crossed.iterations + converged.iterations + (warmStart ? 0 : epsilons.length);
  }

  function* fromWarmStart({ f_ba, g_ab }: HostPotentials): ReturnType<typeof convergeOnCoresets> {
    const potentials = { x: yield* onCoreset('x', levels.x, f_ba), y: yield* onCoreset('y', levels.y, g_ab) };
    return { levels, ...(yield* convergeAt(wide, levels, potentials, epsilon, first, stopping, 'converging')) };
  }

  const own: { [S in Side]?: Record<'coarse' | 'fine', Float64Array> } = {};
  for (const side of ['x', 'y'] as const) {
    if (!debias && !same) continue;
    if (side === 'y' && same) {
      own.y = own.x;
      continue;
    }
    const before = side === 'x' ? warmStart?.f_aa : (selfY?.iterate ?? warmStart?.g_bb);
    const from = before ? yield* onCoreset(side, levels[side], before) : zeros(levels[side]);
    const coarse = yield* convergeSelfOnCoreset(wide, side, levels[side], from, epsilon, stopping);
    const start = yield* refined(side, levels[side], coarse.potential, levels[side]);
    const fine = yield* convergeSelfOnCoreset(problem, side, fineLevels[side], start, epsilon, stopping);
    own[side] = { coarse: coarse.potential, fine: fine.potential };
    results.push(fine);
    if (same) iterations += coarse.iterations + fine.iterations;
  }

  const at = (which: 'coarse' | 'fine', of: LevelPair): LevelIterates => {
    const self = { x: own.x?.[which], y: own.y?.[which] };
    // Against itself a measure's cross potentials are its self potentials: the divergence is 0 to the last bit.
    const crossed = cross[which] ?? { x: self.x ?? zeros(of.x), y: self.y ?? zeros(of.y) };
    return { levels: of, cross: crossed, self: debias ? self : {} };
  };
  return {
    iterates: at('fine', fineLevels),
    coarser: [at('coarse', levels)],
    iterations,
    marginalError: Math.max(...results.map((result) => result.marginalError)),
    converged: results.every((result) => result.converged),
  };
}

/** Numbers of a cloud's points in the order they came in, times a factor. */
function* inOrder(cloud: SortedCloud, values: Float64Array, size: number, factor: number): Task<Float64Array> {
  const result = new Float64Array(values.length);
  yield* unsorted(cloud, values, size, result);
  if (factor !== 1) yield* chunked(result.length, (from, to) => scale(result.subarray(from, to), factor));
  return result;
}

function scale(values: Float64Array, factor: number): void {
  for (let k = 0; k < values.length; k++) values[k] *= factor;
}

function* potentialsAt(
  { clouds }: MultiscaleProblem,
  { x, y }: Readonly<Record<Side, PointFields>>,
  energy: number,
): Task<HostPotentials> {
  const at = (side: Side, values: Float64Array) => inOrder(clouds[side], values, 1, energy);
  return {
    f_ba: yield* at('x', x.cross.values),
    g_ab: yield* at('y', y.cross.values),
    f_aa: x.self && (yield* at('x', x.self.values)),
    g_bb: y.self && (yield* at('y', y.self.values)),
  };
}

function* gradientsAt(
  problem: MultiscaleProblem,
  pair: MeasurePair,
  options: MultiscaleOptions,
  fields: { readonly [S in Side]?: PointFields },
  potentials: HostPotentials,
  wrt: readonly Side[],
): Task<HostGradients> {
  const { clouds, units, rho } = problem;
  const gradients: { [S in Side]?: HostGradient } = {};
  const epsilon = options.blur ** options.p;
  for (const [index, side] of wrt.entries()) {
    yield* report({ stage: 'gradients', epsilon, share: index / wrt.length });
    const found = fields[side];
    if (!found) continue;
    const { dimension } = pair[side];
    const gradientOf = function* ({ values, gradients: slopes }: Field) {
      return (
        slopes && (yield* transportGradient(clouds[side], { values, gradients: slopes }, rho[side], problem.epsilon))
      );
    };
    const cross = yield* gradientOf(found.cross);
    const self = found.self && (yield* gradientOf(found.self));
    if (!cross) continue;
    if (self) yield* chunked(cross.length, (from, to) => subtract(cross, self, from, to));
    gradients[side] = {
      points: yield* inOrder(clouds[side], cross, dimension, units.energy / units.length),
      weights: yield* weightGradient(pair, side, potentials, epsilon, penalties(options)),
    };
  }
  return gradients;
}

/**
 * The gradient of a transport cost in the points, from that of its potential, [N, D]: point i has mass
 * a_i exp(-f_i / rho), and the potential's gradient is damped as the potential is.
 */
function* transportGradient(
  { dimension, weights, count }: SortedCloud,
  { values, gradients }: Required<Field>,
  rho: number,
  epsilon: number,
): Task<Float64Array> {
  const damp = damping(epsilon, rho);
  const found = new Float64Array(gradients.length);
  const fill = (from: number, to: number) => {
    for (let place = from; place < to; place++) {
      const mass = weights[place] * Math.exp(-values[place] / rho);
      const end = (place + 1) * dimension;
      for (let k = place * dimension; k < end; k++) found[k] = (mass * gradients[k]) / damp;
    }
  };
  yield* chunked(count, fill);
  return found;
}

function subtract(from: Float64Array, values: Float64Array, first: number, end: number): void {
  for (let k = first; k < end; k++) from[k] -= values[k];
}
