import { pause, type Task } from '../tasks/task.js';
import type { SomeCells } from './cells.js';
import { type Entries, emptyEntries } from './coreset.js';
import { cornersOf } from './corners.js';
import type { SortedCloud } from './sortedCloud.js';

/**
 * Where softmins are evaluated so as to know them at all points of a cloud: at the points themselves, or, in cells with
 * more points than that takes, at the corners of the cell, which it shares with its neighbours, and at the points' mean to see how well
 * that serves.
 */
export interface EvaluationNodes extends Entries {
  readonly cells: SomeCells;
  /**
   * [C + 1]: with cell k came the entries firsts[k] up to firsts[k + 1]: its points, or, of a box, the corners that no cell before it has,
   * and the mean last.
   */
  readonly firsts: Uint32Array;
  /** [C]: the number of a cell's box, for cells that are known from the corners of one, or -1. */
  readonly boxes: Int32Array;
  /** [B, 2^D]: the entries at the corners of each box; bit c of a corner's number tells whether it is at the upper end of axis c. */
  readonly corners: Uint32Array;
  /** [B, D] */
  readonly middles: Float64Array;
  /** Half the width of a box. */
  readonly half: number;
}

/** Points after which other work may come between: a millisecond or so. Raising it makes an abort wait longer. Chosen, not measured. */
export const POINTS_BETWEEN_PAUSES = 16_384;
/** The same of cells. */
export const CELLS_BETWEEN_PAUSES = 1024;
/**
 * Corners are taken where there are more points than this many times as many. Raising it evaluates more points as they are, which is
 * exact and dearer. Chosen, not measured by itself.
 */
const POINTS_PER_CORNER = 1.25;

/**
 * The evaluation nodes of a cloud over its cells of a level, which are small against the temperature's length scale; or all its points.
 */
export function* makeEvaluationNodes(
  cloud: SortedCloud,
  cells: SomeCells,
  level: number,
  allPoints: boolean,
): Task<EvaluationNodes> {
  const { dimension, points, weights } = cloud;
  const nodes = 2 ** dimension;
  const boxes = new Int32Array(cells.count);
  let count = 0;
  for (let cell = 0; cell < cells.count; cell++) {
    const size = cells.ends[cell] - cells.starts[cell];
    boxes[cell] = !allPoints && size > POINTS_PER_CORNER * nodes ? count++ : -1;
  }
  const grid = cornersOf(cloud, level, count);
  const owned = new Uint32Array(count + 1);
  const firsts = new Uint32Array(cells.count + 1);
  for (let cell = 0; cell < cells.count; cell++) {
    if (cell % CELLS_BETWEEN_PAUSES === 0) yield* pause();
    const box = boxes[cell];
    if (box >= 0) {
      grid.add(cells.starts[cell], box);
      owned[box + 1] = grid.count();
    }
    const came = box >= 0 ? owned[box + 1] - owned[box] + 1 : cells.ends[cell] - cells.starts[cell];
    firsts[cell + 1] = firsts[cell] + came;
  }
  const entries = emptyEntries(firsts[cells.count], dimension);
  const entryOf = new Uint32Array(grid.count());
  let filled = POINTS_BETWEEN_PAUSES;
  for (let cell = 0; cell < cells.count; cell++) {
    if (filled >= POINTS_BETWEEN_PAUSES) {
      yield* pause();
      filled = 0;
    }
    if (boxes[cell] >= 0) fillBox(cell);
    else fillPoints(cell);
    filled += firsts[cell + 1] - firsts[cell];
  }
  const { corners } = grid;
  for (let k = 0; k < corners.length; k++) corners[k] = entryOf[corners[k]];
  return { ...entries, cells, firsts, boxes, corners, middles: grid.middles, half: grid.half };

  function fillPoints(cell: number): void {
    let entry = firsts[cell];
    for (let place = cells.starts[cell]; place < cells.ends[cell]; place++, entry++) {
      entries.places[entry] = place;
      entries.weights[entry] = weights[place];
      for (let c = 0; c < dimension; c++) entries.points[entry * dimension + c] = points[place * dimension + c];
    }
  }

  function fillBox(cell: number): void {
    const box = boxes[cell];
    const share = cells.masses[cell] / (owned[box + 1] - owned[box] + 1);
    let entry = firsts[cell];
    for (let corner = owned[box]; corner < owned[box + 1]; corner++, entry++) {
      entryOf[corner] = entry;
      entries.places[entry] = cells.starts[cell];
      entries.weights[entry] = share;
      for (let c = 0; c < dimension; c++) entries.points[entry * dimension + c] = grid.points[corner * dimension + c];
    }
    entries.places[entry] = cells.starts[cell];
    entries.weights[entry] = share;
    for (let c = 0; c < dimension; c++) entries.points[entry * dimension + c] = cells.means[cell * dimension + c];
  }
}
