import type { Side } from '../measure/side.js';
import type { Temperatures } from '../sinkhorn/setting.js';
import { EVERY_POINT, levelFor, type Resolution, type Resolutions, releaseMeasure } from './resolutions.js';
import type { SortedCloud } from './sortedCloud.js';
import type { Truncated } from './truncatedSoftmin.js';

/** Two clouds in Morton order, and all it takes to solve transport between their coresets. */
export interface MultiscaleProblem extends Truncated, Temperatures {
  readonly clouds: Readonly<Record<Side, SortedCloud>>;
  /** A cloud at any level. */
  readonly resolve: Readonly<Record<Side, Resolutions>>;
  /** The widest cell against the length scale of the temperature. */
  readonly ratio: number;
  /**
   * Whether the last temperature takes every point. The cost |x - y| has a kink where points meet, so that no cell may
   * stand for its points nearby.
   */
  readonly keepsPoints: boolean;
  /** How far off a field's gradient may be inside a cell it is interpolated in, against the length scale. */
  readonly roughness: number;
}

/** Both clouds, each at the level that a temperature needs. */
export type Stage = Readonly<Record<Side, Resolution>>;

/** With fewer entries wider cells would save nothing worth their error. */
const MANY_ENTRIES = 200_000;

/**
 * The levels that a temperature needs: cells of at most `ratio` times its length scale. On the way to the last
 * temperature cells may be twice as wide where there are many entries, and these hardly fewer than the points.
 */
export function levelsFor(problem: MultiscaleProblem, epsilon: number, onTheWay = false): Record<Side, number> {
  const levelOf = (side: Side): number => {
    if (problem.keepsPoints && epsilon === problem.epsilon) return EVERY_POINT;
    const cloud = problem.clouds[side];
    const { entries } = problem.resolve[side];
    const enough = levelFor(cloud, epsilon ** (1 / problem.p), problem.ratio);
    const many = onTheWay && enough < cloud.levels && entries(enough) > Math.max(MANY_ENTRIES, cloud.count / 2);
    return many && entries(enough + 1) < entries(enough) / 2 ? enough + 1 : enough;
  };
  return { x: levelOf('x'), y: levelOf('y') };
}

/** The clouds at the levels of a temperature: those at hand where they have them, others in their place otherwise. */
export function stageFor(problem: MultiscaleProblem, epsilon: number, before?: Stage, onTheWay = false): Stage {
  const levels = levelsFor(problem, epsilon, onTheWay);
  const resolution = (side: Side): Resolution => {
    if (before?.[side].level === levels[side]) return before[side];
    if (before) releaseMeasure(problem.space, before[side].device);
    return problem.resolve[side].at(levels[side]);
  };
  const x = resolution('x');
  return { x, y: problem.clouds.y === problem.clouds.x ? x : resolution('y') };
}
