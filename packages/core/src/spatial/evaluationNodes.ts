import { pause, type Task } from '../tasks/task.js';
import { polynomialOf } from './boxPolynomial.js';
import type { Cells } from './cells.js';
import { type Entries, emptyEntries } from './coreset.js';
import type { Field } from './field.js';
import type { SortedCloud } from './sortedCloud.js';

/**
 * Where softmins are evaluated so as to know them at all points of a cloud: at the points themselves, or, in cells with
 * more points than that takes, at the corners of a box around them, and at their mean to see how well that serves.
 */
export interface EvaluationNodes extends Entries {
  readonly cells: Cells;
  /** [C + 1]: cell k has the entries firsts[k] up to firsts[k + 1]. */
  readonly firsts: Uint32Array;
  /** [C, D] each: a box around a cell's points, for cells that are known from its corners. */
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  /** [C]: 1 for a cell known from its corners. */
  readonly boxed: Uint8Array;
}

/** Points after which other work may come between: a millisecond or so. Raising it makes an abort wait longer. Chosen, not measured. */
const POINTS_BETWEEN_PAUSES = 16_384;
/** The same of cells. */
const CELLS_BETWEEN_PAUSES = 1024;
/**
 * Corners are taken where there are more points than this many times as many. Raising it evaluates more points as they are, which is
 * exact and dearer; 1 is where both take as many rows, and boxes to refine take the rest. Chosen, not measured by itself.
 */
const POINTS_PER_CORNER = 1.25;
/**
 * In widths of a cell, how thick boxes are at least: softmins are smooth beside a surface as well as on it. Lowering it divides
 * differences of values by ever smaller lengths. Chosen, not measured by itself.
 */
const LEAST_EXTENT = 0.2;

/** The evaluation nodes of a cloud whose finest cells are small against the temperature's length scale; or all its points. */
export function* makeEvaluationNodes(cloud: SortedCloud, cells: Cells, allPoints: boolean): Task<EvaluationNodes> {
  const { dimension, points, weights } = cloud;
  const corners = 2 ** dimension;
  const firsts = new Uint32Array(cells.count + 1);
  const boxed = new Uint8Array(cells.count);
  const lows = new Float64Array(cells.count * dimension).fill(Number.POSITIVE_INFINITY);
  const highs = new Float64Array(cells.count * dimension).fill(Number.NEGATIVE_INFINITY);
  for (let cell = 0; cell < cells.count; cell++) {
    const size = cells.starts[cell + 1] - cells.starts[cell];
    boxed[cell] = !allPoints && size > POINTS_PER_CORNER * corners ? 1 : 0;
    firsts[cell + 1] = firsts[cell] + (boxed[cell] ? corners + 1 : size);
  }
  const entries = emptyEntries(firsts[cells.count], dimension);
  let next = 0;
  for (let cell = 0; cell < cells.count; cell++) {
    const [start, end] = [cells.starts[cell], cells.starts[cell + 1]];
    if (start >= next) {
      yield* pause();
      next = start + POINTS_BETWEEN_PAUSES;
    }
    fill(cell, start, end);
  }
  return { ...entries, cells, firsts, lows, highs, boxed };

  function fill(cell: number, start: number, end: number): void {
    if (!boxed[cell]) {
      for (let place = start; place < end; place++) {
        const entry = firsts[cell] + place - start;
        entries.places[entry] = place;
        entries.weights[entry] = weights[place];
        for (let c = 0; c < dimension; c++) entries.points[entry * dimension + c] = points[place * dimension + c];
      }
      return;
    }
    for (let place = start; place < end; place++) {
      for (let c = 0; c < dimension; c++) {
        const at = cell * dimension + c;
        const value = points[place * dimension + c];
        if (value < lows[at]) lows[at] = value;
        if (value > highs[at]) highs[at] = value;
      }
    }
    for (let c = 0; c < dimension; c++) {
      const at = cell * dimension + c;
      const missing = LEAST_EXTENT * cloud.width - (highs[at] - lows[at]);
      if (missing <= 0) continue;
      lows[at] -= missing / 2;
      highs[at] += missing / 2;
    }
    for (let corner = 0; corner <= corners; corner++) {
      const entry = firsts[cell] + corner;
      entries.places[entry] = start;
      entries.weights[entry] = cells.masses[cell] / (corners + 1);
      for (let c = 0; c < dimension; c++) {
        const from = corner === corners ? cells.means : (corner >> c) & 1 ? highs : lows;
        entries.points[entry * dimension + c] = from[cell * dimension + c];
      }
    }
  }
}

