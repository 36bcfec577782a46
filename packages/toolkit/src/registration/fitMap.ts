import { determinant, Matrix, SingularValueDecomposition, solve } from 'ml-matrix';
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
  /** sum_i w_i (aim_i - to) (point_i - from)', over the sum of weights; and the same of points alone. */
  readonly across: Matrix;
  readonly own: Matrix;
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
  const [here, there] = [from, to].map((middle) => Math.hypot(...middle));
  const ridge = RIDGE * across.norm() + ROUNDED * here * there || 1;
  const towardsIdentity = Matrix.add(across, Matrix.eye(aims.dimension).mul(ridge));
  const { leftSingularVectors: u, rightSingularVectors: v } = new SingularValueDecomposition(towardsIdentity);
  const signs = Array.from({ length: aims.dimension }, () => 1);
  // Without this a reflection could fit better than any rotation. The smallest singular value comes last.
  if (determinant(u.mmul(v.transpose())) < 0) signs[signs.length - 1] = -1;
  const rotation = u.mmul(Matrix.diag(signs)).mmul(v.transpose());
  const spread = own.trace();
  const isSpread = spread > ROUNDED * here ** 2;
  const factor = scale && isSpread ? Matrix.mul(rotation, across).sum() / spread : 1;
  return { ...around(rotation.mul(factor), from, to), scale: factor };
}

/** The linear map and shift that bring points nearest to their aims, in weighted squares; in directions without any spread it changes nothing. */
export function fitAffine(aims: Aims): LinearMap {
  const { from, to, across, own } = momentsOf(aims);
  const ridge = RIDGE * (own.trace() || 1);
  const identity = Matrix.eye(aims.dimension).mul(ridge);
  // matrix (own + ridge) = across + ridge
  const left = Matrix.add(own, identity);
  const matrix = solve(left.transpose(), Matrix.add(across, identity).transpose(), true).transpose();
  return around(matrix, from, to);
}

function around(matrix: Matrix, from: Float64Array, to: Float64Array): LinearMap {
  const turned = matrix.mmul(Matrix.columnVector(from)).to1DArray();
  return { matrix: Float64Array.from(matrix.to1DArray()), translation: to.map((value, d) => value - turned[d]) };
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
  const across = Matrix.zeros(dimension, dimension);
  const own = Matrix.zeros(dimension, dimension);
  weights.forEach((weight, i) => {
    for (let r = 0; r < dimension; r++) {
      for (let c = 0; c < dimension; c++) {
        const column = (weight / total) * (points[i * dimension + c] - from[c]);
        across.set(r, c, across.get(r, c) + (aims[i * dimension + r] - to[r]) * column);
        own.set(r, c, own.get(r, c) + (points[i * dimension + r] - from[r]) * column);
      }
    }
  });
  return { from, to, across, own };
}
