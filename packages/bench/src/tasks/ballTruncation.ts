import { sinkhornDivergence } from '@sinkhorn/losses';
import { type BackendChoice, onBackend } from '../backends/onBackend.js';
import { type FlatCloud, flatClouds } from '../clouds/flatClouds.js';

export interface BallTruncation {
  readonly kind: FlatCloud;
  readonly n: number;
  readonly dimension: number;
  readonly blur: number;
  readonly backend: BackendChoice;
}

/** Points of a ball at the most. */
const LEAF = 32;
/** The share of a row below which a ball of columns does not count: that of cells, at an accuracy of 1e-3. */
const THRESHOLD = 1e-3 / 3;

interface Ball {
  readonly indices: Uint32Array;
  readonly centre: Float64Array;
  readonly radius: number;
}

/** Of all pairs of a plan between balls of points, the share that counts for a row, and the share that bounds by balls keep. */
export async function ballTruncation({ kind, n, dimension, blur, backend }: BallTruncation) {
  const x = flatClouds[kind](n, dimension, 1);
  const y = flatClouds[kind](n, dimension, 2);
  const { f_ba: f, g_ab: g } = await onBackend(backend, async (opened) => {
    const loss = sinkhornDivergence({
      backend: opened,
      blur,
      tolerance: 1e-2,
      debias: false,
      strategy: 'dense',
      onInaccurate: 'ignore',
    });
    return (await loss.solve({ points: x, dimension }, { points: y, dimension })).potentials;
  });
  const epsilon = blur ** 2;
  const columns = ballsOf(y, dimension);
  const highest = columns.map(({ indices }) => indices.reduce((most, j) => Math.max(most, g[j]), -Infinity));
  let counted = 0;
  let kept = 0;
  for (const rows of ballsOf(x, dimension)) {
    const most = rows.indices.reduce((largest, i) => Math.max(largest, f[i]), -Infinity);
    for (const [k, ball] of columns.entries()) {
      const pairs = rows.indices.length * ball.indices.length;
      const gap = Math.max(0, distance(rows.centre, 0, ball.centre, 0, dimension) - rows.radius - ball.radius);
      const bound = (ball.indices.length / n) * Math.exp((most + highest[k] - gap ** 2 / 2) / epsilon);
      if (bound < THRESHOLD) continue;
      kept += pairs;
      if (rows.indices.some((i) => shareOf(i, ball) >= THRESHOLD)) counted += pairs;
    }
  }
  return { counted: counted / n ** 2, kept: kept / n ** 2 };

  /** The share of a row that goes to the points of a ball. */
  function shareOf(i: number, { indices }: Ball): number {
    let share = 0;
    for (const j of indices) {
      share += Math.exp((f[i] + g[j] - distance(x, i, y, j, dimension) ** 2 / 2) / epsilon) / n;
    }
    return share;
  }
}

/** Halves a cloud along its longest axis, again and again, and gives the balls around what is left. */
function ballsOf(points: Float64Array, dimension: number): Ball[] {
  const balls: Ball[] = [];
  const halve = (indices: Uint32Array): void => {
    const sides = Array.from({ length: dimension }, (_, c) => {
      const along = indices.map((index) => index).sort((i, j) => points[i * dimension + c] - points[j * dimension + c]);
      const [first, last] = [along[0], along[along.length - 1]];
      return { along, length: points[last * dimension + c] - points[first * dimension + c] };
    });
    if (indices.length > LEAF) {
      const { along } = sides.reduce((longest, side) => (side.length > longest.length ? side : longest));
      halve(along.subarray(0, along.length >> 1));
      halve(along.subarray(along.length >> 1));
      return;
    }
    const centre = new Float64Array(dimension);
    for (const index of indices) {
      for (let c = 0; c < dimension; c++) centre[c] += points[index * dimension + c] / indices.length;
    }
    const radius = Math.max(...Array.from(indices, (index) => distance(points, index, centre, 0, dimension)));
    balls.push({ indices, centre, radius });
  };
  halve(Uint32Array.from({ length: points.length / dimension }, (_, index) => index));
  return balls;
}

function distance(one: Float64Array, i: number, two: Float64Array, j: number, dimension: number): number {
  let square = 0;
  for (let c = 0; c < dimension; c++) square += (one[i * dimension + c] - two[j * dimension + c]) ** 2;
  return Math.sqrt(square);
}
