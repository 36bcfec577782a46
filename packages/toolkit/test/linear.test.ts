/** The decompositions of small matrices, against a library of linear algebra and by what defines them. */
import { drawsFrom } from '@sinkhorn/core/random';
import {
  determinant as determinantOf,
  EigenvalueDecomposition,
  Matrix,
  SingularValueDecomposition,
  solve,
} from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { determinant } from '../src/linear/determinant.js';
import { product, transposed } from '../src/linear/matrix.js';
import { leastSquares, singularValues } from '../src/linear/singularValues.js';
import { spectrum } from '../src/linear/spectrum.js';

const numbers = (count: number, seed: number) => {
  const draw = drawsFrom(seed);
  return Float64Array.from({ length: count }, () => draw() / 2 ** 31 - 1);
};
const asMatrix = (values: Float64Array, rows: number, columns: number) =>
  Matrix.from1DArray(rows, columns, Array.from(values));
const farthest = (one: ArrayLike<number>, other: ArrayLike<number>) => {
  let most = 0;
  for (let k = 0; k < one.length; k++) most = Math.max(most, Math.abs(one[k] - other[k]));
  return most;
};
const symmetricOf = (values: Float64Array, n: number) =>
  values.map((value, k) => value + values[(k % n) * n + Math.floor(k / n)]);
/** Vectors, one a row, are orthogonal and of length 1. */
const unevenness = (vectors: Float64Array, count: number, size: number) => {
  let most = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      let sum = i === j ? -1 : 0;
      for (let k = 0; k < size; k++) sum += vectors[i * size + k] * vectors[j * size + k];
      most = Math.max(most, Math.abs(sum));
    }
  }
  return most;
};

describe('spectrum', () => {
  it.each([1, 2, 3, 4, 7, 20, 60])('of %i rows', (n) => {
    for (let seed = 0; seed < 10; seed++) {
      const matrix = symmetricOf(numbers(n * n, 100 * n + seed), n);
      const { values, vectors } = spectrum(matrix, n);
      const { realEigenvalues } = new EigenvalueDecomposition(asMatrix(matrix, n, n), { assumeSymmetric: true });
      const wanted = realEigenvalues.sort((a, b) => b - a);
      expect(farthest(values, wanted)).toBeLessThan(1e-13 * n);
      expect(unevenness(vectors, n, n)).toBeLessThan(1e-14 * n);
      const images = product(vectors, matrix, n);
      expect(
        farthest(
          images,
          vectors.map((value, k) => value * values[Math.floor(k / n)]),
        ),
      ).toBeLessThan(1e-13 * n);
    }
  });

  it('takes what is diagonal, of low rank, in blocks, and of any size', () => {
    const cases: [string, number, Float64Array][] = [
      ['zeros', 5, new Float64Array(25)],
      ['diagonal', 4, Float64Array.of(3, 0, 0, 0, 0, -1, 0, 0, 0, 0, 7, 0, 0, 0, 0, 3)],
      ['ones', 6, new Float64Array(36).fill(1)],
      ['blocks', 4, Float64Array.of(0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0)],
      ['large', 3, symmetricOf(numbers(9, 5), 3).map((value) => value * 1e150)],
      ['small', 3, symmetricOf(numbers(9, 6), 3).map((value) => value * 1e-150)],
      ['of sizes far apart', 3, Float64Array.of(1e-8, 1e-4, 1, 1e-4, 1, 1e4, 1, 1e4, 1e8)],
    ];
    for (const [name, n, matrix] of cases) {
      const size = Math.max(...matrix.map(Math.abs)) || 1;
      const { values, vectors } = spectrum(matrix, n);
      expect(unevenness(vectors, n, n), name).toBeLessThan(1e-14);
      const images = product(vectors, matrix, n);
      const wanted = vectors.map((value, k) => value * values[Math.floor(k / n)]);
      expect(farthest(images, wanted) / size, name).toBeLessThan(1e-14);
    }
  });
});

describe('singular values', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [6, 3],
    [16, 5],
  ])('of %i rows and %i columns', (rows, n) => {
    for (let seed = 0; seed < 20; seed++) {
      const matrix = numbers(rows * n, 1000 * rows + seed);
      // Some of low rank.
      if (seed % 4 === 1) for (let r = 0; r < rows; r++) matrix[r * n] = matrix[r * n + n - 1];
      if (seed % 4 === 2) matrix.fill(0);
      const { values, left, right } = singularValues(matrix, rows, n);
      const { diagonal } = new SingularValueDecomposition(asMatrix(matrix, rows, n));
      expect(farthest(values, diagonal)).toBeLessThan(1e-14);
      expect(Math.max(unevenness(left, n, rows), unevenness(right, n, n))).toBeLessThan(1e-14);
      const scaled = left.map((value, k) => value * values[Math.floor(k / rows)]);
      const turned = new Float64Array(rows * n);
      for (let r = 0; r < rows; r++) for (let k = 0; k < n; k++) turned[r * n + k] = scaled[k * rows + r];
      expect(farthest(product(turned, right, n), matrix)).toBeLessThan(1e-14);
    }
  });
});

it('least squares are those of the library, the shortest ones where many are equal', () => {
  for (let seed = 0; seed < 40; seed++) {
    const [rows, n] = [
      [3, 3],
      [9, 4],
      [2, 3],
    ][seed % 3];
    const matrix = numbers(rows * n, seed);
    if (seed % 5 === 1) for (let r = 0; r < rows; r++) matrix[r * n] = 2 * matrix[r * n + 1];
    const wanted = numbers(rows, seed + 500);
    const found = leastSquares(matrix, wanted, rows, n);
    // The pseudo-inverse of the normal equations, from the other decomposition.
    const { values, vectors } = spectrum(product(transposedOf(matrix, rows, n), matrix, rows), n);
    const right = product(transposedOf(matrix, rows, n), wanted, rows);
    const expected = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      if (values[k] < 1e-13 * values[0]) continue;
      let along = 0;
      for (let c = 0; c < n; c++) along += vectors[k * n + c] * right[c];
      for (let c = 0; c < n; c++) expected[c] += (along / values[k]) * vectors[k * n + c];
    }
    expect(farthest(found, expected)).toBeLessThan(1e-8);
    if (seed % 5 !== 1 && rows >= n) {
      const theirs = solve(asMatrix(matrix, rows, n), Matrix.columnVector(Array.from(wanted)), true).to1DArray();
      expect(farthest(found, theirs)).toBeLessThan(1e-10);
    }
  }
});

function transposedOf(matrix: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(matrix.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = matrix[r * columns + c];
  return result;
}

it('determinants are those of the library, and 0 where a row is nothing', () => {
  for (let n = 1; n < 7; n++) {
    const matrix = numbers(n * n, n);
    expect(Math.abs(determinant(matrix, n) - determinantOf(asMatrix(matrix, n, n)))).toBeLessThan(1e-13);
    expect(determinant(transposed(matrix, n), n)).toBeCloseTo(determinant(matrix, n), 12);
    matrix.fill(0, 0, n);
    expect(determinant(matrix, n)).toBe(0);
  }
});
