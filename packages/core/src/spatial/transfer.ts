import { type Coreset, cornerOf, isSimplexCell } from './coreset.js';

/** A potential at the entries of a coreset, and where it is known its gradient there, [n, D]. */
export interface Field {
  readonly values: Float64Array;
  readonly gradients?: Float64Array;
}

/**
 * A field on a finer coreset of the same cloud. Points that both keep carry their numbers along; in the cell of a simplex
 * with corners x_k and barycentric coordinates l_k the field is sum_k l_k (f_k + grad f_k . (x - x_k) / 2), which is
 * exact for quadratic functions; without gradients sum_k l_k f_k, exact for linear ones.
 */
export function transfer(dimension: number, coarse: Coreset, fine: Coreset, field: Field): Field {
  const values = new Float64Array(fine.count);
  const gradients = field.gradients && new Float64Array(fine.count * dimension);
  const position = new Float64Array(dimension);
  const coordinates = new Float64Array(dimension);
  let part = 0;
  for (let cell = 0; cell < coarse.cells.count; cell++) {
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
  return { values, gradients };

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

/** A function known at all points of a cloud, on its coreset: in the cell of a simplex by linear regression. */
export function gather(
  dimension: number,
  points: Float64Array,
  weights: Float64Array,
  coreset: Coreset,
  values: ArrayLike<number>,
): Float64Array {
  const { cells, firsts, factors } = coreset;
  const result = new Float64Array(coreset.count);
  const slopes = new Float64Array(dimension);
  const coordinates = new Float64Array(dimension);
  for (let cell = 0; cell < cells.count; cell++) {
    const [first, last] = [firsts[cell], firsts[cell + 1]];
    if (!isSimplexCell(coreset, cell, dimension)) {
      for (let entry = first; entry < last; entry++) result[entry] = values[coreset.places[entry]];
      continue;
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
  return result;
}
