import { determinant } from '../linear/determinant.js';
import { multiple, product, trace, transposed } from '../linear/matrix.js';
import { leastSquares, singularValues } from '../linear/singularValues.js';
import type { LinearMap } from './linearMap.js';

/** Points with where each of them should go, [N, D] each, and how much each counts, [N]. */
export interface Aims {
  readonly points: Float64Array;
  readonly aims: Float64Array;
  readonly weights: Float64Array;
  readonly dimension: number;
}

interface Moments {
  readonly from: Float64Array;
  readonly to: Float64Array;
  /** [D, D]: sum_i w_i (aim_i - to) (point_i - from)', over the sum of weights; and the same of points alone. */
  readonly across: Float64Array;
  readonly own: Float64Array;
}

/**
 * Spread below this share of the moments counts as none: rotations are free in those directions, and the least one is taken. It is far above
 * what rounding leaves, about 1e-16, and turns a fit by some 1e-9 radians. Chosen, not measured.
 */
const RIDGE = 1e-9;

/** The square of what rounding leaves of a difference of two coordinates, relative to them: moments below it are none. A hundred roundings. */
const ROUNDED = (100 * Number.EPSILON) ** 2;

/**
 * The rotation and shift, and with `scale` the factor, that bring points nearest to their aims, in weighted squares: Kabsch 1976, with the
 * factor of Umeyama 1991. Never a reflection. Where points leave a rotation open, on a line or all in one place, it is the least one.
 */
export function fitRigid(aims: Aims, scale: boolean): LinearMap & { readonly scale: number } {
  const { from, to, across, own } = momentsOf(aims);
  const { dimension } = aims;
  const [here, there] = [from, to].map((middle) => Math.hypot(...middle));
  const ridge = RIDGE * Math.hypot(...across) + ROUNDED * here * there || 1;
  const { left, right } = singularValues(plus(across, multiple(ridge, dimension)), dimension, dimension);
  // Without this a reflection could fit better than any rotation. The smallest singular value comes last.
  if (determinant(product(transposed(left, dimension), right, dimension), dimension) < 0) {
    for (let d = 0; d < dimension; d++) right[(dimension - 1) * dimension + d] *= -1;
  }
  // Entries below rounding are none: what is not turned keeps its axes to the last bit.
  const rotation = product(transposed(left, dimension), right, dimension).map((value) =>
    Math.abs(value) < Number.EPSILON ? 0 : value,
  );
  const spread = trace(own, dimension);
  const isSpread = spread > ROUNDED * here ** 2;
  const factor = scale && isSpread ? across.reduce((sum, value, k) => sum + value * rotation[k], 0) / spread : 1;
  return {
    ...around(
      rotation.map((value) => value * factor),
      from,
      to,
    ),
    scale: factor,
  };
}

/** The linear map and shift that bring points nearest to their aims, in weighted squares; in directions without any spread it changes nothing. */
export function fitAffine(aims: Aims): LinearMap {
  const { from, to, across, own } = momentsOf(aims);
  const { dimension } = aims;
  const identity = multiple(RIDGE * (trace(own, dimension) || 1), dimension);
  // matrix (own + ridge) = across + ridge, where own is symmetric: each row of the matrix by itself.
  const [left, wanted] = [plus(own, identity), plus(across, identity)];
  const matrix = new Float64Array(dimension ** 2);
  for (let at = 0; at < matrix.length; at += dimension) {
    matrix.set(leastSquares(left, wanted.subarray(at, at + dimension), dimension, dimension), at);
  }
  return around(matrix, from, to);
}

const plus = (one: Float64Array, other: Float64Array): Float64Array => one.map((value, k) => value + other[k]);

function around(matrix: Float64Array, from: Float64Array, to: Float64Array): LinearMap {
  const turned = product(matrix, from, from.length);
  return { matrix, translation: to.map((value, d) => value - turned[d]) };
}

function momentsOf({ points, aims, weights, dimension }: Aims): Moments {
  const [from, to] = [new Float64Array(dimension), new Float64Array(dimension)];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  weights.forEach((weight, i) => {
    for (let d = 0; d < dimension; d++) {
      from[d] += (weight / total) * points[i * dimension + d];
      to[d] += (weight / total) * aims[i * dimension + d];
    }
  });
  const across = new Float64Array(dimension ** 2);
  const own = new Float64Array(dimension ** 2);
  weights.forEach((weight, i) => {
    for (let r = 0; r < dimension; r++) {
      for (let c = 0; c < dimension; c++) {
        const column = (weight / total) * (points[i * dimension + c] - from[c]);
        across[r * dimension + c] += (aims[i * dimension + r] - to[r]) * column;
        own[r * dimension + c] += (points[i * dimension + r] - from[r]) * column;
      }
    }
  });
  return { from, to, across, own };
}
