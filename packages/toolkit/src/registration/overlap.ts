import { product, transposed } from '../linear/matrix.js';
import { nearestPairs, type ShapedCloud, shaped } from './closestPoints.js';
import { type Cloud, halvesOf, thinned } from './cloud.js';
import { identityMap, type LinearMap, mapPoints } from './linearMap.js';

/** Points of each cloud that tell how they lie on each other. */
export const LOOKED_AT = 400;
/** How far off a surface counts as one miss at least, as a share of the spread: the last blur that a registration has by default. */
const WIDTH = 0.05;

/** How far off a target counts as one miss: as far as two halves of it are off each other at the median, which in thick clouds is far. */
export function widthOf({ target, spread }: { readonly target: Cloud; readonly spread: number }): number {
  const [even, odd] = halvesOf(thinned(target, LOOKED_AT));
  if (odd.weights.length === 0) return WIDTH * spread;
  const { offAtMedian } = overlapOf(shaped(even), shaped(odd), identityMap(target.dimension), spread);
  return Math.max(WIDTH * spread, offAtMedian);
}

/** How a source lies on a target after a map. */
export interface Overlap {
  /** [N + M]: for each point of both how far it is off the other's surface or curve, as a share of the width, squared and 1 at most; 1 where it lies beyond its edge. */
  readonly misses: Float64Array;
  /** [N + M]: how much each counts: weights, half of them for either cloud. */
  readonly shares: Float64Array;
  /** The mean of the misses: 0 where each cloud lies on the other one. */
  readonly miss: number;
  /** The share of both that does not lie beyond the other's edge. */
  readonly shared: number;
  /** The mean of the misses of these, and its standard error. */
  readonly off: number;
  readonly offError: number;
  /** How far these are off, at the median: a length, at most the width. */
  readonly offAtMedian: number;
}

/** Looks in both directions, as what one cloud lacks the other one may have. Points beyond the twelfth neighbour of the closest point lie beyond the edge. */
export function overlapOf(source: ShapedCloud, target: ShapedCloud, map: LinearMap, width: number): Overlap {
  const { dimension } = source;
  const [size, count] = [dimension ** 2, source.weights.length];
  const moved = mapPoints(map, source.points);
  const { onto, back } = nearestPairs(moved, target.points, dimension);
  const misses = new Float64Array(count + target.weights.length).fill(1);
  const shares = Float64Array.from([...source.weights, ...target.weights], (weight) => weight / 2);
  const within: number[] = [];
  const look = (at: number, i: number, j: number, metric: Float64Array) => {
    let square = 0;
    for (let r = 0; r < dimension; r++) {
      const across = moved[i * dimension + r] - target.points[j * dimension + r];
      for (let c = 0; c < dimension; c++) {
        square += metric[r * dimension + c] * across * (moved[i * dimension + c] - target.points[j * dimension + c]);
      }
    }
    misses[at] = Math.min(1, Math.max(0, square) / width ** 2);
    within.push(at);
  };
  for (let i = 0; i < count; i++) {
    const j = onto.rows[i];
    if (onto.squares[i] <= target.radii[j] ** 2) look(i, i, j, target.metrics.subarray(j * size, (j + 1) * size));
  }
  const factor = Math.hypot(...map.matrix.filter((_, k) => k % dimension === 0));
  const rotation = map.matrix.map((value) => value / factor);
  const turnedBack = transposed(rotation, dimension);
  for (let j = 0; j < target.weights.length; j++) {
    const i = back.rows[j];
    if (back.squares[j] > source.radii[i] ** 2) continue;
    const metric = product(rotation, source.metrics.subarray(i * size, (i + 1) * size), dimension);
    look(count + j, i, j, product(metric, turnedBack, dimension));
  }
  const total = (of: readonly number[], value: (at: number) => number) =>
    of.reduce((sum, at) => sum + shares[at] * value(at), 0);
  const shared = total(within, () => 1);
  const off = shared > 0 ? total(within, (at) => misses[at]) / shared : 1;
  return {
    misses,
    shares,
    miss: shared * off + 1 - shared,
    shared,
    off,
    offError: shared > 0 ? Math.sqrt(total(within, (at) => shares[at] * (misses[at] - off) ** 2)) / shared : 0,
    offAtMedian: width * Math.sqrt(medianOf(misses, shares, within)),
  };
}

function medianOf(misses: Float64Array, shares: Float64Array, of: number[]): number {
  const half = of.reduce((sum, at) => sum + shares[at], 0) / 2;
  let below = 0;
  for (const at of of.sort((a, b) => misses[a] - misses[b])) {
    below += shares[at];
    if (below >= half) return misses[at];
  }
  return 1;
}

/** By how many standard errors of such samples one map misses more than another. */
export function missesMore(other: Overlap, one: Overlap): number {
  const mean = other.miss - one.miss;
  const square = one.misses.reduce(
    (sum, value, at) => sum + (one.shares[at] * (other.misses[at] - value - mean)) ** 2,
    0,
  );
  return mean === 0 ? 0 : mean / Math.sqrt(square);
}
