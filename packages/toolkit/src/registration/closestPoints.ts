import type { Cloud } from './cloud.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import { type LocalShape, localShape } from './localShape.js';
import type { Maps } from './settle.js';
import { changeOf, type Pulled, weakestChanges } from './smallChange.js';

/** A cloud that knows how it lies around each of its points. */
export interface ShapedCloud extends Cloud, LocalShape {}

export const shaped = (cloud: Cloud): ShapedCloud => ({ ...cloud, ...localShape(cloud) });

/** For each point of one cloud the row of the nearest of another, and the square of how far it is. */
export interface Nearest {
  readonly rows: Uint32Array;
  readonly squares: Float64Array;
}

/** The nearest points in both directions, of [N, D] and [M, D]. */
export function nearestPairs(
  here: Float64Array,
  there: Float64Array,
  dimension: number,
): { readonly onto: Nearest; readonly back: Nearest } {
  const nearest = (count: number): Nearest => ({
    rows: new Uint32Array(count),
    squares: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
  });
  const [onto, back] = [nearest(here.length / dimension), nearest(there.length / dimension)];
  const [count, others] = [onto.rows.length, back.rows.length];
  const point = new Float64Array(dimension);
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < dimension; d++) point[d] = here[i * dimension + d];
    let least = Number.POSITIVE_INFINITY;
    let row = 0;
    for (let j = 0, at = 0; j < others; j++) {
      let square = 0;
      for (let d = 0; d < dimension; d++) {
        const way = point[d] - there[at++];
        // A product: a power is a call, and takes ten times as long.
        square += way * way;
      }
      if (square < least) {
        least = square;
        row = j;
      }
      if (square < back.squares[j]) {
        back.squares[j] = square;
        back.rows[j] = i;
      }
    }
    onto.rows[i] = row;
    onto.squares[i] = least;
  }
  return { onto, back };
}

/** Widths for so many steps. */
export const falling = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, step) => from * (to / from) ** (step / (count - 1)));

/** Where points go after a map by their closest ones, in both directions: with a say that falls with the square of how far that is, over the width. */
function pulledBy(source: ShapedCloud, target: ShapedCloud, moved: Float64Array, width: number): Pulled {
  const { dimension } = source;
  const [size, count, all] = [dimension ** 2, source.weights.length, source.weights.length + target.weights.length];
  const [points, shifts] = [new Float64Array(all * dimension), new Float64Array(all * dimension)];
  const [metrics, weights] = [new Float64Array(all * size), new Float64Array(all)];
  const { onto, back } = nearestPairs(moved, target.points, dimension);
  const put = (at: number, i: number, j: number, square: number, weight: number) => {
    for (let d = 0; d < dimension; d++) {
      points[at * dimension + d] = moved[i * dimension + d];
      shifts[at * dimension + d] = target.points[j * dimension + d] - moved[i * dimension + d];
    }
    for (let k = 0; k < size; k++) metrics[at * size + k] = target.metrics[j * size + k];
    weights[at] = weight / (1 + square / width ** 2) ** 2;
  };
  for (let i = 0; i < count; i++) put(i, i, onto.rows[i], onto.squares[i], source.weights[i]);
  for (let j = count; j < all; j++) {
    put(j, back.rows[j - count], j - count, back.squares[j - count], target.weights[j - count]);
  }
  return { points, shifts, metrics, weights, dimension };
}

/** Steps of closest points where a map is roughly right. */
const STEPS = 8;
/** Widths for these, down to a miss: they begin so many times as wide. A wider one finds more, and what is near may be left. */
export const nearWidths = (width: number, widest = 4): number[] => falling(widest * width, width, STEPS);

/**
 * Steps of iterated closest points from a map, one for each width: each brings points nearest to the surface or curve that their closest ones
 * lie on, in both directions, with a say that falls with the square of their distance over the width (Besl and McKay 1992; Chen and Medioni 1991;
 * Geman and McClure 1985). Far cheaper than transport, and led by what is nearest alone: it needs a start that is roughly right.
 */
export function closer(
  source: ShapedCloud,
  target: ShapedCloud,
  start: LinearMap,
  maps: Maps,
  widths: readonly number[],
): LinearMap {
  const { dimension, weights } = source;
  const generators = maps.changes(dimension);
  let map = start;
  for (const width of widths) {
    const moved = mapPoints(map, source.points);
    const change = changeOf(pulledBy(source, target, moved, width), generators);
    // A sum of rotations is none: the nearest one is taken.
    const aims = mapPoints(change, moved);
    map = andThen(map, maps.fit({ points: moved, aims, weights, dimension }));
  }
  // Where points leave a turn open, as those on a line do, the least one is taken.
  return maps.fit({ points: source.points, aims: mapPoints(map, source.points), weights, dimension });
}

/** A map after each of the changes, so many and their opposites, that closest points tell least of, by the given length. */
export function slid(
  source: ShapedCloud,
  target: ShapedCloud,
  map: LinearMap,
  maps: Maps,
  { width, count, length }: { readonly width: number; readonly count: number; readonly length: number },
): LinearMap[] {
  const pulled = pulledBy(source, target, mapPoints(map, source.points), width);
  return weakestChanges(pulled, maps.changes(source.dimension), count, length).map((change) => andThen(map, change));
}
