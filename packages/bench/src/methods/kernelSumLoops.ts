/** The loop for sum_j b_j exp(-|x_i - y_j|^2 / 2 blur^2) in three dimensions. */
export function gaussianSumLoop(x: Float64Array, y: Float64Array, weights: Float64Array, blur: number): Float64Array {
  const factor = -0.5 / blur ** 2;
  return Float64Array.from({ length: x.length / 3 }, (_, i) => gaussianRow(x, y, weights, factor, i));
}

function gaussianRow(x: Float64Array, y: Float64Array, weights: Float64Array, factor: number, i: number): number {
  const x0 = x[3 * i];
  const x1 = x[3 * i + 1];
  const x2 = x[3 * i + 2];
  let total = 0;
  for (let j = 0; j < weights.length; j++) {
    const d0 = x0 - y[3 * j];
    const d1 = x1 - y[3 * j + 1];
    const d2 = x2 - y[3 * j + 2];
    total += weights[j] * Math.exp(factor * (d0 * d0 + d1 * d1 + d2 * d2));
  }
  return total;
}

/** The loop for sum_j -b_j |x_i - y_j| in three dimensions. */
export function energySumLoop(x: Float64Array, y: Float64Array, weights: Float64Array): Float64Array {
  return Float64Array.from({ length: x.length / 3 }, (_, i) => energyRow(x, y, weights, i));
}

function energyRow(x: Float64Array, y: Float64Array, weights: Float64Array, i: number): number {
  const x0 = x[3 * i];
  const x1 = x[3 * i + 1];
  const x2 = x[3 * i + 2];
  let total = 0;
  for (let j = 0; j < weights.length; j++) {
    const d0 = x0 - y[3 * j];
    const d1 = x1 - y[3 * j + 1];
    const d2 = x2 - y[3 * j + 2];
    total -= weights[j] * Math.sqrt(d0 * d0 + d1 * d1 + d2 * d2);
  }
  return total;
}
