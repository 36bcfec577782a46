/** The determinant of a matrix, [n, n], by elimination with the largest pivots of each column. */
export function determinant(matrix: Float64Array, n: number): number {
  const a = matrix.slice();
  let product = 1;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let row = k + 1; row < n; row++) if (Math.abs(a[row * n + k]) > Math.abs(a[best * n + k])) best = row;
    const pivot = a[best * n + k];
    if (pivot === 0) return 0;
    if (best !== k) {
      product = -product;
      for (let c = k; c < n; c++) [a[k * n + c], a[best * n + c]] = [a[best * n + c], a[k * n + c]];
    }
    product *= pivot;
    for (let row = k + 1; row < n; row++) {
      const factor = a[row * n + k] / pivot;
      for (let c = k; c < n; c++) a[row * n + c] -= factor * a[k * n + c];
    }
  }
  return product;
}
