import type { CheckedMeasure } from '@sinkhorn/core';

/** A weighted sample: [count, dimension] coordinates and one weight for each point. */
export interface Sample {
  readonly points: Float64Array;
  readonly dimension: number;
  readonly weights?: Float64Array;
}

/** The points of both samples, those of x first. */
export interface Pool {
  readonly points: Float64Array;
  /** What each point brings along when it changes sides; 1 each where neither sample has weights. */
  readonly weights: Float64Array;
  readonly weighted: boolean;
  readonly dimension: number;
  readonly count: number;
  readonly countX: number;
  readonly massX: number;
  readonly massY: number;
}

/** Puts two checked measures, which are no batches, together. `weighted` tells which of them came with weights. */
export function makePool(
  x: CheckedMeasure,
  y: CheckedMeasure,
  weighted: { readonly x: boolean; readonly y: boolean },
): Pool {
  const count = x.count + y.count;
  return {
    points: concatenate([x.points, y.points]),
    weights: concatenate([
      weighted.x ? x.weights : weightsBeside(x.count, weighted.y ? y : undefined),
      weighted.y ? y.weights : weightsBeside(y.count, weighted.x ? x : undefined),
    ]),
    weighted: weighted.x || weighted.y,
    dimension: x.dimension,
    count,
    countX: x.count,
    massX: x.masses[0],
    massY: y.masses[0],
  };
}

/**
 * Weights for a sample that came without: what they are in proportion to those of the other sample decides what a point brings
 * along. Beside counts, which are whole numbers, each point counts once. Other weights have no unit: each point weighs their mean.
 */
function weightsBeside(count: number, other: CheckedMeasure | undefined): Float64Array {
  return new Float64Array(count).fill(!other || other.weights.every(Number.isInteger) ? 1 : meanOf(other.weights));
}

/** Equal numbers are their own mean to the last bit, so that points that are the same also weigh the same. */
const meanOf = (numbers: Float64Array): number =>
  numbers.every((number) => number === numbers[0])
    ? numbers[0]
    : numbers.reduce((total, number) => total + number, 0) / numbers.length;

/** The two samples of an order: its first `countX` points, and the others, with weights that add up to each side's mass. */
export function divide(pool: Pool, order: Uint32Array): { readonly x: Sample; readonly y: Sample } {
  return {
    x: pick(pool, order.subarray(0, pool.countX), pool.massX),
    y: pick(pool, order.subarray(pool.countX), pool.massY),
  };
}

/** The sum of the weights of some points. */
export function massOf({ weights }: Pool, indices: Uint32Array): number {
  let total = 0;
  for (const index of indices) total += weights[index];
  return total;
}

function pick(pool: Pool, indices: Uint32Array, mass: number): Sample {
  const { points, dimension, weights, weighted } = pool;
  const picked = new Float64Array(indices.length * dimension);
  for (let to = 0; to < indices.length; to++) {
    for (let c = 0; c < dimension; c++) picked[to * dimension + c] = points[indices[to] * dimension + c];
  }
  if (!weighted) return { points: picked, dimension };
  const own = massOf(pool, indices);
  // A side whose points all weigh nothing has nothing to scale: the loss then says so.
  const scale = own > 0 ? mass / own : 0;
  return { points: picked, dimension, weights: Float64Array.from(indices, (index) => weights[index] * scale) };
}

/** Arrays, one after the other. */
export function concatenate(arrays: readonly ArrayLike<number>[]): Float64Array {
  const whole = new Float64Array(arrays.reduce((total, { length }) => total + length, 0));
  let place = 0;
  for (const array of arrays) {
    whole.set(array, place);
    place += array.length;
  }
  return whole;
}
