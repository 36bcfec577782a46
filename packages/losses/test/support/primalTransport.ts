/**
 * Penalized entropic transport between a handful of points, solved as what it is: the smallest value of
 *
 *     <P, C> + eps KL(P | a x b) + sum_i a_i phi_x(P1_i / a_i) + sum_j b_j phi_y(P'1_j / b_j)
 *
 * over plans, by Newton steps within a barrier (Boyd and Vandenberghe, "Convex Optimization", 2004, chapter 11). There are no potentials, no
 * conjugates and no sweeps in it, nor anything of this library.
 */

/** phi of one side. */
export type PrimalPenalty =
  | { readonly kind: 'balanced' }
  | { readonly kind: 'kl' | 'tv' | 'berg' | 'hellinger' | 'quadratic'; readonly strength: number }
  | { readonly kind: 'range'; readonly low: number; readonly high: number };

export interface PrimalProblem {
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** [N, M] */
  readonly costs: readonly number[];
  readonly epsilon: number;
  readonly x: PrimalPenalty;
  readonly y: PrimalPenalty;
  /** The mass that goes, where that is held. */
  readonly mass?: number;
}

export interface PrimalSolution {
  readonly value: number;
  /** [N, M] */
  readonly plan: readonly number[];
  /** The value is at most so much above the smallest one. */
  readonly error: number;
}

interface Derivatives {
  readonly value: number;
  readonly slope: number;
  readonly curvature: number;
}

/** phi(t) where it is smooth. */
function smooth(penalty: PrimalPenalty, t: number): Derivatives {
  if (!('strength' in penalty)) return { value: 0, slope: 0, curvature: 0 };
  const { kind, strength: rho } = penalty;
  switch (kind) {
    case 'kl':
      return { value: rho * (t * Math.log(t) - t + 1), slope: rho * Math.log(t), curvature: rho / t };
    case 'berg':
      return { value: rho * (t - 1 - Math.log(t)), slope: rho * (1 - 1 / t), curvature: rho / t ** 2 };
    case 'hellinger':
      return {
        value: rho * (Math.sqrt(t) - 1) ** 2,
        slope: rho * (1 - 1 / Math.sqrt(t)),
        curvature: (rho / 2) * t ** -1.5,
      };
    case 'quadratic':
      return { value: (rho / 2) * (t - 1) ** 2, slope: rho * (t - 1), curvature: rho };
    default:
      return { value: 0, slope: 0, curvature: 0 };
  }
}

/** Linear functions c.z + c0 that stay above 0, each with a barrier. */
interface Bound {
  readonly coefficients: readonly (readonly [number, number])[];
  readonly constant: number;
}

const FIRST_BARRIER = 1e-1;
const LAST_BARRIER = 1e-12;

