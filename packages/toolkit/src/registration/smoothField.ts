import type { Task } from '@sinkhorn/core';
import { chunked, factorInPlace, pause, solveLower, solveUpper } from '@sinkhorn/core/extend';
import { trace } from '../linear/matrix.js';
import { type Cloud, meanOf } from './cloud.js';

/** How far places move: [D] each, a linear map and Gaussians around some of the points, with one coefficient a feature and coordinate. */
export interface SmoothField {
  readonly dimension: number;
  /** 1, each coordinate, and a Gaussian around each centre. */
  readonly features: number;
  /** [features, features]: what coefficients cost, where lengths are divided by the spread. */
  readonly prior: Float64Array;
  readonly spread: number;
  /** The width of the Gaussians. */
  readonly stiffness: number;
  /** The features of points, [N, features]. */
  featuresOf(points: ArrayLike<number>): Task<Float64Array>;
  /** How far from each other the points are that the Gaussians do not cover: half a width, where there are centres enough. */
  readonly gap: number;
}

/**
 * How far a bend usually moves points, as a share of the spread, and how far stretches and turns do: those are the deviations of the prior. Lowering
 * it makes bends stiffer. Chosen, not measured.
 */
const USUAL = 0.3;
/** Shifts cost almost nothing: their deviation, in spreads. */
const FAR = 10;
/** Centres at most: three coefficients each in space, and a fit takes the square of their number for each point. */
export const MOST_CENTRES = 150;
/** What keeps Gaussians apart that rounding cannot tell from each other, as a share of each. */
const RIDGE = 1e-4;

/** The field of a cloud, whose Gaussians are `stiffness` wide. */
export function smoothField(cloud: Cloud, spread: number, stiffness: number): SmoothField {
  const { points, dimension } = cloud;
  const mean = meanOf(cloud);
  const { rows, gap } = evenRows(points, dimension, stiffness / 2);
  const centres = Float64Array.from(
    rows.flatMap((row) => Array.from({ length: dimension }, (_, d) => points[row * dimension + d])),
  );
  const linear = 1 + dimension;
  const features = linear + rows.length;
  const write = (from: ArrayLike<number>, at: number, into: Float64Array, put: number) => {
    into[put] = 1;
    for (let d = 0; d < dimension; d++) into[put + 1 + d] = (from[at + d] - mean[d]) / spread;
    for (let k = 0; k < rows.length; k++) {
      let square = 0;
      for (let d = 0; d < dimension; d++) square += (from[at + d] - centres[k * dimension + d]) ** 2;
      into[put + linear + k] = Math.exp(-square / (2 * stiffness ** 2));
    }
  };
  const prior = new Float64Array(features ** 2);
  const own = new Float64Array(features);
  prior[0] = 1 / FAR ** 2;
  for (let k = 1; k < linear; k++) prior[k * features + k] = 1 / USUAL ** 2;
  for (let k = 0; k < rows.length; k++) {
    write(centres, k * dimension, own, 0);
    own[linear + k] += RIDGE;
    for (let l = linear; l < features; l++) prior[(linear + k) * features + l] = own[l] / USUAL ** 2;
  }
  return {
    dimension,
    features,
    prior,
    spread,
    stiffness,
    gap,
    *featuresOf(points) {
      const count = points.length / dimension;
      const all = new Float64Array(count * features);
      const fill = (from: number, to: number) => {
        for (let i = from; i < to; i++) write(points, i * dimension, all, i * features);
      };
      yield* chunked(count, fill, Math.ceil(WORK / features));
      return all;
    },
  };
}

/** Rows of points such that every point is within a distance of one of them, and how far the farthest is; each next one is the point farthest from all before. */
function evenRows(
  points: Float64Array,
  dimension: number,
  least: number,
): { readonly rows: number[]; readonly gap: number } {
  const squares = new Float64Array(points.length / dimension).fill(Number.POSITIVE_INFINITY);
  const rows: number[] = [];
  let [row, gap] = [0, Number.POSITIVE_INFINITY];
  while (rows.length < MOST_CENTRES && gap > least) {
    rows.push(row);
    let [far, farthest] = [0, row];
    for (let i = 0; i < squares.length; i++) {
      let square = 0;
      for (let d = 0; d < dimension; d++) square += (points[i * dimension + d] - points[row * dimension + d]) ** 2;
      if (square < squares[i]) squares[i] = square;
      if (squares[i] > far) [far, farthest] = [squares[i], i];
    }
    row = farthest;
    gap = Math.sqrt(far);
  }
  return { rows, gap };
}

