import { InvalidOptionError, UnsupportedError } from '../errors.js';
import { type GridMeasure, isGrid } from '../measure/grid.js';
import type { CheckedMeasure, Measure } from '../measure/measure.js';
import { checkPair } from '../measure/pair.js';
import { other, type Side } from '../measure/side.js';
import type { RunOptions } from '../tasks/runOptions.js';
import type { Task } from '../tasks/task.js';
import { potentialsOf } from '../transport/hostPotentials.js';
import type { PlanSource } from '../transport/plan.js';
import { barycentricMap as meansOverPairs } from '../transport/planParts.js';
import { checkedPoints } from './checkedPoints.js';
import { checkSide } from './checkSide.js';
import { checkNames } from './direction.js';
import { splatted } from './splatted.js';

/** A solved problem, and the passes over its plan. */
export interface DisplacementSource extends PlanSource {
  readonly strategy: 'dense' | 'multiscale' | 'separable';
  /** Loads the passes over plans that go with the strategy. */
  readonly load: () => Task<{ readonly barycentricMap: typeof meansOverPairs } | undefined>;
}

export interface InterpolateOptions extends RunOptions {
  /**
   * Whether what the blur does to the measure itself is taken off: x + (mean of y) - (mean of x) in place of the mean of y. Default: true
   * for p = 2 where the divergence is debiased, false otherwise.
   */
  readonly debias?: boolean;
}

export interface MapOptions extends InterpolateOptions {
  /** Whose points are mapped: from 'x' to y, the default, or from 'y' to x. */
  readonly side?: Side;
}

/** x on its way to y. */
export interface Interpolation {
  /** [N, D], flat: each point of x on its way. */
  readonly points: Float64Array;
  /** [N]: the weights of x, which points keep. */
  readonly weights: Float64Array;
  readonly dimension: number;
  /** Where both measures are on one and the same grid: the points' masses on it, shared among the nodes around each. */
  readonly grid?: GridMeasure;
}

/** Where the transport takes points that need not be in a cloud, [N, D], as `SinkhornSolution` says. */
export function* map(
  source: DisplacementSource,
  points: Measure | GridMeasure,
  options: MapOptions = {},
): Task<Float64Array> {
  checkNames('options', options, ['debias', 'side', 'signal', 'onProgress']);
  const { side = 'x', debias } = options;
  checkSide(side);
  return yield* mapped(source, side, yield* checkedPoints(points), debias);
}

/**
 * The displacement interpolation: each point of x at (1 - t) x + t map(x), with its weight (McCann 1997, with the debiased map of entropic
 * transport in place of Brenier's).
 */
export function* interpolate(
  source: DisplacementSource,
  t: number,
  options: InterpolateOptions = {},
): Task<Interpolation> {
  if (typeof t !== 'number' || !(t >= 0 && t <= 1))
    throw new InvalidOptionError(`t is ${String(t)}: give a number from 0, which is x, to 1`);
  checkNames('options', options, ['debias', 'signal', 'onProgress']);
  const { x, y } = source.pair;
  const target = yield* mapped(source, 'x', x, options.debias);
  const points = target.map((value, k) => (1 - t) * x.points[k] + t * value);
  const isOneGrid = isGrid(x) && isGrid(y) && JSON.stringify(x.grid) === JSON.stringify(y.grid);
  return {
    points,
    weights: Float64Array.from(x.weights),
    dimension: x.dimension,
    ...(isOneGrid && { grid: splatted(x, points) }),
  };
}

function* mapped(
  source: DisplacementSource,
  side: Side,
  at: CheckedMeasure,
  debias: boolean | undefined,
): Task<Float64Array> {
  if (debias !== undefined && typeof debias !== 'boolean') {
    throw new InvalidOptionError(`debias is ${String(debias)}: give true or false`);
  }
  const { pair, options, potentials } = source;
  checkPair({ x: at, y: pair[side] });
  const isBrenier = options.p === 2 && options.homogeneous;
  const own = potentialsOf(potentials, side).self;
  const isDebiased = debias ?? (isBrenier && own !== undefined);
  if (isDebiased && !(isBrenier && own)) {
    throw new UnsupportedError(
      'debias: true is for p = 2 and a debiased divergence: leave it out, for the mean of where the plan takes a point',
    );
  }
  const across = other(side);
  const to = yield* means(pair[across], potentialsOf(potentials, across).cross);
  if (!isDebiased) return to;
  const back = yield* means(pair[side], own as Float64Array);
  return to.map((value, k) => at.points[k] + value - back[k]);

  /** The mean of a measure's points under weights b_j exp((g_j - C(x, y_j)) / eps), at each of the points. */
  function* means(columns: CheckedMeasure, g: Float64Array): Task<Float64Array> {
    // Means over a row know nothing of the row's own potential.
    const rows = new Float64Array(at.batch * at.count);
    const there = side === 'x' ? { x: at, y: columns } : { x: columns, y: at };
    const known = side === 'x' ? { f_ba: rows, g_ab: g } : { f_ba: g, g_ab: rows };
    const isAlongAxes = source.strategy === 'separable' && isGrid(at) && isGrid(columns);
    const passes = isAlongAxes ? yield* source.load() : undefined;
    const { barycentricMap } = passes ?? { barycentricMap: meansOverPairs };
    return yield* barycentricMap({ ...source, pair: there, potentials: known }, side);
  }
}
