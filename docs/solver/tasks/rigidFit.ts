import { determinant, Matrix, SingularValueDecomposition } from 'ml-matrix';

/** x -> rotation x + shift. */
export interface Pose {
  /** Row by row. */
  readonly rotation: readonly number[];
  readonly shift: readonly number[];
}

export const identityPose: Pose = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], shift: [0, 0, 0] };

/** The rotation and shift that bring each point of `from` as near as can be to its own of `to` (Kabsch 1976). */
export function rigidFit(from: ArrayLike<number>, to: ArrayLike<number>): Pose {
  const [a, b] = [meanOf(from), meanOf(to)];
  const covariance = Matrix.zeros(3, 3);
  for (let i = 0; i < from.length; i += 3) {
    for (let r = 0; r < 3; r++) {
      for (let c = 0; c < 3; c++) {
        covariance.set(r, c, covariance.get(r, c) + (to[i + r] - b[r]) * (from[i + c] - a[c]));
      }
    }
  }
  const { leftSingularVectors: u, rightSingularVectors: v } = new SingularValueDecomposition(covariance);
  // Without this a reflection could fit better than any rotation.
  const sign = determinant(u.mmul(v.transpose())) < 0 ? -1 : 1;
  const rotation = u
    .mmul(Matrix.diag([1, 1, sign]))
    .mmul(v.transpose())
    .to1DArray();
  const turned = apply(rotation, a);
  return { rotation, shift: b.map((value, d) => value - turned[d]) };
}

/** First one pose, then the other. */
export function then(first: Pose, second: Pose): Pose {
  const rotation = Matrix.from1DArray(3, 3, [...second.rotation])
    .mmul(Matrix.from1DArray(3, 3, [...first.rotation]))
    .to1DArray();
  return { rotation, shift: apply(second.rotation, first.shift).map((value, d) => value + second.shift[d]) };
}

export function moveBy({ rotation, shift }: Pose, points: Float64Array): Float64Array {
  const moved = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const turned = apply(rotation, [points[i], points[i + 1], points[i + 2]]);
    for (let d = 0; d < 3; d++) moved[i + d] = turned[d] + shift[d];
  }
  return moved;
}

/** The angle of a rotation, in degrees. */
export function angleOf(rotation: readonly number[]): number {
  const cosine = (rotation[0] + rotation[4] + rotation[8] - 1) / 2;
  return (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI;
}

function apply(rotation: readonly number[], [x, y, z]: readonly number[]): number[] {
  return [0, 3, 6].map((r) => rotation[r] * x + rotation[r + 1] * y + rotation[r + 2] * z);
}

function meanOf(points: ArrayLike<number>): number[] {
  const sums = [0, 0, 0];
  for (let k = 0; k < points.length; k++) sums[k % 3] += points[k];
  return sums.map((sum) => sum / (points.length / 3));
}