/** @throws Error where Newton steps do not get there, so that nothing is compared with nonsense. */
export function solvePrimal(problem: PrimalProblem): PrimalSolution {
  const { a, b, costs, epsilon } = problem;
  const [n, m] = [a.length, b.length];
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const [massX, massY] = [total(a), total(b)];
  const scale = Math.max(...costs, epsilon) * Math.max(massX, massY);

  // The sums that penalties are of: which entries, and over what.
  const sums = [
    ...a.map((weight, i) => ({ penalty: problem.x, weight, entries: range(m).map((j) => i * m + j), slack: -1 })),
    ...b.map((weight, j) => ({ penalty: problem.y, weight, entries: range(n).map((i) => i * m + j), slack: -1 })),
  ];
  let size = n * m;
  for (const sum of sums) if (sum.penalty.kind === 'tv') sum.slack = size++;

  const bounds: Bound[] = [];
  for (const { penalty, weight, entries, slack } of sums) {
    const share = (factor: number) => entries.map((k) => [k, factor / weight] as const);
    if (penalty.kind === 'tv') {
      bounds.push({ coefficients: [[slack, 1], ...share(-1)], constant: 1 });
      bounds.push({ coefficients: [[slack, 1], ...share(1)], constant: -1 });
    }
    if (penalty.kind === 'range') {
      bounds.push({ coefficients: share(-1), constant: penalty.high });
      if (penalty.low > 0) bounds.push({ coefficients: share(1), constant: -penalty.low });
    }
  }
  const held = sums.filter(({ penalty }) => penalty.kind === 'balanced').map(({ entries }) => entries);
  // Of both sides one sum follows from the others.
  if (held.length === n + m) held.pop();
  if (problem.mass !== undefined) held.push(range(n * m));

  // A plan within all bounds to begin with.
  const [least, most] = [[problem.x, massX] as const, [problem.y, massY] as const].reduce(
    ([low, high], [penalty, of]) => {
      if (penalty.kind === 'balanced') return [of, of];
      return penalty.kind === 'range'
        ? [Math.max(low, penalty.low * of), Math.min(high, penalty.high * of)]
        : [low, high];
    },
    [0, Number.POSITIVE_INFINITY],
  );
  const mass =
    problem.mass ?? (most === Number.POSITIVE_INFINITY ? Math.max(least, Math.min(massX, massY)) : (least + most) / 2);
  let z = new Float64Array(size);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) z[i * m + j] = (mass * a[i] * b[j]) / (massX * massY);
  for (const { slack, weight, entries } of sums) {
    if (slack >= 0) z[slack] = 1 + Math.abs(total(entries.map((k) => z[k])) / weight - 1);
  }

  /** What is minimized, without the barrier; infinite out of bounds. */
  const objective = (at: Float64Array): number => {
    let value = epsilon * massX * massY;
    for (let k = 0; k < n * m; k++) {
      const measure = a[Math.floor(k / m)] * b[k % m];
      if (!(at[k] > 0)) return Number.POSITIVE_INFINITY;
      value += at[k] * costs[k] + epsilon * (at[k] * Math.log(at[k] / measure) - at[k]);
    }
    for (const { penalty, weight, entries, slack } of sums) {
      if (slack >= 0) value += weight * (penalty as { strength: number }).strength * at[slack];
      else value += weight * smooth(penalty, total(entries.map((k) => at[k])) / weight).value;
    }
    return value;
  };
  const room = ({ coefficients, constant }: Bound, at: Float64Array) =>
    coefficients.reduce((sum, [k, factor]) => sum + factor * at[k], constant);
  const withBarrier = (at: Float64Array, barrier: number): number => {
    let value = objective(at);
    for (const bound of bounds) {
      const left = room(bound, at);
      if (!(left > 0)) return Number.POSITIVE_INFINITY;
      value -= barrier * Math.log(left);
    }
    return value;
  };

  let best: { readonly at: Float64Array; readonly error: number } | undefined;
  for (let barrier = FIRST_BARRIER; barrier > LAST_BARRIER / 2; barrier /= 10) {
    const weightOf = barrier * scale;
    let [decrement, change] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    // Entries that are far too small hardly count for the decrement: what they change by does.
    for (let step = 0; step < 2000 && (decrement > 1e-17 * scale || change > 1e-5); step++) {
      const gradient = new Float64Array(size);
      const hessian = range(size).map(() => new Float64Array(size));
      for (let k = 0; k < n * m; k++) {
        gradient[k] = costs[k] + epsilon * Math.log(z[k] / (a[Math.floor(k / m)] * b[k % m]));
        hessian[k][k] = epsilon / z[k];
      }
      for (const { penalty, weight, entries, slack } of sums) {
        if (slack >= 0) {
          gradient[slack] += weight * (penalty as { strength: number }).strength;
          continue;
        }
        const { slope, curvature } = smooth(penalty, total(entries.map((k) => z[k])) / weight);
        for (const k of entries) {
          gradient[k] += slope;
          for (const l of entries) hessian[k][l] += curvature / weight;
        }
      }
      for (const bound of bounds) {
        const left = room(bound, z);
        for (const [k, factor] of bound.coefficients) {
          gradient[k] -= (weightOf * factor) / left;
          for (const [l, other] of bound.coefficients) hessian[k][l] += (weightOf * factor * other) / left ** 2;
        }
      }
      const direction = newtonStep(hessian, gradient, held, z);
      decrement = -direction.reduce((sum, d, k) => sum + d * gradient[k], 0);
      change = direction.reduce((most, d, k) => Math.max(most, k < n * m ? Math.abs(d / z[k]) : 0), 0);
      let length = 1;
      for (let k = 0; k < n * m; k++) if (direction[k] < 0) length = Math.min(length, (-0.99 * z[k]) / direction[k]);
      const now = withBarrier(z, weightOf);
      let next = z;
      for (; length > 1e-12; length /= 2) {
        next = z.map((value, k) => value + length * direction[k]);
        if (withBarrier(next, weightOf) <= now + 1e-15 * Math.abs(now)) break;
      }
      if (!(length > 1e-12)) break;
      z = next;
    }
    // Newton's decrement is twice what is left; a barrier of b holds the value above the optimum by b a bound.
    const error = bounds.length * weightOf + Math.max(0, decrement);
    if (change < 1e-3 && error < (best?.error ?? Number.POSITIVE_INFINITY)) best = { at: z, error };
    if (bounds.length === 0) break;
  }
  if (!best) throw new Error('the oracle did not converge');
  // Rounding of sums.
  return { value: objective(best.at), plan: Array.from(best.at.subarray(0, n * m)), error: best.error + 1e-14 * scale };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, k) => k);

