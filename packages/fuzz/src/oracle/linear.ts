/** A pivot below this share of its row is nothing but rounding: its unknown is left at 0. */
const SINGULAR = 1e-13;

/**
 * Gaussian elimination with pivots of whole columns, of a square matrix, row by row.
 *
 * @returns What solves for any right side, and whether the matrix was singular.
 */
export function eliminated(matrix: Float64Array, size: number) {
  const lu = matrix.slice();
  const order = Array.from({ length: size }, (_, k) => k);
  const isFree = new Uint8Array(size);
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let i = k + 1; i < size; i++) {
      if (Math.abs(lu[i * size + k]) > Math.abs(lu[best * size + k])) best = i;
    }
    if (best !== k) {
      [order[k], order[best]] = [order[best], order[k]];
      for (let j = 0; j < size; j++) {
        [lu[k * size + j], lu[best * size + j]] = [lu[best * size + j], lu[k * size + j]];
      }
    }
    const pivot = lu[k * size + k];
    if (!(Math.abs(pivot) > SINGULAR)) {
      isFree[k] = 1;
      continue;
    }
    for (let i = k + 1; i < size; i++) {
      const factor = lu[i * size + k] / pivot;
      lu[i * size + k] = factor;
      if (factor === 0) continue;
      for (let j = k + 1; j < size; j++) lu[i * size + j] -= factor * lu[k * size + j];
    }
  }
  const solve = (right: Float64Array): Float64Array => {
    const x = Float64Array.from(order, (from) => right[from]);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < i; j++) if (!isFree[j]) x[i] -= lu[i * size + j] * x[j];
    }
    for (let i = size - 1; i >= 0; i--) {
      if (isFree[i]) {
        x[i] = 0;
        continue;
      }
      for (let j = i + 1; j < size; j++) x[i] -= lu[i * size + j] * x[j];
      x[i] /= lu[i * size + i];
    }
    return x;
  };
  return { solve, isSingular: isFree.includes(1) };
}