/** The points of some cells, to be known each by itself. */
export function pointsOfCells({ dimension, points, weights }: SortedCloud, cells: Cells, chosen: Uint32Array): Entries {
  let count = 0;
  for (const cell of chosen) count += cells.starts[cell + 1] - cells.starts[cell];
  const entries = emptyEntries(count, dimension);
  let entry = 0;
  for (const cell of chosen) {
    for (let place = cells.starts[cell]; place < cells.starts[cell + 1]; place++) {
      for (let c = 0; c < dimension; c++) entries.points[entry * dimension + c] = points[place * dimension + c];
      entries.weights[entry] = weights[place];
      entries.places[entry++] = place;
    }
  }
  return entries;
}

/**
 * The boxes whose corners do not tell well enough what a field is inside: where the polynomial's gradient at the points'
 * mean is off by more than `tolerance`. Mass is sent to places far apart there, and the field bends within less than a cell.
 */
export function* boxesToRefine(
  { dimension }: SortedCloud,
  nodes: EvaluationNodes,
  fields: readonly Required<Field>[],
  tolerance: number,
): Task<Uint32Array> {
  const { cells, boxed, firsts } = nodes;
  const toRefine: number[] = [];
  const value = new Float64Array(1);
  const gradient = new Float64Array(dimension);
  for (let cell = 0; cell < cells.count; cell++) {
    if (cell % CELLS_BETWEEN_PAUSES === 0) yield* pause();
    if (!boxed[cell]) continue;
    const mean = firsts[cell + 1] - 1;
    const isOff = fields.some((field) => {
      const evaluate = polynomialOf(nodes, dimension, field, cell);
      evaluate(nodes.points, mean, value, 0, gradient, 0);
      let squared = 0;
      for (let c = 0; c < dimension; c++) squared += (gradient[c] - field.gradients[mean * dimension + c]) ** 2;
      return squared > tolerance ** 2;
    });
    if (isOff) toRefine.push(cell);
  }
  return Uint32Array.from(toRefine);
}

/**
 * A field at all points of a cloud, in Morton order, from its values and gradients at the evaluation nodes. In a box it is the
 * polynomial of its corners.
 */
export function* fieldAtPoints(
  cloud: SortedCloud,
  nodes: EvaluationNodes,
  field: Required<Field>,
  withGradients: boolean,
): Task<Field> {
  const { dimension, count, points } = cloud;
  let next = POINTS_BETWEEN_PAUSES;
  const values = new Float64Array(count);
  const gradients = withGradients ? new Float64Array(count * dimension) : undefined;
  const { cells, firsts, boxed } = nodes;
  for (let cell = 0; cell < cells.count; cell++) {
    const [start, end] = [cells.starts[cell], cells.starts[cell + 1]];
    if (start > next) {
      yield* pause();
      next = start + POINTS_BETWEEN_PAUSES;
    }
    fill(cell, start, end);
  }
  return { values, gradients };

  function fill(cell: number, start: number, end: number): void {
    if (boxed[cell]) {
      const evaluate = polynomialOf(nodes, dimension, field, cell);
      for (let place = start; place < end; place++) {
        evaluate(points, place, values, place, gradients, place * dimension);
      }
      return;
    }
    const [first, last] = [firsts[cell], firsts[cell + 1]];
    values.set(field.values.subarray(first, last), start);
    gradients?.set(field.gradients.subarray(first * dimension, last * dimension), start * dimension);
  }
}

/** Puts numbers known at some points in their places. */
export function replace({ values, gradients }: Field, { places }: Entries, field: Required<Field>): void {
  const dimension = field.gradients.length / field.values.length;
  places.forEach((place, k) => {
    values[place] = field.values[k];
    gradients?.set(field.gradients.subarray(k * dimension, (k + 1) * dimension), place * dimension);
  });
}
