import type { WeightsPair } from '../../measure/pair.js';
import type { Task } from '../../tasks/task.js';
import type { HostPotentials } from '../../transport/hostPotentials.js';
import { annealedNewton } from '../../transport/newton/annealedNewton.js';
import { hostSide } from '../../transport/newton/hostProblem.js';
import type { PairCosts } from '../../transport/newton/pairCosts.js';
import type { MatrixProblem } from './matrixProblem.js';

/** Up to so many entries Newton's method on the host finds the potentials, and sweeps only confirm them. Chosen, not measured. */
const FEW_ENTRIES = 1e5;
/** The marginal error that it is asked for. */
const TARGET = 1e-13;

/** Potentials, and how far they are from their solution, in temperatures. */
export interface FoundOnMatrix {
  readonly iterates: HostPotentials;
  readonly remaining: number;
}

/**
 * The potentials of a small problem whose costs are a matrix, and whose marginals are held or paid for by Kullback and Leibler's divergence;
 * undefined for others.
 */
export function* newtonOnMatrix(
  { x, y }: WeightsPair,
  { costs, epsilon, penalty, maxIterations }: MatrixProblem,
  epsilons: readonly number[],
  costScale: number,
): Task<FoundOnMatrix | undefined> {
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
    slope: () => 0,
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
  return {
    iterates: { f_ba: everywhere(found.f, rows, x.count), g_ab: everywhere(found.g, columns, y.count) },
    remaining: found.remaining.potentials,
  };
}

const supportOf = (weights: Float64Array): Uint32Array =>
  Uint32Array.from(weights.keys()).filter((i) => weights[i] > 0);
