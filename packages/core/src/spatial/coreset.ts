import { factorise } from '../linear/cholesky.js';
import type { Task } from '../tasks/task.js';
import { type Cells, cellsChunked } from './cells.js';
import type { SortedCloud } from './sortedCloud.js';

/** Weighted points that represent a cloud, each with a place in its order. */
export interface Entries {
  readonly count: number;
  /** [n, D] */
  readonly points: Float64Array;
  /** [n] */
  readonly weights: Float64Array;
  /** [n]: the place in the cloud's order of a point in the same cell; never decreasing. */
  readonly places: Uint32Array;
}

/**
 * A cloud at one level: each cell with few points keeps them, any other is represented by the corners of a simplex
 * with its mass, mean and covariance. An integral over the measure of a function that is smooth at the scale of the
 * cells is then off by third moments alone.
 */
export interface Coreset extends Entries {
  readonly cells: Cells;
  /** [C + 1]: cell k is represented by the entries firsts[k] up to firsts[k + 1]. */
  readonly firsts: Uint32Array;
  /** [C, D, D]: for a simplex the Cholesky factor of its covariance, lower triangles; NaN first for a cell that kept its points. */
  readonly factors: Float64Array;
}

/** Corners of the regular simplex of D + 1 points with mean 0 and covariance 1. */
const SIMPLICES: readonly (readonly (readonly number[])[])[] = [
  [[1], [-1]],
  [0, 1, 2].map((k) => [Math.SQRT2 * Math.cos((k * 2 * Math.PI) / 3), Math.SQRT2 * Math.sin((k * 2 * Math.PI) / 3)]),
  [
    [1, 1, 1],
    [1, -1, -1],
    [-1, 1, -1],
    [-1, -1, 1],
  ],
];

/** The corners for a cell: neighbours take turns between a simplex and its mirror image, so that third moments cancel. */
export function cornerOf(dimension: number, cell: number, corner: number, component: number): number {
  const value = SIMPLICES[dimension - 1][corner][component];
  return cell % 2 === 0 ? value : -value;
}

/**
 * A spread this small against the width of a cell, squared, counts as none: 1e-12 of the width, ten thousand roundings of float64.
 * Raising it makes points of flat cells coincide.
 */
const NO_SPREAD = 1e-24;

/** So many entries, to be filled in. */
export const emptyEntries = (count: number, dimension: number): Entries => ({
  count,
  points: new Float64Array(count * dimension),
  weights: new Float64Array(count),
  places: new Uint32Array(count),
});

/** Every point of a cloud, as entries. */
export function allPoints({ count, points, weights }: SortedCloud): Entries {
  const places = new Uint32Array(count);
  // A loop: functions that make arrays from functions take ten times as long.
  for (let place = 0; place < count; place++) places[place] = place;
  return { count, points, weights, places };
}

/** Puts the coreset of some cells together, or all points if they are to be kept; those without weight are left out. */
export function* makeCoreset(cloud: SortedCloud, cells: Cells, keepPoints: boolean): Task<Coreset> {
  const { dimension, weights, width } = cloud;
  const corners = dimension + 1;
  const size = dimension * dimension;
  const firsts = new Uint32Array(cells.count + 1);
  const factors = new Float64Array(cells.count * size);
  const count = (cell: number) => {
    const [start, end] = [cells.starts[cell], cells.starts[cell + 1]];
    let heavy = 0;
    for (let place = start; place < end; place++) if (weights[place] > 0) heavy++;
    let entries = heavy;
    factors[cell * size] = Number.NaN;
    if (heavy > corners && !keepPoints) {
      let spread = 0;
      for (let c = 0; c < dimension; c++) spread += cells.covariances[cell * size + c * dimension + c];
      const single = spread <= NO_SPREAD * width * width;
      if (!single) factorise(cells.covariances, factors, cell * size, dimension);
      entries = single ? 1 : corners;
    }
    firsts[cell + 1] = firsts[cell] + entries;
  };
  yield* cellsChunked(cells.starts, (from, to) => {
    for (let cell = from; cell < to; cell++) count(cell);
  });
  const coreset = { ...emptyEntries(firsts[cells.count], dimension), cells, firsts, factors };
  yield* cellsChunked(cells.starts, (from, to) => {
    for (let cell = from; cell < to; cell++) fillCell(cloud, coreset, cell);
  });
  return coreset;
}

function fillCell(cloud: SortedCloud, coreset: Coreset, cell: number): void {
  const { dimension, points, weights } = cloud;
  const { cells, firsts, factors } = coreset;
  const [first, last] = [firsts[cell], firsts[cell + 1]];
  const isSimplex = isSimplexCell(coreset, cell, dimension);
  let entry = first;
  if (isSimplex || (last - first === 1 && cells.masses[cell] > 0)) {
    // What is known of points is known at one that counts: others may be anywhere in the cell.
    let place = cells.starts[cell];
    while (!(weights[place] > 0)) place++;
    for (; entry < last; entry++) {
      coreset.weights[entry] = cells.masses[cell] / (last - first);
      coreset.places[entry] = place;
      for (let c = 0; c < dimension; c++) {
        let value = cells.means[cell * dimension + c];
        for (let k = 0; isSimplex && k <= c; k++) {
          value += factors[(cell * dimension + c) * dimension + k] * cornerOf(dimension, cell, entry - first, k);
        }
        coreset.points[entry * dimension + c] = value;
      }
    }
    return;
  }
  for (let place = cells.starts[cell]; place < cells.starts[cell + 1]; place++) {
    if (!(weights[place] > 0)) continue;
    coreset.weights[entry] = weights[place];
    coreset.places[entry] = place;
    for (let c = 0; c < dimension; c++) coreset.points[entry * dimension + c] = points[place * dimension + c];
    entry++;
  }
}

/** Whether a cell is represented by a simplex; otherwise it kept its points, or the one place they share. */
export const isSimplexCell = ({ factors }: Coreset, cell: number, dimension: number): boolean =>
  !Number.isNaN(factors[cell * dimension * dimension]);
