/** Solves a dense linear system, by Gaussian elimination with pivots. */
export function linearSolve(matrix: readonly (readonly number[])[], target: readonly number[]): number[] {
  const rows = matrix.map((entries, i) => [...entries, target[i]]);
  const size = rows.length;
  for (let i = 0; i < size; i++) {
    let pivot = i;
    for (let k = i + 1; k < size; k++) if (Math.abs(rows[k][i]) > Math.abs(rows[pivot][i])) pivot = k;
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let k = 0; k < size; k++) {
      if (k === i) continue;
      const factor = rows[k][i] / rows[i][i];
      for (let c = i; c <= size; c++) rows[k][c] -= factor * rows[i][c];
    }
  }
  return rows.map((entries, i) => entries[size] / entries[i]);
}

/** A dense matrix times a vector. */
export const times = (matrix: readonly (readonly number[])[], vector: ArrayLike<number>): number[] =>
  matrix.map((entries) => entries.reduce((sum, entry, k) => sum + entry * vector[k], 0));
