import { InvalidMeasureError } from '../errors.js';
import { atOnce, preparingChunked } from '../tasks/preparing.js';
import type { Task } from '../tasks/task.js';
import type { Domain } from './domain.js';

/** Flat points, row by row: N points of `dimension` coordinates. */
export interface PointsMeasure {
  readonly points: ArrayLike<number>;
  readonly dimension: number;
  /** [N], each 0 or more; 1/N each when absent. */
  readonly weights?: ArrayLike<number>;
}

/** Points as rows, each a list of coordinates, with weights. */
export interface RowsMeasure {
  readonly points: readonly (readonly number[])[];
  /** That of the rows, where it is told at all. */
  readonly dimension?: number;
  /** [N], each 0 or more; 1/N each when absent. */
  readonly weights?: ArrayLike<number>;
}

/** Flat data with a shape, as ndarray and tfjs give it: [N, D], or [B, N, D] for a batch. */
export interface ShapedMeasure {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** [N] or [B, N], flat; 1/N each when absent. */
  readonly weights?: ArrayLike<number>;
}

/** A weighted point cloud, or a batch of them, in any of the forms users have it in. */
export type Measure = PointsMeasure | RowsMeasure | ShapedMeasure | readonly (readonly number[])[];

/** The weights of a measure that were checked: what solvers know of it beside the geometry. */
export interface CheckedWeights {
  /** The argument's name, for messages. */
  readonly name: string;
  /** [B, N], flat. */
  readonly weights: Float64Array;
  /** [B]: the sum of each element's weights. */
  readonly masses: Float64Array;
  readonly batch: number;
  /** Whether the input had a batch axis. */
  readonly batched: boolean;
  readonly count: number;
}

/** A measure that was checked: flat arrays and their sizes. */
export interface CheckedMeasure extends CheckedWeights, Domain {
  /** The same grid with other weights, [B, N], of other masses, [B]. */
  reweighted?(weights: Float64Array, masses: Float64Array): CheckedMeasure;
}

/**
 * Checks a measure and brings it into one form. Float32Array and Float64Array points are not copied.
 *
 * @throws InvalidMeasureError naming `name`, the index and the remedy: no points, sizes that do not fit, coordinates that
 * are not finite or beyond 1e75, negative weights, no mass.
 *
 * @example
 * ```ts
 * import { checkMeasure } from '@sinkhorn/core';
 *
 * const { count, dimension, weights } = checkMeasure('x', [[0, 0], [1, 0]]);
 * if (count !== 2 || dimension !== 2 || weights[0] !== 0.5) throw new Error('unexpected');
 * ```
 */
export const checkMeasure = (name: string, measure: Measure): CheckedMeasure =>
  atOnce(checkMeasureChunked(name, measure));

/** The same as a task, which can be interrupted where there are many points. With `copies`, points are the caller's no more. */
export function* checkMeasureChunked(name: string, measure: Measure, copies = false): Task<CheckedMeasure> {
  const { points: given, shape, weights } = yield* flatten(name, measure);
  const points = copies ? new (given.constructor as Float64ArrayConstructor)(given.length) : given;
  const batched = shape.length === 3;
  const [count, dimension] = shape.slice(-2);
  const batch = batched ? shape[0] : 1;
  yield* preparingChunked(given.length, (from, to) => {
    // What is copied is what is checked: the caller may write between two pieces.
    if (copies) points.set(given.subarray(from, to), from);
    checkCoordinates(name, points, from, to, batched, count, dimension);
  });
  return {
    name,
    points,
    ...(yield* checkWeights(name, weights, batch, batched, count)),
    batch,
    batched,
    count,
    dimension,
  };
}

interface Flat {
  points: Float32Array | Float64Array;
  shape: readonly number[];
  weights?: ArrayLike<number>;
}

function* flatten(name: string, measure: Measure): Task<Flat> {
  if (typeof measure === 'object' && measure !== null) {
    if ('points' in measure) {
      return yield* isRows(measure) ? flattenWeightedRows(name, measure) : flattenPoints(name, measure);
    }
    if ('data' in measure) return yield* flattenShaped(name, measure);
    if (Array.isArray(measure)) return yield* flattenRows(name, measure);
  }
  throw new InvalidMeasureError(
    `${name} is ${describe(measure)}: give an array of points, { points, weights }, { points, dimension } or { data, shape }`,
  );
}

/** Fourth powers of longer lengths leave the range of float64, as do those of their inverses: squares of costs are such. */
export const LARGEST_LENGTH = 1e75;

/** The remedy for lengths of which there are no squares. */
export const RESCALE = 'rescale the coordinates to about 1';

const isList = (list: unknown): list is ArrayLike<number> =>
  Array.isArray(list) || (ArrayBuffer.isView(list) && !(list instanceof DataView));

/** The numbers of a list that a user gave. @throws InvalidMeasureError for what is no list of numbers. */
export function* numbers(name: string, list: ArrayLike<number>): Task<Float32Array | Float64Array> {
  if (list instanceof Float32Array || list instanceof Float64Array) return list;
  if (!isList(list)) throw new InvalidMeasureError(`${name} is no list of numbers: give a typed array or an array`);
  const values = new Float64Array(list.length);
  yield* preparingChunked(list.length, (from, to) => copyNumbers(() => name, list, from, to, values, 0));
  return values;
}

/** Copies a part of a list to the same places behind `start`, and refuses what is no number. */
function copyNumbers(
  name: () => string,
  list: ArrayLike<number>,
  from: number,
  to: number,
  into: Float64Array,
  start: number,
): void {
  for (let index = from; index < to; index++) {
    const value = list[index];
    if (typeof value !== 'number') {
      throw new InvalidMeasureError(`${name()}[${index}] is ${describe(value)}: give numbers only`);
    }
    into[start + index] = value;
  }
}

