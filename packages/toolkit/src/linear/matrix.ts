/** The product of two matrices, [rows, n] and [n, columns]. */
export function product(left: Float64Array, right: Float64Array, n: number): Float64Array {
  const [rows, columns] = [left.length / n, right.length / n];
  const result = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < n; k++) {
      const factor = left[r * n + k];
      for (let c = 0; c < columns; c++) result[r * columns + c] += factor * right[k * columns + c];
    }
  }
  return result;
}

/** A square matrix, [n, n], with its rows as columns. */
export function transposed(matrix: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) result[c * n + r] = matrix[r * n + c];
  return result;
}

/** The matrix, [n, n], that multiplies by a number. */
export function multiple(value: number, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let k = 0; k < n; k++) result[k * n + k] = value;
  return result;
}

/** The sum of what is on the diagonal of a matrix, [n, n]. */
export function trace(matrix: Float64Array, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += matrix[k * n + k];
  return sum;
}
