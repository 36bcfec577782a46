import { addProducts, factorChunked, solveLower, solveLowerRows, solveUpper } from '../../linear/denseCholesky.js';
import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import { picked } from '../../transport/newton/hostElement.js';
import type { HostPoints } from '../../transport/newton/pairCosts.js';
import type { HostBarycenter } from './hostBarycenter.js';
import type { HostEvaluation } from './hostObjective.js';

/**
 * Pivots of the systems below are 1 and more, or 0 to rounding where a measure's parts exchange no mass. Raising it damps directions in
 * which the objective hardly bends.
 */
const LEAST_PIVOT = 1e-13;
/** Entries of normalised plans below this are none: their squares are below rounding. */
const NEGLIGIBLE = 1e-13;

/**
 * The Hessian of the objective in the masses of some nodes, as if the others had none, scaled by their roots, a^(1/2) H a^(1/2), up to what is constant along rows or
 * columns: its lower triangle, [n, n]. With plans P_k of rows r and columns c, and K of the masses with themselves, both normalised,
 * E = r^(-1/2) P c^(-1/2), damping l = 1 / (1 + eps / rho) and d = (r / a)^(1/2), it is
 *
 *   l eps sum_k w_k d_k E_k (I - l^2 E_k' E_k + u u')^-1 E_k' d_k + eps / l d (I - (I + l K)^-1) d
 *
 * by the implicit function theorem from f = l T_b g, g = l T_a f and f_aa = l T_a f_aa; u = c^(1/2) where all mass is met, 0 elsewhere.
 * So scaled no entry is above eps / l, however far a node lies from all mass and however little it has. It takes n^3 operations.
 */
export function* curvature(host: HostBarycenter, at: HostEvaluation, nodes: Uint32Array): Task<Float64Array> {
  const { epsilon, rho, weights, measures, nodes: all, count } = host;
  const n = nodes.length;
  const factor = damping(epsilon, rho);
  const points = picked(all, nodes, all.length / count);
  const shares = picked(at.shares, nodes, 1);
  const found = new Float64Array(n * n);
  /** exp(-f / 2 rho), which is 1 where all mass is met. */
  const rootShare = (potential: Float64Array) => potential.map((value) => Math.exp(-value / (2 * rho)));
  if (at.own) {
    const own = picked(at.own, nodes, 1);
    const pairs = yield* normalisedPlan(host, { points, weights: shares, f: own }, { points, weights: shares, f: own });
    yield* addSelf(found, pairs, rootShare(own), epsilon / factor, factor);
  } else {
    for (let i = 0; i < n; i++) found[i * n + i] += epsilon;
  }
  for (const [k, { element }] of measures.entries()) {
    const f = picked(at.f[k], nodes, 1);
    const columns = { points: element.supportPoints, weights: element.side.weights, f: at.g[k] };
    const pairs = yield* normalisedPlan(host, { points, weights: shares, f }, columns);
    const met = rho === Number.POSITIVE_INFINITY ? element.side.weights.map(Math.sqrt) : undefined;
    yield* addCross(found, pairs, rootShare(f), met, weights[k] * factor * epsilon, factor);
  }
  return found;
}

/** Solves (a^(1/2) H a^(1/2) + diag(slacks)) u = v, for as many v as there are, in their place. */
export function* solverOf(curved: Float64Array, slacks: Float64Array): Task<(vector: Float64Array) => void> {
  const n = slacks.length;
  let trace = 0;
  for (let i = 0; i < n; i++) {
    curved[i * n + i] += slacks[i];
    trace += curved[i * n + i];
  }
  const ridge = (RIDGE * trace) / n;
  for (let i = 0; i < n; i++) curved[i * n + i] += ridge;
  yield* factorChunked(curved, n, ridge);
  return (vector) => {
    solveLower(curved, n, vector);
    solveUpper(curved, n, vector);
  };
}

/** What is added to the diagonal, relative to its mean, where the objective hardly bends. Raising it takes more steps there. */
const RIDGE = 1e-14;

interface PlanSide {
  readonly points: HostPoints;
  readonly weights: Float64Array;
  readonly f: Float64Array;
}

/** r^(-1/2) P c^(-1/2), [N, M], with the masses r = a exp(-f / rho) and c that the plan is to take. */
function* normalisedPlan(
  { costs, epsilon, rho }: HostBarycenter,
  rows: PlanSide,
  columns: PlanSide,
): Task<Float64Array> {
  const between = costs(rows.points, columns.points);
  const m = columns.f.length;
  const scores = ({ weights, f }: PlanSide) =>
    weights.map((weight, i) => Math.log(weight) / 2 + f[i] / epsilon + f[i] / (2 * rho));
  const [own, other] = [scores(rows), scores(columns)];
  const entries = new Float64Array(rows.f.length * m);
  const fill = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const row = entries.subarray(i * m, (i + 1) * m);
      between.row(i, row);
      for (let j = 0; j < m; j++) {
        const entry = Math.exp(own[i] + other[j] - row[j] / epsilon);
        row[j] = entry > NEGLIGIBLE ? entry : 0;
      }
    }
  };
  yield* chunked(rows.f.length, fill, Math.ceil((1 << 18) / m));
  return entries;
}

/** Adds the part of a transport: factor W W' with the rows of W solving L w = d_i E_i. */
function* addCross(
  into: Float64Array,
  rows: Float64Array,
  rootShare: Float64Array,
  met: Float64Array | undefined,
  factor: number,
  damped: number,
): Task<void> {
  const n = rootShare.length;
  const m = rows.length / n;
  const system = new Float64Array(m * m);
  for (let j = 0; j < m; j++) {
    if (met) for (let l = 0; l <= j; l++) system[j * m + l] = met[j] * met[l];
    system[j * m + j] += 1;
  }
  const columns = new Uint32Array(m);
  const subtract = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const row = i * m;
      let length = 0;
      for (let j = 0; j < m; j++) if (rows[row + j] !== 0) columns[length++] = j;
      for (let a = 0; a < length; a++) {
        const value = damped * damped * rows[row + columns[a]];
        const at = columns[a] * m;
        for (let b = 0; b <= a; b++) system[at + columns[b]] -= value * rows[row + columns[b]];
      }
      for (let j = 0; j < m; j++) rows[row + j] *= rootShare[i];
    }
  };
  yield* chunked(n, subtract, Math.ceil((1 << 22) / (m * m)));
  yield* factorChunked(system, m, LEAST_PIVOT);
  yield* solveLowerRows(system, m, rows);
  yield* addProducts(into, n, rows, factor);
}

/** Adds the part of the masses with themselves: factor d (I - V' V) d, V solving L V = 1. */
function* addSelf(
  into: Float64Array,
  pairs: Float64Array,
  rootShare: Float64Array,
  factor: number,
  damped: number,
): Task<void> {
  const n = rootShare.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) pairs[i * n + j] = damped * pairs[i * n + j] + (i === j ? 1 : 0);
  }
  yield* factorChunked(pairs, n, LEAST_PIVOT);
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    inverse[i * n + i] = rootShare[i];
    into[i * n + i] += factor * rootShare[i] ** 2;
  }
  yield* solveLowerRows(pairs, n, inverse, true);
  yield* addProducts(into, n, inverse, -factor, true);
}
