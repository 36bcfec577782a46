import { atOnce } from '../tasks/preparing.js';
import { pause, type Task } from '../tasks/task.js';

/** The eigenvalues of a symmetric matrix, and its eigenvectors as the columns of a matrix. */
export interface SymmetricEigen {
  readonly values: Float64Array;
  /** [D, D], row by row: entry [i, k] is component i of the eigenvector of `values[k]`. */
  readonly vectors: Float64Array;
}

/** Rounds over all pairs of rows at most: each squares what is left off the diagonal once that is small, and 6 to 10 are enough. */
const MOST_ROUNDS = 60;

/**
 * Eigenvalues and eigenvectors by Jacobi's rotations: for some hundreds of rows at most, small eigenvalues to more digits than by a
 * tridiagonal form (Golub and Van Loan, Matrix Computations, section 8.5). Core has no runtime dependency, and this is all that it needs
 * of a library of linear algebra.
 */
export const symmetricEigen = (matrix: Float64Array, size: number): SymmetricEigen =>
  atOnce(symmetricEigenChunked(matrix, size));

/** The same as a task, which can be interrupted. */
export function* symmetricEigenChunked(matrix: Float64Array, size: number): Task<SymmetricEigen> {
  // Entries of about 1, whose squares there are; dividing by a power of 2 rounds nothing.
  const largest = matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const unit = largest > 0 ? 2 ** Math.floor(Math.log2(largest)) : 1;
  const a = matrix.map((value) => value / unit);
  const vectors = identity(size);
  const total = a.reduce((sum, value) => sum + value * value, 0);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let left = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) left += a[p * size + q] ** 2;
    }
    if (!(left > Number.EPSILON ** 2 * total * 1e-4)) break;
    for (let p = 0; p < size; p++) {
      yield* pause();
      for (let q = p + 1; q < size; q++) rotate(a, vectors, size, p, q);
    }
  }
  return { values: Float64Array.from({ length: size }, (_, k) => unit * a[k * size + k]), vectors };
}

/** Turns rows and columns p and q so that entry [p, q] becomes 0. */
function rotate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const off = a[p * size + q];
  if (off === 0) return;
  const slope = (a[q * size + q] - a[p * size + p]) / (2 * off);
  const tangent = (slope >= 0 ? 1 : -1) / (Math.abs(slope) + Math.hypot(1, slope));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  for (let k = 0; k < size; k++) {
    const [u, v] = [a[k * size + p], a[k * size + q]];
    a[k * size + p] = cosine * u - sine * v;
    a[k * size + q] = sine * u + cosine * v;
  }
  for (let k = 0; k < size; k++) {
    const [u, v] = [a[p * size + k], a[q * size + k]];
    a[p * size + k] = cosine * u - sine * v;
    a[q * size + k] = sine * u + cosine * v;
  }
  a[p * size + q] = 0;
  a[q * size + p] = 0;
  for (let k = 0; k < size; k++) {
    const [u, v] = [vectors[k * size + p], vectors[k * size + q]];
    vectors[k * size + p] = cosine * u - sine * v;
    vectors[k * size + q] = sine * u + cosine * v;
  }
}

export function identity(size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  for (let k = 0; k < size; k++) matrix[k * size + k] = 1;
  return matrix;
}

/** The product of square matrices. */
export function product(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k];
      if (factor === 0) continue;
      for (let j = 0; j < size; j++) result[i * size + j] += factor * b[k * size + j];
    }
  }
  return result;
}

/** A matrix that is symmetric but for rounding, without that. */
export const symmetric = (a: Float64Array, size: number): Float64Array =>
  a.map((value, k) => (value + a[(k % size) * size + Math.floor(k / size)]) / 2);

/** A function of a symmetric matrix: the same eigenvectors, with the function of each eigenvalue. */
export function matrixFunction({ values, vectors }: SymmetricEigen, of: (value: number) => number): Float64Array {
  const size = values.length;
  const result = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const factor = of(values[k]);
    for (let i = 0; i < size; i++) {
      const scaled = factor * vectors[i * size + k];
      for (let j = 0; j < size; j++) result[i * size + j] += scaled * vectors[j * size + k];
    }
  }
  return result;
}
