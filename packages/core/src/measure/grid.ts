import { InvalidMeasureError } from '../errors.js';
import { preparingChunked } from '../tasks/preparing.js';
import type { Task } from '../tasks/task.js';
import type { Domain, Grid } from './domain.js';
import type { Frame } from './frame.js';
import { type CheckedMeasure, type CheckedWeights, describe, LARGEST_LENGTH, numbers, RESCALE } from './measure.js';

/** Masses on the nodes of a regular grid: a histogram, an image, a volume, or a batch of them. */
export interface GridMeasure {
  /**
   * The mass of each node, flat, row by row, the last axis fastest: [...shape]. Of a density it is the density times the volume of a
   * cell. 0 or more; a node of mass 0 is no part of the measure.
   */
  readonly grid: ArrayLike<number>;
  /** The number of nodes along each axis; with one axis more than there are spacings, that first one is a batch. */
  readonly shape: readonly number[];
  /** The distance of neighbouring nodes along each axis, or one for all axes; there is no default. 1 counts in pixels. */
  readonly spacing: number | readonly number[];
  /** The coordinates of the first node; 0 when absent. */
  readonly origin?: readonly number[];
}

/** A grid that was checked. Its points are made when they are first asked for: solvers of grids do without. */
export interface CheckedGrid extends CheckedMeasure {
  readonly grid: Grid;
  readonly spanning: Float64Array;
}

/** Whether a checked measure is on a grid. */
export const isGrid = <M extends Domain>(measure: M): measure is M & Pick<CheckedGrid, 'grid' | 'spanning'> =>
  measure.grid !== undefined;

/** The coordinates of the nodes along an axis. */
const axisOf = ({ shape, spacing, origin }: Grid, axis: number): Float64Array =>
  Float64Array.from({ length: shape[axis] }, (_, k) => origin[axis] + k * spacing[axis]);

/** A grid's nodes along each axis, in a frame. */
export const axesIn = ({ grid }: CheckedGrid, { centre, scale }: Frame): Float64Array[] =>
  grid.shape.map((_, axis) => axisOf(grid, axis).map((value) => (value - centre[axis]) / scale));

/**
 * Checks masses on a grid, as a task, which can be interrupted where there are many nodes.
 *
 * @throws InvalidMeasureError naming `name`, the index along each axis and the remedy: shape, spacing or origin missing or of sizes that do
 * not fit, masses that are negative or not finite, no mass, fields of a cloud or unknown ones besides.
 */
export function* checkGrid(name: string, measure: GridMeasure): Task<CheckedGrid> {
  const other = OTHER_FORMS.find((field) => field in measure);
  if (other) {
    throw new InvalidMeasureError(
      `${name} has both grid and ${other}: give the masses as ${name}.grid alone, or a cloud without grid`,
    );
  }
  const unknown = Object.keys(measure).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) {
    throw new InvalidMeasureError(`${name} has no field '${unknown}': a grid has ${FIELDS.join(', ')}`);
  }
  const { grid, batch, batched } = checkAxes(name, measure);
  const given = yield* numbers(`${name}.grid`, measure.grid);
  const count = grid.shape.reduce((product, length) => product * length, 1);
  if (given.length !== batch * count) {
    throw new InvalidMeasureError(
      `${name}.grid has ${given.length} masses, but its shape [${measure.shape}] needs ${batch * count}`,
    );
  }
  const weights = Float64Array.from(given);
  const masses = new Float64Array(batch);
  const addUp = (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      const mass = weights[index];
      if (!(mass >= 0 && mass < Number.POSITIVE_INFINITY)) {
        throw new InvalidMeasureError(
          `${name}.grid[${multiIndex(index, measure.shape)}] is ${mass}: masses are finite and 0 or more`,
        );
      }
      masses[Math.floor(index / count)] += mass;
    }
  };
  yield* preparingChunked(weights.length, addUp);
  const empty = masses.findIndex((mass) => !(mass > 0));
  if (empty >= 0) {
    throw new InvalidMeasureError(
      `${name}.grid is all 0${batched ? ` in element ${empty} of the batch` : ''}: give one node or more some mass`,
    );
  }
  return gridOf({ name, weights, masses, batch, batched, count }, grid);
}

const FIELDS = ['grid', 'shape', 'spacing', 'origin'];
/** Fields of clouds, which would say something else of where masses are or what they are. */
const OTHER_FORMS = ['points', 'data', 'weights'] as const;

