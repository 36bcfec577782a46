import { dispatchSoftmin, readField } from '../../geometry/truncated/truncatedSoftmin.js';
import { compareContent, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { HierarchyLevel } from '../../spatial/hierarchy.js';
import { prolong } from '../../spatial/prolong.js';
import { restrict } from '../../spatial/restrict.js';
import { numbersChunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import type { Stopping } from '../converge.js';
import type { SinkhornStart } from '../dualSolver.js';
import type { HostPotentials } from '../hostPotentials.js';
import type { CoresetConvergence, LevelPotentials } from './coresetConvergence.js';
import type { MultiscaleOptions } from './options.js';
import { type LevelPair, levelsAt, type MultiscaleProblem, withWiderCells } from './problem.js';
import { type LevelIterates, scheduleOnCoresets } from './scheduleOnCoresets.js';
import { convergeAt, convergeOnCoresets, convergeSelfOnCoreset, sweepTolerance } from './tolerance.js';

/** Iterates at the levels that were asked for and at others, each with cells twice as wide, and how they were reached. */
export interface CoresetSolution {
  readonly iterates: LevelIterates;
  readonly coarser: readonly LevelIterates[];
  readonly iterations: number;
  /** Unknown after a schedule. */
  readonly marginalError?: number;
  readonly converged?: boolean;
  /** Whether sweeps on the cross problem were slow, so that what they leave does not show. */
  readonly isSlow?: boolean;
  /** Whether Newton's method took over from them. */
  readonly byNewton?: boolean;
}

/**
 * Marginal errors that slow sweeps may leave where an accuracy is asked for, against it: few points in a tail, which hold next to none of the mass and
 * much of a gradient, hardly show in them. Raising it saves sweeps, and asks for more corrections. Chosen on 21 clouds: with 1 one gradient
 * was off by 2.8e-2 that was told 1e-3.
 */
const TOLERANCE_SHARE = 0.1;
/** Sweeps with wide cells up to which they are not slow. Raising it saves time where more would do nothing. Chosen on the same clouds. */
const QUICK_SWEEPS = 25;

/**
 * Pairs of entries up to which Newton's method is tried. Raising it takes passes over all of them on the host, of some 10 ns a pair, where sweeps
 * may do as well.
 */
const MOST_NEWTON_PAIRS = 2e7;

/** Solves a problem on coresets: along GeomLoss's schedule where no tolerance is asked for. */
export const solveOnCoresets = (
  problem: MultiscaleProblem,
  pair: MeasurePair,
  options: MultiscaleOptions,
  start: SinkhornStart,
): Task<CoresetSolution> =>
  options.tolerance === null
    ? alongSchedule(problem, options)
    : toTolerance(problem, pair, options, options.tolerance, start);

function* alongSchedule(problem: MultiscaleProblem, { debias }: MultiscaleOptions): Task<CoresetSolution> {
  const { epsilons, keepsPoints } = problem;
  const iterates = yield* scheduleOnCoresets(problem, epsilons, debias);
  const coarser: LevelIterates[] = [];
  // Where every point is kept at last, cells are not what errors come from: the marginal error alone is asked for.
  for (const doublings of keepsPoints ? [1] : [1, 2]) {
    coarser.push(yield* scheduleOnCoresets(withWiderCells(problem, doublings), epsilons, debias, 'estimating'));
  }
  return { iterates, coarser, iterations: epsilons.length };
}

/** A solve with wide cells, and with those that the accuracy asks for. */
interface TwoLevels {
  readonly problem: MultiscaleProblem;
  readonly wide: MultiscaleProblem;
  readonly fine: LevelPair;
  readonly first: Side;
  readonly stopping: Stopping;
  /** With fine cells, after slow sweeps with wide ones. */
  readonly whereSlow: Stopping;
}

/** Potentials with wide cells and with fine ones. */
interface Both<T> {
  readonly coarse: T;
  readonly fine: T;
}

/**
 * Converges with wide cells first, where sweeps cost next to nothing, and then from there with those that the accuracy
 * asks for.
 */
function* toTolerance(
  given: MultiscaleProblem,
  pair: MeasurePair,
  { debias, maxIterations, largestChange }: MultiscaleOptions,
  tolerance: number,
  { iterates: warmStart, selfY }: SinkhornStart,
): Task<CoresetSolution> {
  const { rho, epsilons, epsilon, costScale } = given;
  const fine = yield* levelsAt(given, epsilon);
  // A tolerance that somebody named is one of sweeps.
  const isForNewton = largestChange !== undefined && fine.x.coreset.count * fine.y.coreset.count <= MOST_NEWTON_PAIRS;
  const problem = isForNewton ? given : { ...given, newton: undefined };
  const tight = largestChange === undefined ? tolerance : sweepTolerance(problem, TOLERANCE_SHARE * largestChange);
  const order = compareContent(pair.x, pair.y);
  const same = order === 0 && rho.x === rho.y;
  const wide = withWiderCells(problem, 1);
  const two: TwoLevels = {
    problem,
    wide,
    fine,
    first: warmStart || order <= 0 ? 'x' : 'y',
    stopping: { tolerance, maxIterations, costScale },
    whereSlow: { tolerance: Math.min(tolerance, tight), maxIterations, costScale },
  };
  const results: CoresetConvergence[] = [];
  let iterations = 0;
  let [isSlow, byNewton] = [false, false];
  let levels = yield* levelsAt(wide, epsilon);
  let cross: Both<LevelPotentials> | undefined;
  if (!same) {
    const { coarse, fine: finer } = yield* solveCross(two, levels, warmStart);
    levels = coarse.levels;
    cross = { coarse: coarse.potentials, fine: finer.potentials };
    results.push(finer);
    byNewton = finer.byNewton ?? false;
    isSlow = byNewton || (coarse.isFar ?? false);
    iterations += coarse.iterations + finer.iterations + (warmStart ? 0 : epsilons.length);
  }

  const own: { [S in Side]?: Both<Float64Array> } = {};
  for (const side of ['x', 'y'] as const) {
    if (!debias && !same) continue;
    if (side === 'y' && same) {
      own.y = own.x;
      continue;
    }
    const before = side === 'x' ? warmStart?.f_aa : (selfY?.iterate ?? warmStart?.g_bb);
    const { coarse, fine } = yield* solveSelf(two, side, levels[side], before);
    own[side] = { coarse: coarse.potential, fine: fine.potential };
    results.push(fine);
    if (same) iterations += coarse.iterations + fine.iterations;
  }

  const at = (which: keyof Both<unknown>, of: LevelPair): LevelIterates => {
    const self = { x: own.x?.[which], y: own.y?.[which] };
    // Against itself a measure's cross potentials are its self potentials: the divergence is 0 to the last bit.
    const crossed = cross?.[which] ?? { x: self.x ?? zeros(of.x), y: self.y ?? zeros(of.y) };
    return { levels: of, cross: crossed, self: debias ? self : {} };
  };
  return {
    iterates: at('fine', two.fine),
    coarser: [at('coarse', levels)],
    iterations,
    isSlow,
    byNewton,
    marginalError: Math.max(...results.map((result) => result.marginalError)),
    converged: results.every((result) => result.converged || result.marginalError <= tolerance),
  };
}

type CrossConvergence = CoresetConvergence & { readonly levels: LevelPair; readonly potentials: LevelPotentials };

/** The problem of x and y, from potentials at all points where there are any. */
function* solveCross(
  two: TwoLevels,
  levels: LevelPair,
  warmStart: HostPotentials | undefined,
): Task<Both<CrossConvergence>> {
  const { problem, wide, fine, first, stopping, whereSlow } = two;
  const { epsilon, epsilons } = problem;
  const fromWarmStart = function* ({ f_ba, g_ab }: HostPotentials): Task<CrossConvergence> {
    const start = { x: yield* onCoreset(wide, 'x', levels.x, f_ba), y: yield* onCoreset(wide, 'y', levels.y, g_ab) };
    return { levels, ...(yield* convergeAt(wide, levels, start, epsilon, first, stopping, 'converging')) };
  };
  const coarse = warmStart
    ? yield* fromWarmStart(warmStart)
    : yield* convergeOnCoresets(wide, epsilons, first, stopping);
  const start = {
    x: yield* refined(two, 'x', coarse.levels.y, coarse.potentials.y, coarse.levels.x),
    y: yield* refined(two, 'y', coarse.levels.x, coarse.potentials.x, coarse.levels.y),
  };
  const until = coarse.iterations > QUICK_SWEEPS ? whereSlow : stopping;
  const isSlow = coarse.byNewton;
  const converged = yield* convergeAt({ ...problem, isSlow }, fine, start, epsilon, first, until, 'converging');
  return { coarse, fine: { levels: fine, ...converged } };
}

type SelfConvergence = CoresetConvergence & { readonly potential: Float64Array };

/** The problem of one measure with itself, from its potential at all points where it is known. */
function* solveSelf(
  two: TwoLevels,
  side: Side,
  level: HierarchyLevel,
  before: Float64Array | undefined,
): Task<Both<SelfConvergence>> {
  const { problem, wide, fine, stopping } = two;
  const { epsilon } = problem;
  const from = before ? yield* onCoreset(problem, side, level, before) : zeros(level);
  const coarse = yield* convergeSelfOnCoreset(wide, side, level, from, epsilon, stopping);
  const start = yield* refined(two, side, level, coarse.potential, level);
  return { coarse, fine: yield* convergeSelfOnCoreset(problem, side, fine[side], start, epsilon, stopping) };
}

/** Numbers known at all points, on a coreset. */
function* onCoreset(
  { clouds, units }: MultiscaleProblem,
  side: Side,
  { coreset }: HierarchyLevel,
  values: Float64Array,
): Task<Float64Array> {
  const { dimension, points, weights, order } = clouds[side];
  const sorted = yield* numbersChunked(order.length, (place) => values[order[place]] / units.energy);
  return yield* restrict(dimension, points, weights, coreset, sorted);
}

/** The potential that follows from one on the coarse coreset, at the entries of the fine one. */
function* refined(
  { problem, fine }: TwoLevels,
  side: Side,
  columns: HierarchyLevel,
  potential: Float64Array,
  rows: HierarchyLevel,
): Task<Float64Array> {
  const { epsilon, rho, clouds } = problem;
  const softmin = { side, rows, columns, potential, epsilon, rho: rho[side], gradient: true };
  const field = yield* readField(problem, yield* dispatchSoftmin(problem, softmin));
  return (yield* prolong(clouds[side].dimension, rows.coreset, fine[side].coreset, field)).values;
}

const zeros = ({ coreset }: HierarchyLevel): Float64Array => new Float64Array(coreset.count);
