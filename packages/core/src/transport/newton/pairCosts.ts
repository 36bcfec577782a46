import { blockProgram } from '../../formula/blockProgram.js';
import { derivative } from '../../formula/derivative.js';
import { column, type Expression, row, type Variable } from '../../formula/expression.js';
import type { Cost } from '../../geometry/cost.js';

/** The costs between two clouds on the host, row by row and in float64. */
export interface PairCosts {
  readonly rows: number;
  readonly columns: number;
  readonly dimension: number;
  /** Writes C(x_i, y_j) for every column j. */
  row(i: number, into: Float64Array): void;
  /** Writes sum_j w_j dC(x_i, y_j)/dx_i, [D], and returns sum_j w_j |dC(x_i, y_j)/dx_i|^2. */
  slope(i: number, weights: Float64Array, into: Float64Array): number;
}

/** Points on the host, [N, D]. */
export type HostPoints = Float32Array | Float64Array;

/** What costs are made of: a formula, or |x - y| for `power` 1 and |x - y|^2 / 2 for 2. */
export interface CostKind {
  readonly cost: Cost;
  readonly power?: 1 | 2;
}

/** The costs of going from the points of one cloud to those of another; `transposed` where rows are the formula's second points. */
export function pairCosts(
  { cost, power }: CostKind,
  rows: HostPoints,
  columns: HostPoints,
  dimension: number,
  transposed: boolean,
): PairCosts {
  const sizes = { rows: rows.length / dimension, columns: columns.length / dimension, dimension };
  return power === undefined
    ? { ...sizes, ...formulaCosts(cost, rows, columns, dimension, transposed) }
    : { ...sizes, ...powerCosts(power, rows, columns, dimension) };
}

/** Pairs up to which their costs are kept: 32 MB. Raising it takes memory; what is not kept is computed in every pass. Chosen, not measured. */
const KEPT_PAIRS = 1 << 22;

/** The same costs, kept in memory from when a row is first asked for, where they are not too many. */
export function kept(costs: PairCosts): PairCosts {
  const { rows, columns } = costs;
  if (rows * columns > KEPT_PAIRS) return costs;
  const all = new Float64Array(rows * columns);
  const isKept = new Uint8Array(rows);
  return {
    ...costs,
    row(i, into) {
      const own = all.subarray(i * columns, (i + 1) * columns);
      if (!isKept[i]) {
        costs.row(i, own);
        isKept[i] = 1;
      }
      into.set(own);
    },
  };
}

/** Loops without calls, for what nearly everybody asks for. */
function powerCosts(
  power: 1 | 2,
  rows: HostPoints,
  columns: HostPoints,
  dimension: number,
): Pick<PairCosts, 'row' | 'slope'> {
  const count = columns.length / dimension;
  /** Component by component, so that the loops run over neighbours. */
  const components = Array.from({ length: dimension }, (_, c) => {
    const component = new Float64Array(count);
    for (let j = 0; j < count; j++) component[j] = columns[j * dimension + c];
    return component;
  });
  const costRow = (i: number, into: Float64Array) => {
    into.fill(0, 0, count);
    for (let c = 0; c < dimension; c++) addSquares(into, components[c], rows[i * dimension + c], count);
    if (power === 1) for (let j = 0; j < count; j++) into[j] = Math.sqrt(into[j]);
    else for (let j = 0; j < count; j++) into[j] *= 0.5;
  };
  const costs = new Float64Array(count);
  return {
    row: costRow,
    slope(i, weights, into) {
      costRow(i, costs);
      let squares = 0;
      for (let j = 0; j < count; j++) squares += weights[j] * (power === 1 ? 1 : 2 * costs[j]);
      if (power === 1) for (let j = 0; j < count; j++) costs[j] = costs[j] === 0 ? 0 : weights[j] / costs[j];
      const factors = power === 1 ? costs : weights;
      for (let c = 0; c < dimension; c++)
        into[c] = weightedOffset(factors, components[c], rows[i * dimension + c], count);
      return squares;
    },
  };
}

function addSquares(into: Float64Array, values: Float64Array, from: number, count: number): void {
  for (let j = 0; j < count; j++) {
    const difference = from - values[j];
    into[j] += difference * difference;
  }
}

function weightedOffset(weights: Float64Array, values: Float64Array, from: number, count: number): number {
  let total = 0;
  for (let j = 0; j < count; j++) total += weights[j] * (from - values[j]);
  return total;
}

/** Any formula, by the host's interpreter. */
function formulaCosts(
  costOf: Cost,
  rows: HostPoints,
  columns: HostPoints,
  dimension: number,
  transposed: boolean,
): Pick<PairCosts, 'row' | 'slope'> {
  const [point, against] = [row('point', dimension), column('point', dimension)];
  const cost = transposed ? costOf(against, point) : costOf(point, against);
  const count = columns.length / dimension;
  const visitorOf = (formula: Expression) => {
    const block = blockProgram(formula);
    return (i: number, use: (values: Float64Array, width: number, from: number, count: number) => void) => {
      for (let from = 0; from < count; from += block.width) {
        const entries = Math.min(block.width, count - from);
        const load = ({ side }: Variable, into: Float64Array) => {
          const [points, at, step] = side === 'row' ? [rows, i, 0] : [columns, from, dimension];
          for (let c = 0; c < dimension; c++) {
            for (let k = 0; k < entries; k++) into[c * block.width + k] = points[at * dimension + k * step + c];
          }
        };
        use(block.compute(entries, load), block.width, from, entries);
      }
    };
  };
  const visitCosts = visitorOf(cost);
  let visitSlopes: ReturnType<typeof visitorOf> | undefined;
  return {
    row: (i, into) => visitCosts(i, (values, _, from, entries) => into.set(values.subarray(0, entries), from)),
    slope(i, weights, into) {
      visitSlopes ??= visitorOf(derivative(cost, point));
      into.fill(0);
      let squares = 0;
      visitSlopes(i, (values, width, from, entries) => {
        for (let c = 0; c < dimension; c++) {
          for (let k = 0; k < entries; k++) {
            const slope = values[c * width + k];
            into[c] += weights[from + k] * slope;
            squares += weights[from + k] * slope * slope;
          }
        }
      });
      return squares;
    },
  };
}
