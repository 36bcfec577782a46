import { type Workspace, workspace } from '../../backend/workspace.js';
import { centred, norm } from '../../linear/norm.js';
import { bySide, type Side } from '../../measure/side.js';
import { EVERY_POINT, type HierarchyLevel, releaseMeasure, uploadEntries } from '../../spatial/hierarchy.js';
import type { Task } from '../../tasks/task.js';
import type { Stopping } from '../converge.js';
import type { CoresetConvergence } from './coresetConvergence.js';
import { type Corrected, corrected, type Fields, restricted, sweepsAt } from './correction.js';
import type { Errors, OnDevice } from './estimate.js';
import { pointGradient } from './gradients.js';
import { lastStep } from './lastStep.js';
import type { LevelPair, MultiscaleProblem } from './problem.js';
import { residualErrors, valuesFactor } from './residuals.js';
import type { LevelIterates } from './scheduleOnCoresets.js';
import { roundingOf, sweepTolerance } from './tolerance.js';

/** How often cells are halved for the coresets that corrections come from: a quarter as wide, errors are a sixtieth or less. */
const HALVINGS = 2;
/**
 * Thresholds of truncation, and interpolation tolerances, against those of a first solve: what these leave is not corrected. Raising them
 * is faster. Chosen with the benchmark "The accuracy given", as those below.
 */
const THRESHOLD_SHARE = 0.01;
const INTERPOLATION_SHARE = 0.2;
/**
 * Entries of both finer coresets that corrections are made with at the most: with more they take several times as long as all before.
 * Raising it reaches accuracies there, at that price.
 */
const MOST_ENTRIES = 1e5;
/** Marginal errors that sweeps may leave, against the accuracy that is asked for. */
const TOLERANCE_SHARE = 0.005;
/**
 * The share of the accuracy that one rounding of the largest cost may take of the temperature and of the value, before a solve in float32
 * that is not accurate is put down to it. Raising it solves fewer problems again. Chosen with clouds that have outliers, and nearly equal ones;
 * others of both kinds, unbalanced too, were accurate with it.
 */
const ROUNDED = 0.1;
/**
 * The share of the accuracy that gradients are told to be off by at the least: few samples vouch for no less. Raising it makes small estimates safer and
 * larger. Chosen with clusters that exchange mass slowly; of 14 other kinds nearly equal clouds and towns came to it, with errors below.
 */
const LEAST_TOLD = 0.05;
/** Sweeps of each correction. Raising it goes further where mass moves slowly between clusters. */
const MOST_SWEEPS = 300;
/** Rounds of corrections: a second one takes what the first changed into account. Raising it costs time where they do not help. */
const MOST_ROUNDS = 2;
/** The same where sweeps are slow, and each round mends the less of what others are quick to mend. Found on boxes of unequal mass: each left a tenth. */
const MOST_SLOW_ROUNDS = 4;
/**
 * The share of a change that the round after it is taken to change at the least. Raising it makes estimates safer and larger. Chosen, as two rounds tell
 * it roughly.
 */
const LEAST_LEFT = 1 / 10;
/** And the share where sweeps are slow: two rounds tell less than they change. Raising it is caution. Chosen on islands, of which .06 left half of an error untold. */
const SLOW_LEFT = 1 / 2;
/** How far off a correction may be where it is interpolated, against the accuracy, relative to a gradient's size. */
const CORRECTION_SHARE = 0.5;
/** The same where sweeps are slow, as potentials are off by more than corrections then. Raising it evaluates fewer points. Chosen on islands: half the error. */
const SLOW_CORRECTION_SHARE = 0.2;

