import type { Backend } from '../../backend/backend.js';
import { type CostMatrices, costMatrix } from '../../geometry/matrix/costMatrix.js';
import type { PenaltyIn } from '../../marginal/penaltyOptions.js';
import type { WeightsPair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { uploadWeights } from '../../measure/weights.js';
import type { Task } from '../../tasks/task.js';
import { annealing } from '../../transport/annealing.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import { annealedNewton } from '../../transport/newton/annealedNewton.js';
import { hostSide } from '../../transport/newton/hostProblem.js';
import type { PairCosts } from '../../transport/newton/pairCosts.js';
import { type CertifiedResult, solveByGap } from './solveByGap.js';

/** Transport between points that are known by their costs alone. */
export interface MatrixProblem {
  readonly costs: CostMatrices;
  readonly epsilon: number;
  readonly penalty: Readonly<Record<Side, PenaltyIn>>;
  readonly debias: boolean;
  readonly tolerance?: number;
  readonly accuracy: number;
  readonly maxIterations: number;
}

/** Up to so many entries Newton's method on the host finds the potentials, and sweeps only confirm them. Chosen, not measured. */
const FEW_ENTRIES = 1e5;
/** The marginal error that it is asked for. */
const TARGET = 1e-13;

/** Solves transport whose costs are a matrix: by Newton's method where the matrix is small, by sweeps on the backend elsewhere. */
export function* solveMatrix(
  backend: Backend,
  pair: WeightsPair,
  problem: MatrixProblem,
  start?: HostPotentials,
): Task<CertifiedResult> {
  const { costs, epsilon, penalty, debias, tolerance, accuracy, maxIterations } = problem;
  const [n, m] = [pair.x.count, pair.y.count];
  const spread = spreadOf(costs.xy);
  const epsilons = annealing({ diameter: spread, blur: epsilon, scaling: 0.5, p: 1 });
  const found = start ?? (yield* byNewton(pair, problem, epsilons, spread));
  const certified = {
    pair,
    penalty,
    debias,
    wantsPlan: true,
    isSame: false,
    first: 'x' as const,
    tolerance,
    accuracy,
    maxIterations,
    *on(space: Parameters<typeof uploadWeights>[0]) {
      const energy = space.backend.precision === 'float32' ? Math.max(spread, epsilon) : 1;
      return {
        geometry: yield* costMatrix(space, costs, [n, m], energy),
        x: uploadWeights(space, pair.x),
        y: uploadWeights(space, pair.y),
        units: { energy, length: 1 },
        epsilons: epsilons.map((value) => value / energy),
        costScale: spread / energy,
      };
    },
  };
  // What Newton's method found has more digits than float32.
  const device = found && !start ? (backend.inFloat64 ?? backend) : backend;
  return yield* solveByGap(device, certified, [], found);
}

function spreadOf(costs: Float64Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const cost of costs) {
    low = Math.min(low, cost);
    high = Math.max(high, Math.abs(cost));
  }
  return Math.max(high, high - low);
}

/** The potentials of a small problem whose marginals are held or paid for by Kullback and Leibler's divergence; undefined for others. */
function* byNewton(
  { x, y }: WeightsPair,
  { costs, epsilon, penalty, maxIterations }: MatrixProblem,
  epsilons: readonly number[],
  costScale: number,
): Task<HostPotentials | undefined> {
  const [ofX, ofY] = [penalty.x(1, 'float64'), penalty.y(1, 'float64')];
  if (x.count * y.count > FEW_ENTRIES || ofX.rate === undefined || ofY.rate === undefined) return undefined;
  const isBalanced = ofX.balanced && ofY.balanced;
  const mass = isBalanced ? x.masses[0] : 1;
  const [rows, columns] = [supportOf(x.weights), supportOf(y.weights)];
  const pairs: PairCosts = {
    rows: rows.length,
    columns: columns.length,
    dimension: 0,
    row(i, into) {
      const from = rows[i] * y.count;
      for (let k = 0; k < columns.length; k++) into[k] = costs.xy[from + columns[k]];
    },
    slope() {},
  };
  const sideOf = (weights: Float64Array, support: Uint32Array, rho: number, total: number) =>
    hostSide(
      Float64Array.from(support, (i) => weights[i] / total),
      isBalanced ? 1 : total,
      rho,
    );
  const host = {
    costs: pairs,
    x: sideOf(x.weights, rows, ofX.scale, isBalanced ? x.masses[0] : 1),
    y: sideOf(y.weights, columns, ofY.scale, isBalanced ? y.masses[0] : 1),
    costScale,
  };
  const found = yield* annealedNewton(host, epsilons, new Float64Array(columns.length), {
    target: TARGET,
    maxIterations,
  });
  if (!found) return undefined;
  const shift = (epsilon / 2) * Math.log(mass);
  const everywhere = (potential: Float64Array, support: Uint32Array, count: number) => {
    const values = new Float64Array(count);
    for (const [k, i] of support.entries()) values[i] = potential[k] - shift;
    return values;
  };
  return { f_ba: everywhere(found.f, rows, x.count), g_ab: everywhere(found.g, columns, y.count) };
}

const supportOf = (weights: Float64Array): Uint32Array =>
  Uint32Array.from(weights.keys()).filter((i) => weights[i] > 0);

/** The plan that potentials make of costs, [N, M]: a_i b_j exp((f_i + g_j - C_ij) / eps). */
export function planOfMatrix(
  costs: Float64Array,
  a: Float64Array,
  b: Float64Array,
  f: Float64Array,
  g: Float64Array,
  epsilon: number,
): Float64Array {
  const plan = new Float64Array(costs.length);
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      const k = i * b.length + j;
      if (a[i] > 0 && b[j] > 0) plan[k] = a[i] * b[j] * Math.exp((f[i] + g[j] - costs[k]) / epsilon);
    }
  }
  return plan;
}
