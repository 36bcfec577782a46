import { factorInPlace, solveLower, solveUpper } from '../../linear/denseCholesky.js';
import { pause, type Task } from '../../tasks/task.js';

/** What is added to the diagonal, relative to its mean, where the objective hardly bends. Raising it takes more Newton steps there. */
const RIDGE = 1e-13;
/** How often all nodes on the wrong side change it at once without there being fewer, before they do so one by one (Júdice and Pires 1994). */
const PATIENCE = 3;
/** Changes of side at most, times the number of nodes. */
const MOST_CHANGES = 3;
/** How far below 0, relative to the largest slope, a slope counts as 0. */
const ROUNDING = 1e-13;

/**
 * The z with the least G'(z - a) + (z - a)' H (z - a) / 2 among shares, z >= 0 that add up to 1: by block principal pivoting, which guesses
 * the nodes that have mass and mends all guesses at once (Júdice and Pires 1994).
 */
export function* simplexMinimum(hessian: Float64Array, gradient: Float64Array, from: Float64Array): Task<Float64Array> {
  const n = from.length;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += hessian[i * n + i];
  const ridge = (RIDGE * trace) / n;
  // The slope at z = 0.
  const slope = gradient.map((value, i) => {
    let product = ridge * from[i];
    for (let j = 0; j < n; j++) product += hessian[i * n + j] * from[j];
    return value - product;
  });
  const isFree = Array.from(from, (share) => share > 0);
  let best = n + 1;
  let patience = PATIENCE;
  for (let change = 0; change < MOST_CHANGES * n; change++) {
    yield* pause();
    const free = isFree.flatMap((is, i) => (is ? [i] : []));
    const shares = freeMinimum(hessian, slope, free, ridge);
    const wrong = isFree.flatMap((is, i) =>
      (is ? shares.values[i] < 0 : slopeAt(i, shares) < -tolerance()) ? [i] : [],
    );
    if (wrong.length === 0) return normalised(shares.values);
    if (wrong.length < best) [best, patience] = [wrong.length, PATIENCE];
    else patience -= 1;
    const changed = patience >= 0 ? wrong : wrong.slice(-1);
    for (const i of changed) isFree[i] = !isFree[i];
    if (!isFree.includes(true)) isFree[changed[0]] = true;
  }
  // It cycles: what is feasible of the last guess is a direction still.
  const free = isFree.flatMap((is, i) => (is ? [i] : []));
  return normalised(freeMinimum(hessian, slope, free, ridge).values);

  function slopeAt(i: number, { values, level }: Minimum): number {
    let at = slope[i] - level + ridge * values[i];
    for (let j = 0; j < n; j++) if (values[j] !== 0) at += hessian[i * n + j] * values[j];
    return at;
  }

  function tolerance(): number {
    return ROUNDING * gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  }
}

/** A minimum where some nodes alone have mass, of either sign; `level` is the slope that all of these have. */
interface Minimum {
  readonly values: Float64Array;
  readonly level: number;
}

function freeMinimum(hessian: Float64Array, slope: Float64Array, free: readonly number[], ridge: number): Minimum {
  const n = slope.length;
  const m = free.length;
  const system = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) system[i * m + j] = hessian[free[i] * n + free[j]] + (i === j ? ridge : 0);
  }
  factorInPlace(system, m, () => ridge);
  const solve = (vector: Float64Array) => {
    solveLower(system, m, vector);
    solveUpper(system, m, vector);
    return vector;
  };
  const ones = solve(new Float64Array(m).fill(1));
  const down = solve(Float64Array.from(free, (i) => slope[i]));
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const level = (1 + sum(down)) / sum(ones);
  const values = new Float64Array(n);
  for (let i = 0; i < m; i++) values[free[i]] = level * ones[i] - down[i];
  return { values, level };
}

function normalised(values: Float64Array): Float64Array {
  const shares = values.map((value) => Math.max(0, value));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}
