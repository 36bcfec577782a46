import { scoreRow } from './scoreRow.js';

/** What a softmin is taken of: flat clouds, and h_j = log b_j + g_j / eps. */
export interface SoftminProblem {
  readonly p: 1 | 2;
  readonly dimension: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly h: Float64Array;
  readonly epsilon: number;
}

/** By how much the scores fall with |x - y|^p: costs are |x - y|^2 / 2 for p = 2 and |x - y| for p = 1. */
export const factorOf = ({ p, epsilon }: SoftminProblem): number => (p === 2 ? -0.5 : -1) / epsilon;

/**
 * The loops one would write by hand for -eps log sum_j exp(h_j - C(x_i, y_j) / eps): the scores of a row and the largest
 * of them, then their exponentials. What the library's formulas are compared with.
 */
export function softminLoop(problem: SoftminProblem): Float64Array {
  const { p, dimension, x, y, h, epsilon } = problem;
  const scores = new Float64Array(h.length);
  const fill = scoreRow(p, dimension);
  const factor = factorOf(problem);
  return Float64Array.from({ length: x.length / dimension }, (_, i) => {
    const largest = fill(x, y, h, factor, i, scores);
    return -epsilon * (largest + Math.log(sumOfExponentials(scores, largest)));
  });
}

function sumOfExponentials(scores: Float64Array, largest: number): number {
  let total = 0;
  for (let j = 0; j < scores.length; j++) total += Math.exp(scores[j] - largest);
  return total;
}
