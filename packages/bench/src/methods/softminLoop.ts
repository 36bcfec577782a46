/**
 * The loop one would write by hand for -eps log sum_j exp(h_j - |x_i - y_j|^2 / (2 eps)) in three dimensions, with
 * h_j = log b_j + g_j / eps: what the library's formulas are held against.
 */
export function softminLoop(x: Float64Array, y: Float64Array, h: Float64Array, epsilon: number): Float64Array {
  const scores = new Float64Array(h.length);
  const factor = -0.5 / epsilon;
  return Float64Array.from({ length: x.length / 3 }, (_, i) => {
    const x0 = x[3 * i];
    const x1 = x[3 * i + 1];
    const x2 = x[3 * i + 2];
    for (let j = 0; j < h.length; j++) {
      const d0 = x0 - y[3 * j];
      const d1 = x1 - y[3 * j + 1];
      const d2 = x2 - y[3 * j + 2];
      scores[j] = h[j] + factor * (d0 * d0 + d1 * d1 + d2 * d2);
    }
    return -epsilon * logSumExp(scores);
  });
}

/** The same for the cost |x_i - y_j|. */
export function softminLoopDistance(x: Float64Array, y: Float64Array, h: Float64Array, epsilon: number): Float64Array {
  const scores = new Float64Array(h.length);
  const factor = -1 / epsilon;
  return Float64Array.from({ length: x.length / 3 }, (_, i) => {
    const x0 = x[3 * i];
    const x1 = x[3 * i + 1];
    const x2 = x[3 * i + 2];
    for (let j = 0; j < h.length; j++) {
      const d0 = x0 - y[3 * j];
      const d1 = x1 - y[3 * j + 1];
      const d2 = x2 - y[3 * j + 2];
      scores[j] = h[j] + factor * Math.sqrt(d0 * d0 + d1 * d1 + d2 * d2);
    }
    return -epsilon * logSumExp(scores);
  });
}

function logSumExp(scores: Float64Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < scores.length; j++) if (scores[j] > largest) largest = scores[j];
  let total = 0;
  for (let j = 0; j < scores.length; j++) total += Math.exp(scores[j] - largest);
  return largest + Math.log(total);
}
