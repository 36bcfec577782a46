import {
  type Cost,
  checkRunOptions,
  type Expression,
  formula,
  InvalidOptionError,
  type Measure,
  runAsync,
  UnsupportedError,
} from '@sinkhorn/core';
import type { CallOptions } from '@sinkhorn/losses';
import { exactTransport } from '@sinkhorn/losses/exact';
import { checkNames } from '@sinkhorn/losses/extend';
import { checkClouds } from '../checkCloud.js';

/** How points are matched. */
export interface MatchOptions extends CallOptions {
  /** The cost of a pair is |x - y|^p: 1 or 2, the default. */
  readonly p?: 1 | 2;
  /** Points farther apart than this are never matched, in units of the points. Default: any distance. */
  readonly farthest?: number;
}

/** Points one to one. */
export interface Matches {
  /** [N]: the place in y of each point's partner, or -1 where it has none. */
  readonly partners: Int32Array;
  /** [N]: how far the partner is, in units of the coordinates; NaN without one. */
  readonly distances: Float64Array;
  /** How many pairs there are. */
  readonly count: number;
}

/**
 * Matches points of two clouds one to one, such that the sum of |x - y|^p is least: the vertex of the transport polytope that exact transport
 * ends in, so that nothing has to be rounded. Where one cloud has more points, some of its points have no partner; so have those that
 * are farther than `farthest` from all that are free, where leaving both out costs as much as a pair at that distance.
 *
 * Clouds are [N, D] and [M, D], and weights do not count. It runs on the host, for (N + M)^2 of 4,000,000 at most, or N M where N = M and
 * any distance will do.
 *
 * @throws InvalidMeasureError for clouds of different dimensions; UnsupportedError for more points; InvalidOptionError for options out of range.
 *
 * @example
 * ```ts
 * import { matchPoints } from 'sinkhorn/toolkit';
 *
 * const { partners } = await matchPoints([[0, 0], [5, 5]], [[5, 4], [9, 9], [0, 1]]);
 * if (partners.join() !== '2,0') throw new Error(partners.join());
 * ```
 */
export async function matchPoints(x: Measure, y: Measure, options: MatchOptions = {}): Promise<Matches> {
  checkNames('matchPoints', options, ['p', 'farthest', 'signal', 'onProgress']);
  const { p = 2, farthest, signal, onProgress } = checkRunOptions(options);
  if (p !== 1 && p !== 2) throw new InvalidOptionError(`p is ${p}: give 1 or 2`);
  if (farthest !== undefined && !(farthest > 0))
    throw new InvalidOptionError(`farthest is ${farthest}: give a length above 0`);
  const pair = await runAsync(checkClouds(['x', x], ['y', y]), { signal });
  const limit = farthest !== undefined && Number.isFinite(farthest) ? farthest : undefined;
  const [n, m] = [pair.x.count, pair.y.count];
  const { dimension } = pair.x;
  // Points without a place take what is left: all of one side where any distance will do, of both where it will not.
  const spareX = limit === undefined ? Math.max(0, m - n) : m;
  const spareY = limit === undefined ? Math.max(0, n - m) : n;
  if ((n + Math.min(1, spareX)) * (m + Math.min(1, spareY)) > 4_000_000) {
    throw new UnsupportedError(
      `x has ${n} points and y has ${m}: up to 4,000,000 pairs are matched; match some of them, or look at the plan of sinkhornDivergence`,
    );
  }
  // Costs of about 1: rounding is relative to the largest one, and what is beyond the limit costs no more than the limit.
  const scale = limit ?? extentOf([pair.x.points, pair.y.points], dimension);
  const { points: px } = pair.x;
  const { points: py } = pair.y;
  const centre = px.slice(0, dimension);
  const placed = (points: ArrayLike<number>, count: number, spare: number) => {
    const all = new Float64Array((count + (spare > 0 ? 1 : 0)) * (dimension + 1));
    for (let i = 0; i < count; i++) {
      for (let d = 0; d < dimension; d++)
        all[i * (dimension + 1) + d] = (points[i * dimension + d] - centre[d]) / scale;
      all[i * (dimension + 1) + dimension] = 1;
    }
    const weights = new Float64Array(count + (spare > 0 ? 1 : 0)).fill(1);
    if (spare > 0) weights[count] = spare;
    return { points: all, dimension: dimension + 1, weights };
  };
  const loss = exactTransport({ cost: costOf(dimension, p, limit !== undefined) });
  const solution = await loss.solve(placed(px, n, spareX), placed(py, m, spareY), { signal, onProgress });
  const partners = new Int32Array(n).fill(-1);
  const { i, j, mass } = solution.plan;
  for (let k = 0; k < i.length; k++) if (i[k] < n && j[k] < m && mass[k] > 0.5) partners[i[k]] = j[k];
  const distances = Float64Array.from(partners, (to, from) => {
    if (to < 0) return Number.NaN;
    let square = 0;
    for (let d = 0; d < dimension; d++) square += (px[from * dimension + d] - py[to * dimension + d]) ** 2;
    return Math.sqrt(square);
  });
  if (limit !== undefined) {
    distances.forEach((distance, from) => {
      // A pair a little farther costs as much as two points without one.
      if (distance <= limit) return;
      partners[from] = -1;
      distances[from] = Number.NaN;
    });
  }
  return { partners, distances, count: partners.reduce((count, to) => count + (to >= 0 ? 1 : 0), 0) };
}

/**
 * |x - y|^p between points; where lengths are in units of a limit, 1 at most, half of that for a point and nothing, and 0 between nothing and
 * nothing: the last coordinate tells.
 */
function costOf(dimension: number, p: 1 | 2, isLimited: boolean): Cost {
  const { add, component, min, mul, sqrt, square, sub } = formula;
  return (x, y) => {
    const [inX, inY] = [component(x, dimension), component(y, dimension)];
    let squares: Expression = square(sub(component(x, 0), component(y, 0)));
    for (let d = 1; d < dimension; d++) squares = add(squares, square(sub(component(x, d), component(y, d))));
    const apart = p === 2 ? squares : sqrt(squares);
    const both = mul(inX, inY);
    if (!isLimited) return mul(both, apart);
    return add(mul(both, min(apart, 1)), mul(0.5, sub(add(inX, inY), mul(2, both))));
  };
}

function extentOf(clouds: readonly ArrayLike<number>[], dimension: number): number {
  let extent = 0;
  for (let d = 0; d < dimension; d++) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const points of clouds) {
      for (let k = d; k < points.length; k += dimension) {
        low = Math.min(low, points[k]);
        high = Math.max(high, points[k]);
      }
    }
    extent = Math.max(extent, high - low);
  }
  return extent || 1;
}
