import { scoreRow } from './scoreRow.js';
import { factorOf, type SoftminProblem } from './softminLoop.js';

/**
 * The loops for a softmin of the squared distance in three dimensions and, along with it, the mean of x_i - y_j under the
 * row's softmax: what gradients are made of.
 */
export function softminGradientLoop(problem: SoftminProblem): { potential: Float64Array; gradient: Float64Array } {
  const { p, dimension, x, y, h, epsilon } = problem;
  if (p !== 2 || dimension !== 3) throw new RangeError('the loop is for p = 2 in three dimensions');
  const scores = new Float64Array(h.length);
  const fill = scoreRow(p, dimension);
  const factor = factorOf(problem);
  const gradient = new Float64Array(x.length);
  const potential = Float64Array.from({ length: x.length / 3 }, (_, i) => {
    const largest = fill(x, y, h, factor, i, scores);
    const total = addRow(x, y, scores, largest, i, gradient);
    return -epsilon * (largest + Math.log(total));
  });
  return { potential, gradient };
}

function addRow(
  x: Float64Array,
  y: Float64Array,
  scores: Float64Array,
  largest: number,
  i: number,
  gradient: Float64Array,
): number {
  const x0 = x[3 * i];
  const x1 = x[3 * i + 1];
  const x2 = x[3 * i + 2];
  let total = 0;
  let m0 = 0;
  let m1 = 0;
  let m2 = 0;
  for (let j = 0; j < scores.length; j++) {
    const weight = Math.exp(scores[j] - largest);
    total += weight;
    m0 += weight * (x0 - y[3 * j]);
    m1 += weight * (x1 - y[3 * j + 1]);
    m2 += weight * (x2 - y[3 * j + 2]);
  }
  gradient[3 * i] = m0 / total;
  gradient[3 * i + 1] = m1 / total;
  gradient[3 * i + 2] = m2 / total;
  return total;
}
