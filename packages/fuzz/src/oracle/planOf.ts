import { type DoubleDoubles, toNumber } from './doubleDouble.js';
import type { Known } from './known.js';

/**
 * A plan as an array over all points, those without mass as well: `rows` and `columns` say which points it has.
 *
 * @param doubtOf - How far an entry may be off, relative.
 */
export function planOf(
  plan: DoubleDoubles,
  doubtOf: (row: number, column: number) => number,
  rows: readonly number[],
  columns: readonly number[],
  width: number,
  height: number,
): Known {
  const values = new Float64Array(height * width);
  let error = 0;
  for (const [k, i] of rows.entries()) {
    for (const [l, j] of columns.entries()) {
      const entry = toNumber(plan.get(k * columns.length + l));
      values[i * width + j] = entry;
      error += entry * (doubtOf(k, l) + Number.EPSILON);
    }
  }
  return { values, error };
}
