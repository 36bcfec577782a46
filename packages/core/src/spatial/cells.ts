import { chunked } from '../tasks/chunked.js';
import { pause, type Task } from '../tasks/task.js';
import { sharedCell } from './mortonOrder.js';
import type { SortedCloud } from './sortedCloud.js';

/**
 * Points of cells between two places where work on cells can be interrupted: some milliseconds. Raising it makes an abort wait longer.
 * Chosen, not measured.
 */
const POINTS_BETWEEN_PAUSES = 32_768;

/** Some occupied cells of a cloud at one doubling of its grid, with the mass and the mean of the measure in each. */
export interface SomeCells {
  readonly count: number;
  /** [C]: cell k holds the points at the places starts[k] up to ends[k]. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly masses: Float64Array;
  /** [C, D] */
  readonly means: Float64Array;
}

/** All occupied cells of a cloud at one doubling of its grid, with the moments of the measure in each. */
export interface Cells extends SomeCells {
  /** [C + 1]: cell k holds the points at the places starts[k] up to starts[k + 1]. */
  readonly starts: Uint32Array;
  /** [C, D, D]: of the measure in the cell, over its mass. */
  readonly covariances: Float64Array;
}

function emptyCells(count: number, dimension: number, starts: Uint32Array): Cells {
  return {
    count,
    starts,
    ends: starts.subarray(1),
    masses: new Float64Array(count),
    means: new Float64Array(count * dimension),
    covariances: new Float64Array(count * dimension * dimension),
  };
}

/** Does something for all cells, from one up to another that come before many points, with a pause before each such lot. */
export function* cellsChunked(starts: Uint32Array, work: (from: number, to: number) => void): Task<void> {
  const count = starts.length - 1;
  for (let from = 0, to = 0; from < count; from = to) {
    to = from + 1;
    while (to < count && starts[to + 1] - starts[from] <= POINTS_BETWEEN_PAUSES) to++;
    yield* pause();
    work(from, to);
  }
}

/** Where the cells of a level begin, among the places or the given candidates for it. */
export function* cellStarts(cloud: SortedCloud, level: number, candidates?: Uint32Array): Task<Uint32Array> {
  const same = sharedCell(cloud, level);
  const length = candidates ? candidates.length - 1 : cloud.count;
  const starts = new Uint32Array(length + 1);
  let cells = Math.min(1, length);
  yield* chunked(length, (from, to) => {
    for (let k = Math.max(1, from); k < to; k++) {
      const place = candidates ? candidates[k] : k;
      if (!same(starts[cells - 1], place)) starts[cells++] = place;
    }
  });
  starts[cells++] = cloud.count;
  return starts.slice(0, cells);
}

/** The cells of the grid doubled `level` times, from the points. */
export function* finestCells(cloud: SortedCloud, level: number): Task<Cells> {
  const starts = yield* cellStarts(cloud, level);
  const cells = emptyCells(starts.length - 1, cloud.dimension, starts);
  yield* cellsChunked(starts, (from, to) => momentsOfPoints(cloud, cells, from, to));
  return cells;
}

function momentsOfPoints(cloud: SortedCloud, cells: Cells, first: number, end: number): void {
  const { dimension, points, weights } = cloud;
  const { starts } = cells;
  const { masses, means, covariances } = cells;
  for (let cell = first; cell < end; cell++) {
    findMean(cloud, cells, cell);
    const mass = masses[cell];
    if (!(mass > 0)) continue;
    const [from, to] = [starts[cell], starts[cell + 1]];
    for (let a = 0; a < dimension; a++) {
      const meanA = means[cell * dimension + a];
      for (let b = 0; b <= a; b++) {
        const meanB = means[cell * dimension + b];
        let sum = 0;
        for (let place = from; place < to; place++) {
          const at = place * dimension;
          sum += (weights[place] / mass) * (points[at + a] - meanA) * (points[at + b] - meanB);
        }
        covariances[(cell * dimension + a) * dimension + b] = sum;
        covariances[(cell * dimension + b) * dimension + a] = sum;
      }
    }
  }
}

