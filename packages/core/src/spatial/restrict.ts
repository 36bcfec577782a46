import type { Task } from '../tasks/task.js';
import { cellsChunked } from './cells.js';
import { type Coreset, cornerOf, isSimplexCell } from './coreset.js';

/** A function known at all points of a cloud, on its coreset: in the cell of a simplex by linear regression. */
export function* restrict(
  dimension: number,
  points: Float64Array,
  weights: Float64Array,
  coreset: Coreset,
  values: ArrayLike<number>,
): Task<Float64Array> {
  const { cells, firsts, factors } = coreset;
  const result = new Float64Array(coreset.count);
  const slopes = new Float64Array(dimension);
  const coordinates = new Float64Array(dimension);
  yield* cellsChunked(cells.starts, (from, to) => {
    for (let cell = from; cell < to; cell++) fill(cell);
  });
  return result;

  function fill(cell: number): void {
    const [first, last] = [firsts[cell], firsts[cell + 1]];
    if (!isSimplexCell(coreset, cell, dimension)) {
      for (let entry = first; entry < last; entry++) result[entry] = values[coreset.places[entry]];
      return;
    }
    let mean = 0;
    slopes.fill(0);
    for (let place = cells.starts[cell]; place < cells.starts[cell + 1]; place++) {
      const share = weights[place] / cells.masses[cell];
      mean += share * values[place];
      for (let c = 0; c < dimension; c++) {
        let rest = points[place * dimension + c] - cells.means[cell * dimension + c];
        for (let k = 0; k < c; k++) rest -= factors[(cell * dimension + c) * dimension + k] * coordinates[k];
        const pivot = factors[(cell * dimension + c) * dimension + c];
        coordinates[c] = pivot > 0 ? rest / pivot : 0;
        slopes[c] += share * coordinates[c] * values[place];
      }
    }
    for (let entry = first; entry < last; entry++) {
      let value = mean;
      for (let c = 0; c < dimension; c++) value += slopes[c] * cornerOf(dimension, cell, entry - first, c);
      result[entry] = value;
    }
  }
}
