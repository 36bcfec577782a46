import { add, type DoubleDouble, DoubleDoubles, from, multiply, toNumber } from './doubleDouble.js';

/** Represents a link too weak for doubles: what is cut off must be able to move. */
const WEAKEST = 1e-290;

/**
 * Solves L x = b, L the Laplacian of a bipartite graph with `links` [N, M] plus `excess` [N + M] on its diagonal.
 *
 * Elimination without a single subtraction in the matrix (Grassmann, Taksar and Heyman 1985): the diagonal is summed from what it
 * is to be, so that links of 1e-200 count beside those of 1. Where there is no excess at all the last unknown is 0.
 * Links weaker than `weakest` count as that.
 */
export function solveLaplacian(
  links: Float64Array,
  rows: number,
  columns: number,
  excess: Float64Array,
  right: DoubleDoubles,
  weakest = WEAKEST,
): Float64Array {
  const size = rows + columns;
  const weights = new Float64Array(size * size);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const link = Math.max(links[i * columns + j], weakest);
      weights[i * size + rows + j] = link;
      weights[(rows + j) * size + i] = link;
    }
  }
  const rest = excess.slice();
  const b = new DoubleDoubles(size);
  b.hi.set(right.hi);
  b.lo.set(right.lo);
  const diagonal = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    let sum = rest[k];
    for (let j = k + 1; j < size; j++) sum += weights[k * size + j];
    diagonal[k] = sum;
    if (!(sum > 0)) continue;
    const bk: DoubleDouble = b.get(k);
    for (let i = k + 1; i < size; i++) {
      const link = weights[i * size + k];
      if (link === 0) continue;
      const share = link / sum;
      for (let j = k + 1; j < size; j++) weights[i * size + j] += share * weights[k * size + j];
      weights[i * size + i] = 0;
      rest[i] += share * rest[k];
      b.set(i, add(b.get(i), multiply(bk, from(share))));
    }
  }
  const x = new Float64Array(size);
  for (let k = size - 1; k >= 0; k--) {
    if (!(diagonal[k] > 0)) continue;
    let sum = toNumber(b.get(k));
    for (let j = k + 1; j < size; j++) sum += weights[k * size + j] * x[j];
    x[k] = sum / diagonal[k];
  }
  return x;
}
