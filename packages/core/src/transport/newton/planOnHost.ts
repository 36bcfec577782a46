import { bySide, other, type Side } from '../../measure/side.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import { potentialsOf } from '../hostPotentials.js';
import type { PlanSource } from '../plan.js';
import { costScaleOf, elementOf, picked } from './hostElement.js';
import { pairCosts } from './pairCosts.js';
import { PAIRS_AT_ONCE, rowSoftmin } from './rowPass.js';

/** A row of a plan: its mass, and the shares of it that go to the columns that have mass. */
export interface PlanRow {
  /** Of the row, over the whole batch. */
  readonly index: number;
  readonly element: number;
  readonly mass: number;
  readonly shares: Float64Array;
  /** The costs of going there. */
  readonly costs: Float64Array;
  /** The columns that have mass, by their indices in the element. */
  readonly support: Uint32Array;
}

/** Goes through the rows of a plan on the host, in float64: pi_ij = a_i b_j exp((f_i + g_j - C_ij) / eps). */
export function* eachRow(
  { pair, options, potentials }: Omit<PlanSource, 'backend'>,
  side: Side,
  visit: (row: PlanRow) => void,
): Task<void> {
  const { blur, p, cost, homogeneous } = options;
  const epsilon = blur ** p;
  const power = homogeneous ? (p as 1 | 2) : undefined;
  const across = other(side);
  const { count, dimension, batch } = pair[side];
  const f = potentialsOf(potentials, side).cross;
  const g = potentialsOf(potentials, across).cross;
  for (let element = 0; element < batch; element++) {
    const of = bySide((each) => elementOf(pair[each], element, Number.POSITIVE_INFINITY, false));
    const { support, supportPoints, side: columns } = of[across];
    const costs = pairCosts({ cost, power }, of[side].points, supportPoints, dimension, side === 'y');
    const row = new Float64Array(support.length);
    const shares = new Float64Array(support.length);
    const first = element * pair[across].count;
    const softmin = rowSoftmin({
      columns,
      costScale: costScaleOf(costs, homogeneous ? [pair.x, pair.y] : undefined, p),
      g: picked(g.subarray(first, first + pair[across].count), support, 1),
      epsilon,
      pairs: { column: Uint32Array.from(support.keys()), cost: row },
    });
    const visitRows = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        costs.row(i, row);
        const least = softmin(shares, 0, 0, support.length);
        const index = element * count + i;
        const mass = of[side].weights[i] * Math.exp((f[index] - least) / epsilon);
        visit({ index, element, mass, shares, costs: row, support });
      }
    };
    yield* chunked(count, visitRows, Math.ceil(PAIRS_AT_ONCE / support.length), (share) => ({
      stage: 'plan',
      share: (element + share) / batch,
    }));
  }
}

/** The masses the plan takes from each point of a side, [B, N]. */
export function* planMarginalOnHost(source: PlanSource, side: Side): Task<Float64Array> {
  const { batch, count } = source.pair[side];
  const masses = new Float64Array(batch * count);
  yield* eachRow(source, side, ({ index, mass }) => {
    masses[index] = mass;
  });
  return masses;
}

/** sum_j pi_ij v_j for every point i of `side`, [B, N, size]; `values` is [B, M, size]. */
export function* applyPlanOnHost(
  source: PlanSource,
  side: Side,
  values: ArrayLike<number>,
  size: number,
): Task<Float64Array> {
  const { batch, count } = source.pair[side];
  const columns = source.pair[other(side)].count;
  const sums = new Float64Array(batch * count * size);
  yield* eachRow(source, side, ({ index, element, mass, shares, support }) => {
    for (const [k, j] of support.entries()) {
      const at = (element * columns + j) * size;
      for (let c = 0; c < size; c++) sums[index * size + c] += mass * shares[k] * values[at + c];
    }
  });
  return sums;
}

/** Where the plan sends each point of `side` on average, [B, N, D]. */
export function* barycentricMapOnHost(source: PlanSource, side: Side): Task<Float64Array> {
  const { batch, count, dimension } = source.pair[side];
  const { points, count: columns } = source.pair[other(side)];
  const means = new Float64Array(batch * count * dimension);
  yield* eachRow(source, side, ({ index, element, shares, support }) => {
    for (const [k, j] of support.entries()) {
      const at = (element * columns + j) * dimension;
      for (let c = 0; c < dimension; c++) means[index * dimension + c] += shares[k] * points[at + c];
    }
  });
  return means;
}

/** sum_j pi_ij C_ij for every point i of `side`, [B, N]. */
export const planCostsOnHost = (source: PlanSource, side: Side): Task<Float64Array> =>
  perRow(source, side, ({ mass, shares, costs }) => {
    let sum = 0;
    for (let k = 0; k < shares.length; k++) sum += shares[k] * costs[k];
    return mass * sum;
  });

/** The mass of every point of `side` times the entropy of its shares, [B, N]. */
export const planEntropiesOnHost = (source: PlanSource, side: Side): Task<Float64Array> =>
  perRow(source, side, ({ mass, shares }) => {
    let sum = 0;
    for (const share of shares) if (share > 0) sum -= share * Math.log(share);
    return mass * sum;
  });

function* perRow(source: PlanSource, side: Side, of: (row: PlanRow) => number): Task<Float64Array> {
  const { batch, count } = source.pair[side];
  const values = new Float64Array(batch * count);
  yield* eachRow(source, side, (row) => {
    values[row.index] = of(row);
  });
  return values;
}

/** The plan as a matrix, [B, N, M], row by row. */
export function* densePlanOnHost(source: PlanSource, side: Side): Task<Float64Array> {
  const { batch, count } = source.pair[side];
  const columns = source.pair[other(side)].count;
  const dense = new Float64Array(batch * count * columns);
  yield* eachRow(source, side, ({ index, mass, shares, support }) => {
    for (const [k, j] of support.entries()) dense[index * columns + j] = mass * shares[k];
  });
  return dense;
}
