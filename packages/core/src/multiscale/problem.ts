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

/**
 * The clouds at a temperature, with cells of at most `ratio` times its length scale: those at hand where their levels
 * are right, others in their place otherwise. On the way to the last temperature cells may be twice as wide where a
 * coreset would save little against the points themselves.
 */
export function stageFor(problem: MultiscaleProblem, epsilon: number, before?: Stage, onTheWay = false): Stage {
  const resolution = (side: Side): Resolution => {
    const cloud = problem.clouds[side];
    const { entries } = problem.resolve[side];
    const enough =
      problem.keepsPoints && epsilon === problem.epsilon
        ? EVERY_POINT
        : levelFor(cloud, epsilon ** (1 / problem.p), problem.ratio);
    const many = onTheWay && enough < cloud.levels && entries(enough) > cloud.count / 2;
    const level = many && entries(enough + 1) < entries(enough) / 2 ? enough + 1 : enough;
    if (before?.[side].level === level) return before[side];
    if (before) releaseMeasure(problem.space, before[side].device);
    return problem.resolve[side].at(level);
  };
  const x = resolution('x');
  return { x, y: problem.clouds.y === problem.clouds.x ? x : resolution('y') };
}
