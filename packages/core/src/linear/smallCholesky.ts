import type { Rows } from './orthonormalized.js';

/** The lower Cholesky factor of a symmetric matrix, up to the row whose pivot is too small, if there is one. */
export interface SmallCholesky {
  readonly factor: Rows;
  /** That row. */
  readonly flat?: number;
}

/** Factorises a symmetric matrix of few rows, of which the lower triangle is read, as long as pivots are larger than what is said for each row. */
export function smallCholesky(matrix: Rows, least: (row: number) => number = () => 0): SmallCholesky {
  const factor: Float64Array[] = [];
  for (const [r, row] of matrix.entries()) {
    const own = solvedLower(factor, row);
    let pivot = row[r];
    for (let k = 0; k < r; k++) pivot -= own[k] ** 2;
    if (!(pivot > least(r))) return { factor: [...factor, own], flat: r };
    own[r] = Math.sqrt(pivot);
    factor.push(own);
  }
  return { factor };
}

/** Solves L u = v for a lower factor: as many numbers as it has rows, followed by zeros. */
export function solvedLower(factor: Rows, vector: Float64Array): Float64Array {
  const solved = new Float64Array(vector.length);
  for (const [r, row] of factor.entries()) {
    let value = vector[r];
    for (let k = 0; k < r; k++) value -= row[k] * solved[k];
    solved[r] = value / row[r];
  }
  return solved;
}

/** Solves L' u = v likewise. */
export function solvedUpper(factor: Rows, vector: Float64Array): Float64Array {
  const solved = new Float64Array(vector.length);
  for (let r = factor.length - 1; r >= 0; r--) {
    let value = vector[r];
    for (let k = r + 1; k < factor.length; k++) value -= factor[k][r] * solved[k];
    solved[r] = value / factor[r][r];
  }
  return solved;
}