/** The step to the minimum of the quadratic model that leaves the held sums as they are; in units of the entries, which differ by powers. */
function newtonStep(
  hessian: readonly Float64Array[],
  gradient: Float64Array,
  held: readonly (readonly number[])[],
  z: Float64Array,
): Float64Array {
  const size = gradient.length;
  const units = hessian.map((row, k) => (row[k] > 0 ? 1 / Math.sqrt(row[k]) : z[k]));
  const order = size + held.length;
  const rows = range(order).map((r) => {
    const row = new Float64Array(order + 1);
    if (r < size) {
      for (let k = 0; k < size; k++) row[k] = hessian[r][k] * units[r] * units[k];
      row[order] = -gradient[r] * units[r];
    }
    return row;
  });
  held.forEach((entries, h) => {
    const largest = Math.max(...entries.map((k) => units[k]));
    for (const k of entries) {
      rows[size + h][k] = units[k] / largest;
      rows[k][size + h] = units[k] / largest;
    }
  });
  const solution = eliminated(rows);
  return Float64Array.from({ length: size }, (_, k) => solution[k] * units[k]);
}

/** Gaussian elimination with partial pivoting of rows that end with their right side. */
function eliminated(rows: Float64Array[]): Float64Array {
  const order = rows.length;
  for (let p = 0; p < order; p++) {
    let best = p;
    for (let r = p + 1; r < order; r++) if (Math.abs(rows[r][p]) > Math.abs(rows[best][p])) best = r;
    [rows[p], rows[best]] = [rows[best], rows[p]];
    // A step that is no number gets nowhere: what was found with a larger barrier stays.
    if (!(Math.abs(rows[p][p]) > 0)) return new Float64Array(order).fill(Number.NaN);
    for (let r = p + 1; r < order; r++) {
      const factor = rows[r][p] / rows[p][p];
      if (factor === 0) continue;
      for (let c = p; c <= order; c++) rows[r][c] -= factor * rows[p][c];
    }
  }
  const solution = new Float64Array(order);
  for (let r = order - 1; r >= 0; r--) {
    let rest = rows[r][order];
    for (let c = r + 1; c < order; c++) rest -= rows[r][c] * solution[c];
    solution[r] = rest / rows[r][r];
  }
  return solution;
}
