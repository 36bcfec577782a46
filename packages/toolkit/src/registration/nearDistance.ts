import type { Cloud } from './cloud.js';

/** How far points of a cloud are from the nearest ones of another, [N, D] and [M, D]: the root of the mean square. However densely points lie, it tells whether one lies on the other. */
export function nearDistance({ points, weights, dimension }: Cloud, others: ArrayLike<number>): number {
  let sum = 0;
  for (const [i, weight] of weights.entries()) {
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < others.length; at += dimension) {
      let square = 0;
      for (let d = 0; d < dimension; d++) square += (points[i * dimension + d] - others[at + d]) ** 2;
      if (square < least) least = square;
    }
    sum += weight * least;
  }
  return Math.sqrt(sum);
}