/** What is asked of an improvement. */
export interface ImprovementOptions {
  readonly accuracy: number;
  readonly wrt: readonly Side[];
  readonly first: Side;
  readonly stopping: Stopping;
  /** Root mean squares of the potentials' gradients, of each side. */
  readonly lengths: Readonly<Record<Side, number>>;
  /** The errors of the given fields by residuals over all points, if they are known: above the accuracy. */
  readonly seen?: Errors | undefined;
  /** How many times further off gradients may be than residuals tell. */
  readonly slowness: number;
  /** Whether errors count what further rounds of corrections would change: what a tolerance that somebody named leaves is none of it. */
  readonly untilSettled: boolean;
  /** The value that fields come to. */
  divergenceOf(fields: Fields): Task<number>;
}

/** Fields with their errors, and where they were corrected how sweeps ended. */
export interface Improved {
  readonly fields: Fields;
  readonly errors: Errors;
  readonly swept?: CoresetConvergence;
  /** Why they are not as accurate as was asked, and what helps, if they are not. */
  readonly unmet?: string;
  /** Whether that may be for float32, whose roundings of costs are no longer small against the temperature or the value. */
  readonly isRounded?: boolean;
}

/**
 * Fields as accurate as is asked for, or better ones: where residuals tell that the given ones are it, those, and otherwise
 * corrected ones.
 */
export function* improved(
  problem: MultiscaleProblem,
  iterates: LevelIterates,
  fields: Fields,
  { accuracy, wrt, first, stopping, lengths, seen, slowness, untilSettled, divergenceOf }: ImprovementOptions,
): Task<Improved> {
  const { space, epsilon, keepsPoints } = problem;
  const worst = ({ value, gradients }: Errors) => Math.max(value, ...wrt.map((side) => gradients[side]));
  // Where gradients are small, as between nearly equal clouds, errors count for more.
  const factor = valuesFactor(problem);
  const scale = Math.min(1, 2 / factor(lengths.x), 2 / factor(lengths.y));
  const tight = {
    ...problem,
    threshold: THRESHOLD_SHARE * scale * problem.threshold,
    interpolationTolerance: INTERPOLATION_SHARE * scale * problem.interpolationTolerance,
    byValues: true,
  };
  const finer = yield* finerLevels(problem, iterates.levels);
  const errorsOf = function* (found: Fields): Task<Errors> {
    const over = yield* restricted(tight, finer, found);
    const value = yield* divergenceOf(found);
    const errors = slowed(
      yield* judged(tight, accuracy, value, finer, (judge, levels) =>
        residualErrors(judge, { ...over, levels }, found, epsilon, value),
      ),
      slowness,
    );
    return { ...errors, gradients: bySide((side) => Math.max(LEAST_TOLD * accuracy, errors.gradients[side])) };
  };
  const stateOf = function* (of: Fields): Task<State> {
    const gradients: { [S in Side]?: Float64Array } = {};
    for (const side of wrt) gradients[side] = yield* pointGradient(problem, side, of[side]);
    return { value: yield* divergenceOf(of), gradients, fields: of };
  };
  try {
    let best: Improved = { fields, errors: seen ?? (yield* errorsOf(fields)) };
    // What later rounds changed of the best fields: they lack as much, or those do.
    let moved: Errors | undefined;
    if (worst(best.errors) <= accuracy) return best;
    const entries = finer.x.coreset.count + finer.y.coreset.count;
    if (entries > MOST_ENTRIES && !keepsPoints) {
      return {
        ...best,
        unmet: `finer ones would be ${entries}, and more than ${MOST_ENTRIES} take too long; use strategy: 'dense', or a larger blur or accuracy`,
      };
    }
    const tolerance = Math.min(stopping.tolerance, sweepTolerance(problem, TOLERANCE_SHARE * scale * accuracy));
    const stop = { ...stopping, tolerance, maxIterations: Math.min(stopping.maxIterations, MOST_SWEEPS) };
    const start = yield* sweepsAt(tight, iterates, first, stop);
    const again = (yield* lastStep(tight, start.iterates, epsilon, ['x', 'y'], wrt)) as Fields;
    const { isSlow } = problem;
    let bestState = yield* stateOf(fields);
    const round = { state: yield* stateOf(again), change: undefined as Errors | undefined };
    const isEnough = function* ({ fields: found, ...swept }: Corrected): Task<boolean> {
      let errors = yield* errorsOf(found);
      const state = yield* stateOf(found);
      const change = changeOf(round.state, state, lengths);
      const least = isSlow ? SLOW_LEFT : LEAST_LEFT;
      const share = Math.max(least, round.change ? worst(change) / worst(round.change) : 0);
      if (untilSettled) errors = sumOfErrors(errors, leftAfter(change, share));
      Object.assign(round, { state, change });
      if (worst(errors) < worst(best.errors)) {
        best = { fields: found, errors, swept };
        [bestState, moved] = [state, undefined];
      } else {
        const since = changeOf(bestState, state, lengths);
        moved = moved ? largerOf(moved, since) : since;
      }
      return worst(errors) <= accuracy;
    };
    // Where every point counts for itself there is nothing to correct but what sweeps left.
    if (keepsPoints) yield* isEnough({ ...start, fields: again });
    else {
      yield* corrected(tight, start.iterates, again, finer, {
        tolerance: bySide((side) => (isSlow ? SLOW_CORRECTION_SHARE : CORRECTION_SHARE) * accuracy * lengths[side]),
        wrt,
        first,
        stopping: stop,
        mostRounds: isSlow ? MOST_SLOW_ROUNDS : MOST_ROUNDS,
        isEnough,
      });
    }
    if (worst(best.errors) <= accuracy) return best;
    const isRounded = roundingCounts(problem, accuracy, yield* divergenceOf(best.fields));
    const why = isRounded
      ? 'costs are large against the blur or the value, and float32 rounds them; use a backend in float64'
      : 'finer ones did not suffice; use a larger blur';
    const unmet = `${why}, strategy: 'dense' or a larger accuracy`;
    // Where the plan is torn inside of cells, no round shows all of it.
    const told = moved && untilSettled ? largerOf(best.errors, moved) : best.errors;
    const errors = untilSettled && !isRounded ? sumOfErrors(told, told) : told;
    return { ...best, errors, isRounded, unmet };
  } finally {
    releaseLevels(space, finer);
  }
}