/** The cells of a level, which are smaller, in some of the given ones. */
export function cellsWithin(cloud: SortedCloud, level: number, cells: SomeCells, chosen: Uint32Array): SomeCells {
  const same = sharedCell(cloud, level);
  const starts: number[] = [];
  const ends: number[] = [];
  for (let k = 0; k < chosen.length; k++) {
    const end = cells.ends[chosen[k]];
    let start = cells.starts[chosen[k]];
    for (let place = start + 1; place <= end; place++) {
      if (place < end && same(start, place)) continue;
      starts.push(start);
      ends.push(place);
      start = place;
    }
  }
  const count = starts.length;
  const smaller = {
    count,
    starts: Uint32Array.from(starts),
    ends: Uint32Array.from(ends),
    masses: new Float64Array(count),
    means: new Float64Array(count * cloud.dimension),
  };
  for (let cell = 0; cell < count; cell++) findMean(cloud, smaller, cell);
  return smaller;
}

/** The mass and the mean of a cell, from its points: relative to the first one, so that many points in one place lose no digits. */
function findMean({ dimension, points, weights }: SortedCloud, cells: SomeCells, cell: number): void {
  const [start, end] = [cells.starts[cell], cells.ends[cell]];
  const { masses, means } = cells;
  let mass = 0;
  for (let place = start; place < end; place++) mass += weights[place];
  masses[cell] = mass;
  for (let c = 0; c < dimension; c++) {
    const first = points[start * dimension + c];
    let offset = 0;
    for (let place = start; place < end; place++) offset += weights[place] * (points[place * dimension + c] - first);
    means[cell * dimension + c] = first + (mass > 0 ? offset / mass : 0);
  }
}

/** The cells of a coarser level, from those of a finer one: moments add up (parallel axes). */
export function* coarserCells(cloud: SortedCloud, level: number, finer: Cells): Task<Cells> {
  const { dimension } = cloud;
  const starts = yield* cellStarts(cloud, level, finer.starts);
  const cells = emptyCells(starts.length - 1, dimension, starts);
  let first = 0;
  yield* cellsChunked(starts, (from, to) => {
    first = momentsOfCells(finer, cells, dimension, from, to, first);
  });
  return cells;
}

/** From the finer cells from `first` on; gives the first of those that come after. */
function momentsOfCells(
  finer: Cells,
  cells: Cells,
  dimension: number,
  from: number,
  to: number,
  first: number,
): number {
  const { starts, masses, means, covariances } = cells;
  for (let cell = from; cell < to; cell++) {
    let end = first;
    while (end < finer.count && finer.starts[end] < starts[cell + 1]) end++;
    let mass = 0;
    for (let part = first; part < end; part++) mass += finer.masses[part];
    masses[cell] = mass;
    for (let part = first; part < end; part++) {
      const share = mass > 0 ? finer.masses[part] / mass : 1 / (end - first);
      for (let c = 0; c < dimension; c++) means[cell * dimension + c] += share * finer.means[part * dimension + c];
    }
    for (let part = first; part < end && mass > 0; part++) {
      const share = finer.masses[part] / mass;
      addOuter(covariances, cell, dimension, share, finer.means, part, means, cell);
      for (let k = 0; k < dimension * dimension; k++) {
        covariances[cell * dimension * dimension + k] += share * finer.covariances[part * dimension * dimension + k];
      }
    }
    first = end;
  }
  return first;
}

/** Adds a share of (p - m)(p - m)' to the matrix of a cell. */
function addOuter(
  matrices: Float64Array,
  cell: number,
  dimension: number,
  share: number,
  points: Float64Array,
  place: number,
  means: Float64Array,
  mean: number,
): void {
  for (let a = 0; a < dimension; a++) {
    const u = share * (points[place * dimension + a] - means[mean * dimension + a]);
    for (let b = 0; b < dimension; b++) {
      matrices[(cell * dimension + a) * dimension + b] +=
        u * (points[place * dimension + b] - means[mean * dimension + b]);
    }
  }
}
