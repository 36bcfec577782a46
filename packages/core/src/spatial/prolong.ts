import type { Task } from '../tasks/task.js';
import { cellsChunked } from './cells.js';
import { type Coreset, cornerOf, isSimplexCell } from './coreset.js';
import type { Field } from './field.js';

/**
 * A field on a finer coreset of the same cloud. Points that both keep carry their numbers along; in the cell of a simplex
 * with corners x_k and barycentric coordinates l_k the field is sum_k l_k (f_k + grad f_k . (x - x_k) / 2), which is
 * exact for quadratic functions; without gradients sum_k l_k f_k, exact for linear ones.
 */
export function* prolong(dimension: number, coarse: Coreset, fine: Coreset, field: Field): Task<Field> {
  const values = new Float64Array(fine.count);
  const gradients = field.gradients && new Float64Array(fine.count * dimension);
  const position = new Float64Array(dimension);
  const coordinates = new Float64Array(dimension);
  let part = 0;
  yield* cellsChunked(coarse.cells.starts, (from, to) => {
    for (let cell = from; cell < to; cell++) fill(cell);
  });
  return { values, gradients };

  function fill(cell: number): void {
    const start = fine.firsts[part];
    while (part < fine.cells.count && fine.cells.starts[part] < coarse.cells.starts[cell + 1]) part++;
    const end = fine.firsts[part];
    const first = coarse.firsts[cell];
    const isSimplex = isSimplexCell(coarse, cell, dimension);
    const single = coarse.firsts[cell + 1] - first === 1;
    for (let entry = start; entry < end; entry++) {
      if (isSimplex) interpolate(cell, entry);
      else copy(single ? first : first + entry - start, entry);
    }
  }

  function copy(from: number, to: number): void {
    values[to] = field.values[from];
    for (let c = 0; gradients && field.gradients && c < dimension; c++) {
      gradients[to * dimension + c] = field.gradients[from * dimension + c];
    }
  }

  function interpolate(cell: number, entry: number): void {
    const { means } = coarse.cells;
    const { factors } = coarse;
    for (let c = 0; c < dimension; c++) {
      position[c] = fine.points[entry * dimension + c] - means[cell * dimension + c];
    }
    // Forward substitution; what a flat cell has no coordinate for stays in `position`.
    for (let c = 0; c < dimension; c++) {
      const pivot = factors[(cell * dimension + c) * dimension + c];
      coordinates[c] = pivot > 0 ? position[c] / pivot : 0;
      for (let below = c; below < dimension; below++) {
        position[below] -= factors[(cell * dimension + below) * dimension + c] * coordinates[c];
      }
    }
    const corners = dimension + 1;
    let value = 0;
    for (let corner = 0; corner < corners; corner++) {
      const k = coarse.firsts[cell] + corner;
      let share = 1;
      for (let c = 0; c < dimension; c++) share += coordinates[c] * cornerOf(dimension, cell, corner, c);
      share /= corners;
      let there = field.values[k];
      for (let c = 0; field.gradients && gradients && c < dimension; c++) {
        const slope = field.gradients[k * dimension + c];
        const offset = fine.points[entry * dimension + c] - coarse.points[k * dimension + c];
        there += (slope * (offset + position[c])) / 2;
        gradients[entry * dimension + c] += share * slope;
      }
      value += share * there;
    }
    values[entry] = value;
  }
}