/** What changes from round to round. */
interface State {
  readonly value: number;
  readonly gradients: { readonly [S in Side]?: Float64Array };
  readonly fields: Fields;
}

/** The relative changes from one state to another, and what cross potentials changed up to a constant: self potentials settle fast. */
function changeOf(before: State, after: State, lengths: Errors['lengths']): Errors {
  const gradients = bySide((side) => {
    const [one, two] = [before.gradients[side], after.gradients[side]];
    if (!one || !two) return 0;
    const difference = norm(two.map((slope, k) => slope - one[k]));
    return difference > 0 ? difference / norm(two) : 0;
  });
  const potentials = bySide((side) => {
    const one = before.fields[side].cross.values;
    const change = after.fields[side].cross.values.map((value, k) => value - one[k]);
    return norm(centred(change, 1)) / Math.sqrt(one.length);
  });
  const value = before.value === after.value ? 0 : Math.abs(1 - before.value / after.value);
  return { value, gradients, potentials, lengths };
}

/** What further rounds would change in all after one, each the same share of the one before it. */
function leftAfter(change: Errors, share: number): Errors {
  const left = share < 1 ? share / (1 - share) : Number.POSITIVE_INFINITY;
  const times = (error: number) => (error > 0 ? left * error : 0);
  return joined(change, change, times);
}

const joined = (one: Errors, two: Errors, join: (u: number, v: number) => number): Errors => ({
  ...one,
  value: join(one.value, two.value),
  gradients: bySide((side) => join(one.gradients[side], two.gradients[side])),
  potentials: bySide((side) => join(one.potentials[side], two.potentials[side])),
});