/** Weights on a grid as a measure. A copy of its fields is a cloud of points: what marks it as a grid is none of them. */
function gridOf(weights: CheckedWeights, grid: Grid): CheckedGrid {
  let points: Float64Array | undefined;
  const measure = {
    ...weights,
    dimension: grid.shape.length,
    get points() {
      points ??= nodesOf(grid, weights.batch, weights.count);
      return points;
    },
  };
  return Object.defineProperties(measure, {
    grid: { value: grid },
    spanning: { value: spanningNodes(grid) },
    reweighted: {
      value: (others: Float64Array, masses: Float64Array) => gridOf({ ...weights, weights: others, masses }, grid),
    },
  }) as CheckedGrid;
}

/** Indices along all axes of an entry of a flat list, as text. */
function multiIndex(index: number, shape: readonly number[]): string {
  const indices: number[] = [];
  let left = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices.unshift(left % shape[axis]);
    left = Math.floor(left / shape[axis]);
  }
  return indices.join(', ');
}

function checkAxes(name: string, { shape, spacing, origin }: GridMeasure) {
  if (!Array.isArray(shape) || shape.length === 0) {
    throw new InvalidMeasureError(
      `${name}.shape is ${shape}: give the number of nodes along each axis, such as [28, 28]`,
    );
  }
  shape.forEach((length, axis) => {
    if (Number.isInteger(length) && length >= 1) return;
    throw new InvalidMeasureError(`${name}.shape[${axis}] is ${length}: every axis has 1 node or more`);
  });
  const isOne = typeof spacing === 'number';
  if (!isOne && !Array.isArray(spacing)) {
    throw new InvalidMeasureError(
      `${name}.spacing is ${describe(spacing)}: give the distance of neighbouring nodes along each axis, 1 to count in pixels`,
    );
  }
  const spacings: readonly number[] = isOne ? shape.map(() => spacing) : spacing;
  spacings.forEach((distance, axis) => {
    if (distance > 0 && distance < Number.POSITIVE_INFINITY) return;
    throw new InvalidMeasureError(`${name}.spacing${isOne ? '' : `[${axis}]`} is ${distance}: give a distance above 0`);
  });
  const dimension = spacings.length;
  const batched = shape.length === dimension + 1;
  if (dimension === 0 || (shape.length !== dimension && !batched)) {
    throw new InvalidMeasureError(
      `${name}.shape has ${shape.length} axes and ${name}.spacing ${dimension}: give a spacing for each axis, but for that of a batch`,
    );
  }
  const first: readonly number[] = origin ?? spacings.map(() => 0);
  if (!Array.isArray(first) || first.length !== dimension || !first.every(Number.isFinite)) {
    throw new InvalidMeasureError(
      `${name}.origin is ${Array.isArray(first) ? `[${first}]` : first}: give the ${dimension} coordinates of the first node, finite numbers`,
    );
  }
  const grid: Grid = { shape: shape.slice(-dimension), spacing: [...spacings], origin: [...first] };
  const far = spanningNodes(grid).find((coordinate) => !(Math.abs(coordinate) <= LARGEST_LENGTH));
  if (far !== undefined) {
    throw new InvalidMeasureError(`${name} has a node at ${far}: ${RESCALE}, by its spacing and its origin`);
  }
  return { grid, batch: batched ? shape[0] : 1, batched };
}

function spanningNodes({ shape, spacing, origin }: Grid): Float64Array {
  const at = (index: (axis: number) => number) => origin.map((start, axis) => start + index(axis) * spacing[axis]);
  return Float64Array.from([
    ...at(() => 0),
    ...at((axis) => shape[axis] - 1),
    ...at((axis) => Math.min(1, shape[axis] - 1)),
  ]);
}

/** A coordinate of each node, by its number in a batch. */
export function coordinateAlong(grid: Grid, axis: number): (node: number) => number {
  const along = axisOf(grid, axis);
  const repeats = grid.shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  return (node) => along[Math.floor(node / repeats) % along.length];
}

/** The coordinates of all nodes, as points: [B, N, D]. */
function nodesOf(grid: Grid, batch: number, count: number): Float64Array {
  const dimension = grid.shape.length;
  const points = new Float64Array(batch * count * dimension);
  for (let axis = 0; axis < dimension; axis++) {
    const at = coordinateAlong(grid, axis);
    for (let node = 0; node < batch * count; node++) points[node * dimension + axis] = at(node);
  }
  return points;
}