/** What a user gave, for messages. */
export const describe = (value: unknown): string =>
  typeof value === 'string'
    ? `the text '${value}'`
    : typeof value === 'object' && value !== null
      ? 'an object'
      : String(value);

function* flattenPoints(name: string, { points, dimension, weights }: PointsMeasure): Task<Flat> {
  if (!Number.isInteger(dimension) || dimension < 1) {
    throw new InvalidMeasureError(
      `${name}.dimension is ${dimension}: give the number of coordinates of a point, or points as rows`,
    );
  }
  const flat = yield* numbers(`${name}.points`, points);
  if (flat.length === 0) throw new InvalidMeasureError(`${name}.points is empty: give one point or more`);
  if (flat.length % dimension !== 0) {
    throw new InvalidMeasureError(
      `${name}.points has ${flat.length} numbers, not a multiple of its dimension ${dimension}: one is wrong`,
    );
  }
  return { points: flat, shape: [flat.length / dimension, dimension], weights };
}

const isRows = (measure: PointsMeasure | RowsMeasure): measure is RowsMeasure =>
  Array.isArray(measure.points) && isList(measure.points[0]);

function* flattenWeightedRows(name: string, { points, dimension, weights }: RowsMeasure): Task<Flat> {
  const flat = yield* flattenRows(`${name}.points`, points);
  if (dimension !== undefined && dimension !== flat.shape[1]) {
    throw new InvalidMeasureError(
      `${name}.dimension is ${dimension}, but ${name}.points[0] has ${flat.shape[1]} coordinates: leave dimension out`,
    );
  }
  return { ...flat, weights };
}

function* flattenShaped(name: string, { data, shape, weights }: ShapedMeasure): Task<Flat> {
  if (!Array.isArray(shape) || (shape.length !== 2 && shape.length !== 3)) {
    throw new InvalidMeasureError(`${name}.shape is [${shape}]: give [N, D], or [B, N, D] for a batch`);
  }
  shape.forEach((length, axis) => {
    if (!Number.isInteger(length) || length < 1) {
      throw new InvalidMeasureError(`${name}.shape[${axis}] is ${length}: every axis has a length of 1 or more`);
    }
  });
  const flat = yield* numbers(`${name}.data`, data);
  const needed = shape.reduce((product, length) => product * length, 1);
  if (flat.length !== needed) {
    throw new InvalidMeasureError(`${name}.data has ${flat.length} numbers, but its shape [${shape}] needs ${needed}`);
  }
  return { points: flat, shape, weights };
}

function* flattenRows(name: string, rows: readonly (readonly number[])[]): Task<Flat> {
  if (rows.length === 0) throw new InvalidMeasureError(`${name} is empty: give one point or more`);
  const dimension = rows[0]?.length;
  if (!isList(rows[0]) || dimension < 1) {
    throw new InvalidMeasureError(`${name}[0] is no point: give an array of arrays of numbers`);
  }
  const points = new Float64Array(rows.length * dimension);
  const copyRows = (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      const row = rows[index];
      if (!isList(row) || row.length !== dimension) {
        throw new InvalidMeasureError(
          `${name}[${index}] has ${isList(row) ? row.length : 'no'} coordinates, ${name}[0] has ${dimension}: give all points the same dimension`,
        );
      }
      copyNumbers(() => `${name}[${index}]`, row, 0, dimension, points, index * dimension);
    }
  };
  // A row takes as long as some numbers more than it has.
  yield* preparingChunked(rows.length, copyRows, dimension + 8);
  return { points, shape: [rows.length, dimension] };
}

function checkCoordinates(
  name: string,
  points: Float32Array | Float64Array,
  from: number,
  to: number,
  batched: boolean,
  count: number,
  dimension: number,
): void {
  for (let index = from; index < to; index++) {
    const coordinate = points[index];
    if (Math.abs(coordinate) <= LARGEST_LENGTH) continue;
    const point = Math.floor(index / dimension);
    const where = batched ? `element ${Math.floor(point / count)}, point ${point % count}` : `point ${point}`;
    throw new InvalidMeasureError(
      `${name}: coordinate ${index % dimension} of ${where} is ${coordinate}: ${Number.isFinite(coordinate) ? RESCALE : 'remove the point or replace the value'}`,
    );
  }
}

function* checkWeights(
  name: string,
  given: ArrayLike<number> | undefined,
  batch: number,
  batched: boolean,
  count: number,
): Task<Pick<CheckedMeasure, 'weights' | 'masses'>> {
  const listed = given === undefined ? given : yield* numbers(`${name}.weights`, given);
  if (listed && listed.length !== batch * count) {
    throw new InvalidMeasureError(
      `${name}.weights has ${listed.length} numbers: give one for each of the ${batched ? `${batch} x ` : ''}${count} points`,
    );
  }
  const weights = new Float64Array(batch * count);
  const masses = new Float64Array(batch);
  yield* preparingChunked(weights.length, (from, to) => {
    for (let index = from; index < to; index++) {
      const weight = listed ? listed[index] : 1 / count;
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
        throw new InvalidMeasureError(`${name}.weights[${index}] is ${weight}: weights are finite and 0 or more`);
      }
      weights[index] = weight;
      masses[Math.floor(index / count)] += weight;
    }
  });
  for (let element = 0; element < batch; element++) {
    if (masses[element] > 0) continue;
    throw new InvalidMeasureError(
      `${name}.weights are all 0${batched ? ` in element ${element} of the batch` : ''}: give one point or more some weight`,
    );
  }
  return { weights, masses };
}