/** Of what coresets so fine leave, and of what further rounds would change. */
const sumOfErrors = (one: Errors, two: Errors): Errors => joined(one, two, (u, v) => u + v);

/** The larger one of two estimates of each error. */
export const largerOf = (one: Errors, two: Errors): Errors => joined(one, two, Math.max);

/**
 * The relative errors of fields by residuals over all points themselves. Estimates from wider cells cannot see what these do not show either: where the
 * plan is torn inside of a cell, so that parts far apart get other masses than they have.
 */
export function* errorsOverPoints(
  problem: MultiscaleProblem,
  fields: Fields,
  value: number,
  accuracy: number,
  slowness: number,
): Task<Errors> {
  const over = {
    cross: bySide((side) => fields[side].cross.values),
    self: bySide((side) => fields[side].self?.values),
  };
  // All points as they are: few rows over all of them are sooner computed than a tree over them is made.
  const errors = yield* judged(problem, accuracy, value, undefined, (judge, levels) =>
    residualErrors(judge, { ...over, levels }, fields, problem.epsilon, value),
  );
  return slowed(errors, slowness);
}

/** Whether float32 rounds costs by what counts, against the temperature or the value. */
const roundingCounts = (problem: MultiscaleProblem, accuracy: number, value: number): boolean =>
  problem.space.backend.precision === 'float32' &&
  roundingOf(problem) > ROUNDED * accuracy * Math.min(problem.epsilon, Math.abs(value));

/**
 * Judges fields over some levels, or over all points: in float64 where float32 rounds what counts and the device has it, as what both sides of a
 * comparison are rounded by alike does not show.
 */
function* judged(
  problem: MultiscaleProblem,
  accuracy: number,
  value: number,
  levels: LevelPair | undefined,
  judge: (problem: MultiscaleProblem, levels: OnDevice['levels']) => Task<Errors>,
): Task<Errors> {
  const { space, clouds } = problem;
  const finest = roundingCounts(problem, accuracy, value) ? space.backend.inFloat64 : undefined;
  if (levels && !finest) return yield* judge(problem, levels);
  const own = workspace(finest ?? space.backend);
  const uploaded = function* (side: Side): Task<OnDevice['levels'][Side]> {
    const entries = levels?.[side].coreset ?? clouds[side];
    return { device: yield* uploadEntries(own, clouds[side].dimension, entries, 0, entries.count) };
  };
  try {
    const x = yield* uploaded('x');
    const errors = yield* judge({ ...problem, space: own }, { x, y: clouds.x === clouds.y ? x : yield* uploaded('y') });
    space.reductions += own.reductions;
    return errors;
  } finally {
    own.releaseAll();
  }
}

/** Errors where sweeps are so many times slower than usual: residuals show as many times less of what they leave. */
const slowed = (errors: Errors, slowness: number): Errors => ({
  ...errors,
  gradients: bySide((side) => slowness * errors.gradients[side]),
  potentials: bySide((side) => slowness * errors.potentials[side]),
});

function releaseLevels(space: Workspace, { x, y }: OnDevice['levels']): void {
  releaseMeasure(space, x.device);
  if (y !== x) releaseMeasure(space, y.device);
}

/** The levels whose cells are a quarter as wide, or all points where these are hardly more. */
function* finerLevels({ hierarchy, clouds }: MultiscaleProblem, levels: LevelPair): Task<LevelPair> {
  const finer = function* (side: Side): Task<HierarchyLevel> {
    const { at, entries } = hierarchy[side];
    const level = Math.max(EVERY_POINT, levels[side].level - HALVINGS);
    const isMany = level >= 0 && (yield* entries(level)) > clouds[side].count / 2;
    return yield* at(isMany ? EVERY_POINT : level);
  };
  const x = yield* finer('x');
  return { x, y: clouds.x === clouds.y ? x : yield* finer('y') };
}
