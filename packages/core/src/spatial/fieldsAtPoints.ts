import { pause, type Task } from '../tasks/task.js';
import { boxInterpolation } from './boxPolynomial.js';
import { cellsWithin } from './cells.js';
import type { Entries } from './coreset.js';
import {
  CELLS_BETWEEN_PAUSES,
  type EvaluationNodes,
  makeEvaluationNodes,
  POINTS_BETWEEN_PAUSES,
} from './evaluationNodes.js';
import type { Field } from './field.js';
import type { SortedCloud } from './sortedCloud.js';

/**
 * The boxes whose corners do not tell well enough what a field is inside: where the polynomial's gradient at the points'
 * mean is off by more than `tolerance`. Mass is sent to places far apart there, and the field bends within less than a cell.
 */
function* boxesToRefine(
  { dimension }: SortedCloud,
  nodes: EvaluationNodes,
  fields: readonly Required<Field>[],
  tolerance: number,
  ofDifference = Number.POSITIVE_INFINITY,
  byValues = false,
): Task<Uint32Array> {
  const { cells, boxes, firsts } = nodes;
  const off = new Float64Array(dimension);
  const toRefine: number[] = [];
  const value = new Float64Array(1);
  const gradient = new Float64Array(dimension);
  const interpolations = fields.map((field) => boxInterpolation(nodes, dimension, field));
  for (let cell = 0; cell < cells.count; cell++) {
    if (cell % CELLS_BETWEEN_PAUSES === 0) yield* pause();
    if (boxes[cell] >= 0 && isOff(cell)) toRefine.push(cell);
  }
  return Uint32Array.from(toRefine);

  function isOff(cell: number): boolean {
    const mean = firsts[cell + 1] - 1;
    off.fill(0);
    for (let k = 0; k < fields.length; k++) {
      interpolations[k](cell, nodes.points, mean, mean + 1, value, 0, gradient);
      let squared = byValues ? ((value[0] - fields[k].values[mean]) / nodes.half) ** 2 : 0;
      for (let c = 0; c < dimension; c++) {
        const by = gradient[c] - fields[k].gradients[mean * dimension + c];
        squared += by * by;
        off[c] += k === 0 ? by : -by;
      }
      if (squared > tolerance ** 2) return true;
    }
    let squared = 0;
    for (let c = 0; c < dimension; c++) squared += off[c] * off[c];
    return squared > ofDifference ** 2;
  }
}

/**
 * Cells are halved so often, at the most, where the corners of one do not tell well enough what a field is inside; then its points are
 * evaluated. Raising it evaluates fewer points, and more corners, where a field bends sharply. Chosen, not measured by itself.
 */
export const MOST_HALVINGS = 2;

/** Fields and their gradients at some entries. */
type Evaluation = (entries: Entries) => Task<readonly Required<Field>[]>;

/** How the values at points follow from those at evaluation nodes. */
interface Interpolating {
  /** What was found at the evaluation nodes. */
  readonly fields: readonly Required<Field>[];
  /** The level of the nodes' cells. */
  readonly level: number;
  /** How far a gradient may be off. */
  readonly tolerance: number;
  /** The same of the difference of the first field from the second, if there is one: they are off in like ways. */
  readonly ofDifference?: number;
  /**
   * Whether a value that is off counts as a gradient that is off by so much over half a box: in the middle of one the errors of
   * gradients vanish.
   */
  readonly byValues?: boolean;
  readonly withGradients: boolean;
  /** Evaluates the same fields elsewhere. */
  readonly evaluate: Evaluation;
  /** Boxes to refine besides those that are off at the mean of their points. */
  refine?(nodes: EvaluationNodes, fields: readonly Required<Field>[], found: Uint32Array): Task<Uint32Array>;
}

/**
 * Fields at all points of a cloud, in Morton order, from their values and gradients at evaluation nodes. In a box they are the polynomial of
 * its corners; where that does not serve, of the corners of smaller boxes.
 */
export function* fieldsAtPoints(
  cloud: SortedCloud,
  first: EvaluationNodes,
  { fields: given, level: start, tolerance, ofDifference, byValues, withGradients, evaluate, refine }: Interpolating,
): Task<Field[]> {
  const { dimension, count } = cloud;
  const atPoints = given.map(() => ({
    values: new Float64Array(count),
    gradients: withGradients ? new Float64Array(count * dimension) : undefined,
  }));
  let nodes = first;
  let fields = given;
  for (let level = start - 1; ; level--) {
    for (const [k, field] of fields.entries()) yield* interpolate(cloud, nodes, field, atPoints[k]);
    const atMeans = yield* boxesToRefine(cloud, nodes, fields, tolerance, ofDifference, byValues);
    const found = refine ? yield* refine(nodes, fields, atMeans) : atMeans;
    if (found.length === 0) return atPoints;
    const isHalved = level >= -cloud.halvings && level >= start - MOST_HALVINGS;
    const cells = cellsWithin(cloud, Math.max(level, -cloud.halvings), nodes.cells, found);
    nodes = yield* makeEvaluationNodes(cloud, cells, level, !isHalved);
    fields = yield* evaluate(nodes);
  }
}

/** Fills in the points of the nodes' cells. */
function* interpolate(
  { dimension, points }: SortedCloud,
  nodes: EvaluationNodes,
  field: Required<Field>,
  { values, gradients }: Field,
): Task<void> {
  const { cells, firsts, boxes } = nodes;
  const inBox = boxInterpolation(nodes, dimension, field);
  let done = 0;
  for (let cell = 0; cell < cells.count; cell++) {
    if (done > POINTS_BETWEEN_PAUSES) {
      yield* pause();
      done = 0;
    }
    fill(cell, cells.starts[cell], cells.ends[cell]);
    done += cells.ends[cell] - cells.starts[cell];
  }

  // Loops of their own: cells with few points are many, and views of arrays are dear.
  function fill(cell: number, start: number, end: number): void {
    if (boxes[cell] >= 0) {
      inBox(cell, points, start, end, values, start, gradients);
      return;
    }
    const first = firsts[cell];
    for (let k = 0; k < end - start; k++) values[start + k] = field.values[first + k];
    if (!gradients) return;
    const [into, from] = [start * dimension, first * dimension];
    for (let k = 0; k < (end - start) * dimension; k++) gradients[into + k] = field.gradients[from + k];
  }
}
