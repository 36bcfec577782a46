/** Dense factorisations, solves and products against their definitions, of sizes that no block divides. */
import { expect, test } from 'vitest';
import {
  addProducts,
  factorChunked,
  factorInPlace,
  solveLowerRows,
  solveUpper,
} from '../../src/linear/denseCholesky.js';
import { runSync } from '../../src/tasks/drivers.js';
import { draws } from '../support/draws.js';

test.each([1, 2, 3, 4, 5, 7, 8, 13])('a factor times its transpose is the matrix, %d rows', (n) => {
  const roots = draws(n * n, n);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      matrix[i * n + j] = Number(i === j);
      for (let l = 0; l < n; l++) matrix[i * n + j] += roots[i * n + l] * roots[j * n + l];
    }
  }
  const [factor, chunked] = [matrix.slice(), matrix.slice()];
  factorInPlace(factor, n, () => 1e-14);
  runSync(factorChunked(chunked, n, 1e-14));
  expect(chunked).toEqual(factor);
  const lower = factor.map((value, k) => (k % n <= Math.floor(k / n) ? value : 0));
  const products = new Float64Array(n * n);
  runSync(addProducts(products, n, lower, 2));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) expect(products[i * n + j]).toBeCloseTo(2 * matrix[i * n + j], 12);
    for (let j = i + 1; j < n; j++) expect(products[i * n + j]).toBe(0);
  }
  // The inverse by rows: L^-1, and from that (L^-1)' L^-1; full rows give the same as rows that begin at their own entry.
  for (const isUpper of [true, false]) {
    const rows = Float64Array.from({ length: n * n }, (_, k) => Number(Math.floor(k / n) === k % n));
    runSync(solveLowerRows(factor, n, rows, isUpper));
    const inverse = new Float64Array(n * n);
    runSync(addProducts(inverse, n, rows, 1, isUpper));
    for (let i = 0; i < n; i++) {
      const row = rows.slice(i * n, (i + 1) * n);
      solveUpper(factor, n, row);
      for (let j = 0; j <= i; j++) expect(row[j]).toBeCloseTo(inverse[i * n + j], 10);
      const back = Array.from({ length: n }, (_, j) =>
        row.reduce((sum, value, l) => sum + value * matrix[j * n + l], 0),
      );
      for (const [j, value] of back.entries()) expect(value).toBeCloseTo(Number(i === j), 10);
    }
  }
});
