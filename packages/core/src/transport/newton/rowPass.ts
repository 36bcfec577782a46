import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import { expOfNegative } from './expOfNegative.js';
import { type HostProblem, type HostSide, massTaken } from './hostProblem.js';
import type { Pairs } from './pairs.js';

/** What a pass over pairs leaves: f = damp T g, and the plan that it makes with g. */
export interface Pass {
  /** f at the rows. */
  readonly f: Float64Array;
  /** The mass the plan takes from each row: its marginal there is met as the penalty asks. */
  readonly rowMass: Float64Array;
  /** The mass it brings to each column. */
  readonly columnMass: Float64Array;
}

/**
 * How much larger than the costs a temperature is where exp(-C / eps) - 1 tells more than exp(-C / eps) does: two bits there. Raising it
 * uses the plain form for longer, which loses digits.
 */
export const WIDE = 4;

/** Pairs of about one chunk of work, a number: some milliseconds. Raising it makes an abort wait longer. Chosen, not measured. */
export const PAIRS_AT_ONCE = 1 << 18;

/** What a pass is made of. */
interface Passing {
  readonly problem: HostProblem;
  readonly pairs: Pairs;
  readonly g: Float64Array;
  readonly epsilon: number;
  /** Receives the plan's entries, where they are wanted. */
  readonly plan?: Float64Array;
}

/** A pass, which can be interrupted. */
export function* rowPass(passing: Passing): Task<Pass> {
  const { rows, length } = passing.pairs;
  const { columns } = passing.problem.costs;
  const pass = {
    f: new Float64Array(rows),
    rowMass: new Float64Array(rows),
    columnMass: new Float64Array(columns),
  };
  const pairsOfRow = length === undefined ? columns : 1 + length / rows;
  yield* chunked(rows, (from, to) => passRows(passing, pass, from, to), Math.ceil(PAIRS_AT_ONCE / pairsOfRow));
  return pass;
}

/**
 * f_i = -damp eps log sum_j b_j exp((g_j - C_ij) / eps) and the plan pi_ij = a_i b_j exp((f_i + g_j - C_ij) / eps) for some rows
 * (Feydy et al. 2019, equation 8).
 */
function passRows({ problem, pairs, g, epsilon, plan }: Passing, pass: Pass, from: number, to: number): void {
  const { x, y, costScale, costs } = problem;
  const { column } = pairs;
  const { f, rowMass, columnMass } = pass;
  const damp = damping(epsilon, x.rho);
  const softmin = rowSoftmin({ columns: y, costScale, g, epsilon, pairs });
  const entries = plan ?? new Float64Array(costs.columns);
  for (let i = from; i < to; i++) {
    const begin = pairs.begin(i);
    const end = pairs.end(i);
    const shift = plan ? 0 : begin;
    f[i] = damp * softmin(entries, shift, begin, end);
    const taken = massTaken(x, x.weights[i], f[i]);
    rowMass[i] = taken;
    for (let k = begin; k < end; k++) {
      const entry = taken * entries[k - shift];
      entries[k - shift] = entry;
      columnMass[column[k]] += entry;
    }
  }
}

/** What the softmins of rows are over. */
export interface Softmins {
  readonly columns: HostSide;
  readonly costScale: number;
  readonly g: Float64Array;
  readonly epsilon: number;
  readonly pairs: Pick<Pairs, 'column' | 'cost'>;
}

/**
 * The softmin -eps log sum_j b_j exp((g_j - C_ij) / eps) over the entries `begin` to `end - 1`, whose shares of that sum it writes to
 * `entries`, `shift` places further to the front.
 */
export function rowSoftmin({
  columns,
  costScale,
  g,
  epsilon,
  pairs: { column, cost },
}: Softmins): (entries: Float64Array, shift: number, begin: number, end: number) => number {
  const { weights, logWeights, mass } = columns;
  const logMass = Math.log(mass);
  return epsilon > WIDE * costScale
    ? (entries, shift, begin, end) =>
        wideRow(entries, shift, begin, end, column, cost, g, weights, epsilon, mass, logMass)
    : (entries, shift, begin, end) => plainRow(entries, shift, begin, end, column, cost, g, logWeights, epsilon);
}

/** Writes b_j exp((g_j - C_ij) / eps) over their sum, and gives the softmin. */
function plainRow(
  entries: Float64Array,
  shift: number,
  begin: number,
  end: number,
  column: Uint32Array,
  cost: Float64Array,
  g: Float64Array,
  logWeights: Float64Array,
  epsilon: number,
): number {
  const inverse = 1 / epsilon;
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = begin; k < end; k++) {
    const score = (g[column[k]] - cost[k]) * inverse + logWeights[column[k]];
    entries[k - shift] = score;
    if (score > largest) largest = score;
  }
  let total = 0;
  for (let k = begin - shift; k < end - shift; k++) {
    const entry = expOfNegative(entries[k] - largest);
    entries[k] = entry;
    total += entry;
  }
  const scale = 1 / total;
  for (let k = begin - shift; k < end - shift; k++) entries[k] *= scale;
  return -epsilon * (largest + Math.log(total));
}

/** The same where all exponents are near 0: by expm1 and log1p no digit of the costs is lost. */
function wideRow(
  entries: Float64Array,
  shift: number,
  begin: number,
  end: number,
  column: Uint32Array,
  cost: Float64Array,
  g: Float64Array,
  weights: Float64Array,
  epsilon: number,
  mass: number,
  logMass: number,
): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = begin; k < end; k++) {
    const gain = g[column[k]] - cost[k];
    entries[k - shift] = gain;
    if (gain > largest) largest = gain;
  }
  let total = 0;
  for (let k = begin; k < end; k++) {
    const weight = weights[column[k]] / mass;
    const above = Math.expm1((entries[k - shift] - largest) / epsilon);
    entries[k - shift] = weight * (1 + above);
    total += weight * above;
  }
  const scale = 1 / (1 + total);
  for (let k = begin - shift; k < end - shift; k++) entries[k] *= scale;
  return -(largest + epsilon * Math.log1p(total)) - epsilon * logMass;
}
