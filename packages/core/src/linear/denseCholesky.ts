/**
 * Puts the lower Cholesky factor L of a symmetric matrix A = L L' in place of A's lower triangle, [n, n] row by row; the upper one is
 * not touched. Pivots are at least as large as is said for each row: below that they are rounding.
 */
export function factorInPlace(matrix: Float64Array, size: number, leastPivot: (row: number) => number): void {
  for (let j = 0; j < size; j++) {
    for (let k = 0; k <= j; k++) {
      let value = matrix[j * size + k];
      for (let l = 0; l < k; l++) value -= matrix[j * size + l] * matrix[k * size + l];
      matrix[j * size + k] = k < j ? value / matrix[k * size + k] : Math.sqrt(Math.max(value, leastPivot(j)));
    }
  }
}

/** Solves L u = v for the lower factor, in place of v. */
export function solveLower(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let j = 0; j < size; j++) {
    let value = vector[j];
    for (let l = 0; l < j; l++) value -= factor[j * size + l] * vector[l];
    vector[j] = value / factor[j * size + j];
  }
}

/** Solves L' u = v, in place of v. */
export function solveUpper(factor: Float64Array, size: number, vector: Float64Array): void {
  for (let j = size - 1; j >= 0; j--) {
    const value = vector[j] / factor[j * size + j];
    vector[j] = value;
    for (let l = 0; l < j; l++) vector[l] -= factor[j * size + l] * value;
  }
}
