import type { TruncationContext } from '../../geometry/truncated/truncatedSoftmin.js';
import type { Side } from '../../measure/side.js';
import { EVERY_POINT, type Hierarchy, type HierarchyLevel, levelFor, releaseMeasure } from '../../spatial/hierarchy.js';
import type { SortedCloud } from '../../spatial/sortedCloud.js';
import type { Task } from '../../tasks/task.js';
import type { Temperatures } from '../context.js';
import type { CoresetConvergence, LevelPotentials } from './coresetConvergence.js';

/** Two clouds in Morton order, and all it takes to solve transport between their coresets. */
export interface MultiscaleProblem extends TruncationContext, Temperatures {
  readonly clouds: Readonly<Record<Side, SortedCloud>>;
  /** A cloud at any level. */
  readonly hierarchy: Readonly<Record<Side, Hierarchy>>;
  /** The widest cell against the length scale of the temperature. */
  readonly ratio: number;
  /** How often cells are doubled beyond that: errors are estimated from a solve with wider ones. */
  readonly doublings: number;
  /**
   * Whether the last temperature takes every point. The cost |x - y| has a kink where points meet, so that no cell may
   * represent its points nearby.
   */
  readonly keepsPoints: boolean;
  /** How far off a field's gradient may be inside a cell it is interpolated in, against the length scale. */
  readonly interpolationTolerance: number;
  /** Whether its values inside a cell count as well. */
  readonly byValues?: boolean;
  /** Newton's method on the host, for problems that sweeps are slow on: it is loaded when it is first asked for. */
  readonly newton?: () => Task<NewtonParts | undefined>;
  /** Whether sweeps are known to be slow: Newton's method goes first then. */
  readonly isSlow?: boolean;
}

/** Newton's method for coresets, a part of its own. */
export interface NewtonParts {
  newtonOnCoresets(
    problem: MultiscaleProblem,
    levels: LevelPair,
    start: LevelPotentials,
    first: Side,
  ): Task<(CoresetConvergence & { readonly potentials: LevelPotentials }) | undefined>;
}

/** Both clouds, each at the level that a temperature needs. */
export type LevelPair = Readonly<Record<Side, HierarchyLevel>>;

/**
 * Entries of a level: with fewer, wider cells on the way to the last temperature would save too little for their error. Raising it makes
 * large clouds slower and a little more exact. Chosen, not measured by itself.
 */
const MANY_ENTRIES = 200_000;
/**
 * Entries of a level that cost next to nothing, however fine their cells are: all their pairs are fewer than are computed without a
 * search. Raising it makes high temperatures more exact and slower.
 */
const FEW_ENTRIES = 1400;

/**
 * The levels that a temperature needs: cells of at most `ratio` times its length scale. On the way to the last
 * temperature cells may be twice as wide where there are many entries, and these hardly fewer than the points.
 *
 * High temperatures get finer cells than they need, as long as these are few. What they get wrong about masses far
 * apart low ones hardly mend, and counts there by the ratio of the two.
 */
export function* levelsFor(problem: MultiscaleProblem, epsilon: number, onTheWay = false): Task<Record<Side, number>> {
  const levelOf = function* (side: Side): Task<number> {
    if (problem.keepsPoints && epsilon === problem.epsilon) return EVERY_POINT;
    const cloud = problem.clouds[side];
    const { entries } = problem.hierarchy[side];
    let level = levelFor(cloud, epsilon ** (1 / problem.p), problem.ratio);
    const many = onTheWay && level < cloud.levels && (yield* entries(level)) > Math.max(MANY_ENTRIES, cloud.count / 2);
    if (many && (yield* entries(level + 1)) < (yield* entries(level)) / 2) level++;
    while (level > 0 && (yield* entries(level - 1)) <= FEW_ENTRIES) level--;
    return Math.min(level + problem.doublings, cloud.levels);
  };
  return { x: yield* levelOf('x'), y: yield* levelOf('y') };
}

/** The clouds at the levels of a temperature: those at hand where they have them, others in their place otherwise. */
export function* levelsAt(
  problem: MultiscaleProblem,
  epsilon: number,
  before?: LevelPair,
  onTheWay = false,
): Task<LevelPair> {
  const levels = yield* levelsFor(problem, epsilon, onTheWay);
  const levelOf = function* (side: Side): Task<HierarchyLevel> {
    if (before?.[side].level === levels[side]) return before[side];
    if (before) releaseMeasure(problem.space, before[side].device);
    return yield* problem.hierarchy[side].at(levels[side]);
  };
  const x = yield* levelOf('x');
  return { x, y: problem.clouds.y === problem.clouds.x ? x : yield* levelOf('y') };
}

/** The cells that iterations begin with, and those that errors are estimated from, are wider than the accuracy asks for. */
export const withWiderCells = (problem: MultiscaleProblem, doublings: number): MultiscaleProblem => ({
  ...problem,
  doublings,
  keepsPoints: false,
});

/** Whether both marginals are met exactly. */
export const isBalanced = ({ rho }: MultiscaleProblem): boolean => Math.min(rho.x, rho.y) === Number.POSITIVE_INFINITY;
