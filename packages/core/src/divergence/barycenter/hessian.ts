import { factorInPlace, solveLower } from '../../linear/denseCholesky.js';
import { toFrame } from '../../measure/frame.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { pause, type Task } from '../../tasks/task.js';
import type { Evaluation } from './objective.js';
import type { BarycenterProblem } from './problem.js';

/**
 * The pivots of the systems below are 1 and more, or 0 to rounding where a measure's parts exchange no mass. Raising it damps directions in
 * which the objective hardly bends.
 */
const LEAST_PIVOT = 1e-13;

/**
 * The Hessian of the objective in the shares at all nodes, [N, N], up to what is constant along a row or a column:
 *
 *   eps sum_k w_k E_k b^(1/2) (I - b^(1/2) E_k' a E_k b^(1/2) + b^(1/2) b^(1/2)')^-1 b^(1/2) E_k' + eps K (I + a K)^-1
 *
 * with E_k = exp((f + g - C) / eps), K = exp((f_aa + f_aa - C) / eps) and weights as diagonal matrices: by the implicit function theorem
 * from f = T_b g, g = T_a f and f_aa = T_a f_aa. N and the numbers of points take N^3 operations.
 */
export function* hessian(problem: BarycenterProblem, { shares, results }: Evaluation): Task<Float64Array> {
  const { support, measures, weights, epsilon, count } = problem;
  const found = new Float64Array(count * count);
  const own = results[0].potentials.f_aa as Float64Array;
  yield* addSelf(found, kernel(problem, support, own, support, own), shares, epsilon);
  for (const [k, { potentials }] of results.entries()) {
    const pairs = kernel(problem, support, potentials.f_ba, measures[k], potentials.g_ab);
    yield* addCross(found, pairs, shares, measures[k].weights, weights[k] * epsilon);
  }
  return found;
}

/** exp((f_i + g_j - C_ij) / eps), [N, M]. */
function kernel(
  { frame, p, epsilon }: BarycenterProblem,
  rows: CheckedMeasure,
  f: Float64Array,
  columns: CheckedMeasure,
  g: Float64Array,
): Float64Array {
  const [x, y] = [toFrame(rows, frame), toFrame(columns, frame)];
  const { dimension } = rows;
  const [n, m] = [rows.count, columns.count];
  const entries = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let squared = 0;
      for (let c = 0; c < dimension; c++) squared += (x[i * dimension + c] - y[j * dimension + c]) ** 2;
      entries[i * m + j] = Math.exp((f[i] + g[j] - (p === 2 ? squared / 2 : Math.sqrt(squared))) / epsilon);
    }
  }
  return entries;
}

/** Adds the part of a transport: factor W W' with the rows of W solving L w = b^(1/2) E_i. */
function* addCross(
  into: Float64Array,
  pairs: Float64Array,
  shares: Float64Array,
  weights: Float64Array,
  factor: number,
): Task<void> {
  const [n, m] = [shares.length, weights.length];
  const rows = pairs.map((entry, k) => entry * Math.sqrt(weights[k % m]));
  const system = new Float64Array(m * m);
  for (let j = 0; j < m; j++) {
    for (let l = 0; l <= j; l++) system[j * m + l] = Math.sqrt(weights[j] * weights[l]) + (j === l ? 1 : 0);
  }
  for (let i = 0; i < n; i++) {
    if (shares[i] === 0) continue;
    for (let j = 0; j < m; j++) {
      const scaled = shares[i] * rows[i * m + j];
      if (scaled === 0) continue;
      for (let l = 0; l <= j; l++) system[j * m + l] -= scaled * rows[i * m + l];
    }
  }
  yield* pause();
  factorInPlace(system, m, () => LEAST_PIVOT);
  for (let i = 0; i < n; i++) solveLower(system, m, rows.subarray(i * m, (i + 1) * m));
  yield* pause();
  yield* addProducts(into, rows, n, m, factor);
}

/** Adds the part of the measure with itself: eps (K - V' V), V solving L V = a^(1/2) K. */
function* addSelf(into: Float64Array, pairs: Float64Array, shares: Float64Array, epsilon: number): Task<void> {
  const n = shares.length;
  const roots = shares.map(Math.sqrt);
  const system = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) system[i * n + j] = roots[i] * pairs[i * n + j] * roots[j] + (i === j ? 1 : 0);
  }
  factorInPlace(system, n, () => LEAST_PIVOT);
  yield* pause();
  const rows = pairs.map((entry, k) => entry * roots[k % n]);
  for (let i = 0; i < n; i++) solveLower(system, n, rows.subarray(i * n, (i + 1) * n));
  yield* pause();
  for (let k = 0; k < into.length; k++) into[k] += epsilon * pairs[k];
  yield* addProducts(into, rows, n, n, -epsilon);
}

/** Adds the scalar products of rows, times a factor. */
function* addProducts(into: Float64Array, rows: Float64Array, n: number, m: number, factor: number): Task<void> {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let l = 0; l < m; l++) product += rows[i * m + l] * rows[j * m + l];
      into[i * n + j] += factor * product;
      if (j < i) into[j * n + i] += factor * product;
    }
    if (i % 64 === 63) yield* pause();
  }
}
