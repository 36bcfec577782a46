import type { Preconditioner } from '../../linear/approximateCholesky.js';
import { factorInPlace, solveLower, solveUpper } from '../../linear/denseCholesky.js';
import type { NewtonSystem } from './newtonSystem.js';

/**
 * A pivot below this share of its diagonal entry is rounding, of a direction in which the system is singular: a thousand times float64's
 * last digit. Raising it damps directions that are merely stiff.
 */
const LEAST_PIVOT = 1e-13;

/** Solves Newton's system by its Cholesky factors: for few columns, about M^3 / 3 operations and M^2 numbers. */
export function exactCholesky({ pairs, plan, row, column }: NewtonSystem, ridge: number): Preconditioner {
  const size = column.length;
  // The lower triangle, row by row.
  const factor = new Float64Array(size * size);
  for (let i = 0; i < row.length; i++) {
    const [begin, end] = [pairs.begin(i), pairs.end(i)];
    for (let k = begin; k < end; k++) {
      const scaled = plan[k] / row[i];
      // Nor does a row without mass have one.
      if (!(scaled > 0)) continue;
      const at = pairs.column[k] * size;
      // Columns are listed in their order.
      for (let l = begin; l <= k; l++) factor[at + pairs.column[l]] -= scaled * plan[l];
    }
  }
  for (let j = 0; j < size; j++) factor[j * size + j] += column[j] * (1 + ridge);
  factorInPlace(factor, size, (j) => LEAST_PIVOT * column[j]);
  return (vector) => {
    solveLower(factor, size, vector);
    solveUpper(factor, size, vector);
  };
}
