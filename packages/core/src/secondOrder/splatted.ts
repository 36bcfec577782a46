import type { CheckedGrid, GridMeasure } from '../measure/grid.js';

/**
 * The masses of a grid's nodes after each has gone to a place of its own, on the same grid: each is shared among the nodes around its place,
 * in proportion to nearness along each axis, so that mass and, inside the grid, centres are kept. What leaves the grid stays at its border.
 */
export function splatted(
  { grid, weights, batch, batched, count, dimension }: CheckedGrid,
  places: Float64Array,
): GridMeasure {
  const { shape, spacing, origin } = grid;
  const masses = new Float64Array(weights.length);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const corners = 2 ** dimension;
  const [low, share] = [new Array<number>(dimension), new Array<number>(dimension)];
  for (let node = 0; node < weights.length; node++) {
    if (weights[node] === 0) continue;
    for (let axis = 0; axis < dimension; axis++) {
      const along = (places[node * dimension + axis] - origin[axis]) / spacing[axis];
      const inside = Math.min(Math.max(along, 0), shape[axis] - 1);
      low[axis] = Math.min(Math.floor(inside), Math.max(0, shape[axis] - 2));
      share[axis] = inside - low[axis];
    }
    const element = Math.floor(node / count) * count;
    for (let corner = 0; corner < corners; corner++) {
      let [place, mass] = [element, weights[node]];
      for (let axis = 0; axis < dimension; axis++) {
        const isUpper = (corner >> axis) & 1;
        mass *= isUpper ? share[axis] : 1 - share[axis];
        place += (low[axis] + isUpper) * strides[axis];
      }
      if (mass > 0) masses[place] += mass;
    }
  }
  return { grid: masses, shape: batched ? [batch, ...shape] : shape, spacing, origin };
}
