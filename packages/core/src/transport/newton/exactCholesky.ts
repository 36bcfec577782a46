import type { Preconditioner } from '../../linear/approximateCholesky.js';
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
      if (scaled === 0) continue;
      const at = pairs.column[k] * size;
      // Columns are listed in their order.
      for (let l = begin; l <= k; l++) factor[at + pairs.column[l]] -= scaled * plan[l];
    }
  }
  for (let j = 0; j < size; j++) factor[j * size + j] += column[j] * (1 + ridge);
  for (let j = 0; j < size; j++) {
    for (let k = 0; k <= j; k++) {
      let value = factor[j * size + k];
      for (let l = 0; l < k; l++) value -= factor[j * size + l] * factor[k * size + l];
      factor[j * size + k] = k < j ? value / factor[k * size + k] : Math.sqrt(Math.max(value, LEAST_PIVOT * column[j]));
    }
  }
  return (vector) => {
    for (let j = 0; j < size; j++) {
      let value = vector[j];
      for (let l = 0; l < j; l++) value -= factor[j * size + l] * vector[l];
      vector[j] = value / factor[j * size + j];
    }
    for (let j = size - 1; j >= 0; j--) {
      const value = vector[j] / factor[j * size + j];
      vector[j] = value;
      for (let l = 0; l < j; l++) vector[l] -= factor[j * size + l] * value;
    }
  };
}