/** Multiplications between two places where a fit may be interrupted: some milliseconds. */
const WORK = 2 ** 22;

/** What is known of how far points move. */
export interface Sightings {
  /** [N, D, D]: how surely, one over the square of lengths. */
  readonly precisions: Float64Array;
  /** [N, D]: the precision times the way. */
  readonly pulls: Float64Array;
}

/**
 * The coefficients, [D, features], of the most likely field: where ways are seen with those precisions, and the field is a Gaussian process
 * (Rasmussen and Williams 2006, chapter 2; coherent point drift has the same prior, Myronenko and Song 2010).
 */
export function* fitField(
  { dimension, features, prior, spread }: SmoothField,
  ofPoints: Float64Array,
  { precisions, pulls }: Sightings,
): Task<Float64Array> {
  const [count, square, size] = [ofPoints.length / features, spread ** 2, features * dimension];
  const [matrix, right] = [new Float64Array(size ** 2), new Float64Array(size)];
  const own = new Float64Array(count);
  for (let r = 0; r < dimension; r++) {
    const wanted = right.subarray(r * features, (r + 1) * features);
    for (let i = 0; i < count; i++) own[i] = square * pulls[i * dimension + r];
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < features; k++) wanted[k] += own[i] * ofPoints[i * features + k];
    }
    for (let c = 0; c <= r; c++) {
      const block = r === c ? Float64Array.from(prior) : new Float64Array(features ** 2);
      for (let i = 0; i < count; i++) own[i] = square * precisions[(i * dimension + r) * dimension + c];
      const add = (from: number, to: number) => addSquares(block, features, ofPoints, own, from, to);
      yield* chunked(count, add, 4 * Math.ceil(WORK / features ** 2 / 4));
      // A block is symmetric: its lower half was summed.
      for (let k = 0; k < features; k++) {
        for (let l = 0; l <= k; l++) {
          const value = block[k * features + l];
          matrix[(r * features + k) * size + c * features + l] = value;
          matrix[(r * features + l) * size + c * features + k] = value;
        }
      }
    }
  }
  yield* pause();
  factorInPlace(matrix, size, () => Number.EPSILON * trace(prior, features));
  solveLower(matrix, size, right);
  solveUpper(matrix, size, right);
  return right;
}

/** Adds sum_i w_i phi_i phi_i' for the rows phi of some points to the lower half of a block, four points at a time: each entry is written once for them. */
function addSquares(
  block: Float64Array,
  features: number,
  rows: Float64Array,
  weights: Float64Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i += 4) {
    const [one, two, three, four] = [0, 1, 2, 3].map((next) => Math.min(i + next, to - 1) * features);
    const weightOf = (at: number) => (at < to ? weights[at] : 0);
    const [w, x, y, z] = [weightOf(i), weightOf(i + 1), weightOf(i + 2), weightOf(i + 3)];
    for (let k = 0; k < features; k++) {
      const [a, b, c, d] = [w * rows[one + k], x * rows[two + k], y * rows[three + k], z * rows[four + k]];
      const put = k * features;
      for (let l = 0; l <= k; l++) {
        block[put + l] += a * rows[one + l] + b * rows[two + l] + c * rows[three + l] + d * rows[four + l];
      }
    }
  }
}

/** How far points move, [N, D], by their features. */
export function* fieldAt(
  { dimension, features }: SmoothField,
  coefficients: Float64Array,
  ofPoints: Float64Array,
): Task<Float64Array> {
  const ways = new Float64Array((ofPoints.length / features) * dimension);
  const fill = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      for (let k = 0; k < features; k++) {
        const one = ofPoints[i * features + k];
        for (let d = 0; d < dimension; d++) ways[i * dimension + d] += one * coefficients[d * features + k];
      }
    }
  };
  yield* chunked(ofPoints.length / features, fill, Math.ceil(WORK / features));
  return ways;
}
