import { type CheckedMeasure, finiteNumbers, type MeasurePair, type Side, UnsupportedError } from '@sinkhorn/core';
import { type PlanPairs, valuesPerPoint } from '@sinkhorn/core/line';
import { like } from '../makeLoss.js';
import type { ExactPlan } from './exactPlan.js';

/** The most entries a dense plan may have, as for other losses: 128 MiB of float64. */
const DENSE_PLAN_LIMIT = 2 ** 24;

/** The methods that plans have, over the pairs of one; its rows are the points of `side`. */
export function planOfPairs(pair: MeasurePair, pairs: PlanPairs, side: Side = 'x'): ExactPlan {
  const [rows, columns] = side === 'x' ? [pair.x, pair.y] : [pair.y, pair.x];
  const { i, j, mass, starts } = pairs;

  /** Visits each pair with its places in the flat lists of both sides. */
  function visit(use: (row: number, column: number, moved: number) => void): void {
    for (let element = 0; element < rows.batch; element++) {
      for (let k = starts[element]; k < starts[element + 1]; k++) {
        use(element * rows.count + i[k], element * columns.count + j[k], mass[k]);
      }
    }
  }
  const sums = (values: ArrayLike<number>, size: number) => {
    const found = new Float64Array(rows.batch * rows.count * size);
    visit((row, column, moved) => {
      for (let k = 0; k < size; k++) found[row * size + k] += moved * values[column * size + k];
    });
    return found;
  };
  const marginal = (of: CheckedMeasure, isRow: boolean) => {
    const found = new Float64Array(of.batch * of.count);
    visit((row, column, moved) => {
      found[isRow ? row : column] += moved;
    });
    return found;
  };
  return {
    ...pairs,
    async apply(values) {
      const numbers = finiteNumbers('values', values);
      return like(sums(numbers, valuesPerPoint(numbers, columns)), rows);
    },
    transpose: () => planOfPairs(pair, { i: j, j: i, mass, starts }, side === 'x' ? 'y' : 'x'),
    marginals: async () => ({
      rows: like(marginal(rows, true), rows),
      columns: like(marginal(columns, false), columns),
    }),
    async barycentricMap() {
      const { dimension } = columns;
      const taken = marginal(rows, true);
      // Points that send nothing have no mean to be sent to: NaN says so.
      return like(
        sums(columns.points, dimension).map((sum, k) => sum / taken[Math.floor(k / dimension)]),
        rows,
      );
    },
    async dense() {
      const entries = rows.batch * rows.count * columns.count;
      if (entries > DENSE_PLAN_LIMIT) {
        throw new UnsupportedError(
          `a dense plan of ${rows.count} x ${columns.count} has more than ${DENSE_PLAN_LIMIT} entries: use i, j and mass, which hold all of it`,
        );
      }
      const matrix = new Float64Array(entries);
      visit((row, column, moved) => {
        matrix[row * columns.count + (column % columns.count)] += moved;
      });
      return matrix;
    },
  };
}
