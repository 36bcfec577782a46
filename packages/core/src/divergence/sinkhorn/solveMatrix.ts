import type { Backend } from '../../backend/backend.js';
import { costMatrix } from '../../geometry/matrix/costMatrix.js';
import type { WeightsPair } from '../../measure/pair.js';
import { uploadWeights } from '../../measure/weights.js';
import type { Task } from '../../tasks/task.js';
import { annealing } from '../../transport/annealing.js';
import type { MatrixProblem } from './matrixProblem.js';
import type { newtonOnMatrix } from './newtonOnMatrix.js';
import { type CertifiedResult, solveByGap } from './solveByGap.js';
import { type PartialResult, solvePartial } from './solvePartial.js';

/**
 * Solves transport whose costs are a matrix: by Newton's method where the matrix is small, by sweeps on the backend elsewhere, and where that
 * method is not there.
 */
export function* solveMatrix(
  backend: Backend,
  pair: WeightsPair,
  problem: MatrixProblem,
  start?: Pick<CertifiedResult, 'iterates'> & Partial<Pick<PartialResult, 'price'>>,
  newton?: typeof newtonOnMatrix,
): Task<CertifiedResult> {
  const { costs, epsilon, penalty, mass, debias, tolerance, accuracy, maxIterations } = problem;
  const [n, m] = [pair.x.count, pair.y.count];
  const spread = spreadOf(costs.xy);
  const epsilons = annealing({ diameter: spread, blur: epsilon, scaling: 0.5, p: 1 });
  const found = start ? undefined : mass === undefined && newton && (yield* newton(pair, problem, epsilons, spread));
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
  const device = found ? (backend.inFloat64 ?? backend) : backend;
  if (mass !== undefined) return yield* solvePartial(backend, certified, mass, [], start?.iterates, start?.price);
  if (!found) return yield* solveByGap(device, certified, [], start?.iterates);
  return yield* solveByGap(device, certified, [], found.iterates, found.remaining);
}

function spreadOf(costs: Float64Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, 0];
  for (const cost of costs) {
    low = Math.min(low, cost);
    high = Math.max(high, Math.abs(cost));
  }
  return Math.max(high, high - low);
}

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
