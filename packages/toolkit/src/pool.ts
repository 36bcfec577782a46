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

/** Puts two checked measures, which are no batches, together. */
export function makePool(x: CheckedMeasure, y: CheckedMeasure, weighted: boolean): Pool {
  const count = x.count + y.count;
  return {
    points: concatenate([x.points, y.points]),
    weights: weighted ? concatenate([x.weights, y.weights]) : new Float64Array(count).fill(1),
    weighted,
    dimension: x.dimension,
    count,
    countX: x.count,
    massX: x.masses[0],
    massY: y.masses[0],
  };
}

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
  indices.forEach((from, to) => {
    picked.set(points.subarray(from * dimension, (from + 1) * dimension), to * dimension);
  });
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
