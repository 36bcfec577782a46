import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { chunked } from '../../tasks/chunked.js';
import type { Progress, Task } from '../../tasks/task.js';
import { type HostSide, massTaken } from './hostProblem.js';
import type { PairCosts } from './pairCosts.js';
import { rowSoftmin } from './rowPass.js';

/** The last update at the points of one side, those without mass included. */
export interface FinalRows {
  readonly potential: Float64Array;
  /** [N, D]: sum_j pi_ij dC(x_i, y_j)/dx_i. */
  readonly slopes: Float64Array;
  /** [N]: the mass of each row times the standard deviation of the slopes of its pairs. */
  readonly spread: Float64Array;
  /** [N]: the mean of |g_j| + |C_ij| under the plan: what the exponents of a row's pairs are made of, and rounded with. */
  readonly sizes: Float64Array;
  /** [N]: the mean of |dC_ij/dx_i|^2 / C_ij under the plan, of pairs that cost something: about how fast slopes turn with points, where that counts. */
  readonly turns: Float64Array;
  /** [N]: the mean of |dC_ij/dx_i|^2. */
  readonly steepness: Float64Array;
  /** [N]: the standard deviation under the plan of what is not known of the columns' potentials, in temperatures. */
  readonly unsettled: Float64Array;
}

/** What the rows are updated from. */
export interface FinalUpdate {
  readonly costs: PairCosts;
  /** Weights of all rows, and the penalty there. */
  readonly rows: Pick<HostSide, 'weights' | 'rho'>;
  readonly columns: HostSide;
  readonly g: Float64Array;
  /** What g lacks, about, in temperatures. */
  readonly missing: Float64Array;
  readonly epsilon: number;
  readonly costScale: number;
  /** Whether slopes of near pairs may turn fast, as those of distances. */
  readonly doTurn: boolean;
}

/** Pairs of about one chunk of work, a number: some milliseconds. Raising it makes an abort wait longer. Chosen, not measured. */
const PAIRS_AT_ONCE = 1 << 17;

/** f = damp T g at every row, and the gradient of the transport cost in the row's point by the envelope theorem. */
export function* finalRows(
  { costs, rows, columns, g, missing, epsilon, costScale, doTurn }: FinalUpdate,
  told: (share: number) => Progress,
): Task<FinalRows> {
  const { rows: count, dimension } = costs;
  const potential = new Float64Array(count);
  const slopes = new Float64Array(count * dimension);
  const spread = new Float64Array(count);
  const sizes = new Float64Array(count);
  const turns = new Float64Array(count);
  const steepness = new Float64Array(count);
  const [byCost, unused] = [new Float64Array(costs.columns), new Float64Array(dimension)];
  const unsettled = new Float64Array(count);
  const cost = new Float64Array(costs.columns);
  const column = Uint32Array.from({ length: costs.columns }, (_, j) => j);
  const shares = new Float64Array(costs.columns);
  const softmin = rowSoftmin({ columns, costScale, g, epsilon, pairs: { column, cost } });
  const damp = damping(epsilon, rows.rho);
  const update = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      costs.row(i, cost);
      potential[i] = damp * softmin(shares, 0, 0, costs.columns);
      const mass = massTaken(rows, rows.weights[i], potential[i]);
      const slope = slopes.subarray(i * dimension, (i + 1) * dimension);
      const squares = costs.slope(i, shares, slope);
      let square = 0;
      for (let c = 0; c < dimension; c++) {
        square += slope[c] * slope[c];
        slope[c] *= mass;
      }
      spread[i] = mass * Math.sqrt(Math.max(0, squares - square));
      for (let j = 0; j < shares.length; j++) {
        sizes[i] += shares[j] * (Math.abs(g[j]) + Math.abs(cost[j]));
        byCost[j] = cost[j] === 0 ? 0 : Math.min(shares[j] / Math.abs(cost[j]), Number.MAX_VALUE);
      }
      steepness[i] = squares;
      if (doTurn) turns[i] = costs.slope(i, byCost, unused);
      unsettled[i] = deviation(shares, missing);
    }
  };
  yield* chunked(count, update, Math.ceil(PAIRS_AT_ONCE / costs.columns), told);
  return { potential, slopes, spread, sizes, turns, steepness, unsettled };
}

/** The standard deviation of values under shares that add up to 1. */
function deviation(shares: Float64Array, values: Float64Array): number {
  let mean = 0;
  for (let j = 0; j < shares.length; j++) mean += shares[j] * values[j];
  let square = 0;
  for (let j = 0; j < shares.length; j++) square += shares[j] * (values[j] - mean) ** 2;
  return Math.sqrt(square);
}
