import type { Random } from './random.js';

/** A weighted point cloud, or a batch of them, that a test can take apart. */
export interface Cloud {
  /** [B, N, D], flat. */
  readonly data: Float64Array;
  /** [N, D], or [B, N, D] for a batch. */
  readonly shape: readonly number[];
  /** [B, N], flat. */
  readonly weights: Float64Array;
}

/** How a random cloud is drawn: uniformly from a box, with weights that differ. */
export interface CloudOptions {
  readonly count: number;
  readonly dimension: number;
  readonly batch?: number;
  /** Length of the box's sides; 1 when absent. */
  readonly size?: number;
  /** Where the box begins, in every coordinate; 0 when absent. */
  readonly from?: number;
  /** Mass of each element; 1 when absent. */
  readonly mass?: number;
}

/** A random cloud. */
export function cloud(random: Random, { count, dimension, batch, size = 1, from = 0, mass = 1 }: CloudOptions): Cloud {
  const elements = batch ?? 1;
  return {
    data: Float64Array.from({ length: elements * count * dimension }, () => from + size * random.uniform()),
    shape: batch === undefined ? [count, dimension] : [batch, count, dimension],
    weights: concatenate(Array.from({ length: elements }, () => randomWeights(random, count, mass))),
  };
}

/** Weights between 0.5 and 1.5 times the average, of a given sum. */
export function randomWeights(random: Random, count: number, mass = 1): Float64Array {
  const weights = Float64Array.from({ length: count }, () => random.uniform(0.5, 1.5));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (weight * mass) / total);
}

/** One list after another. */
export function concatenate(lists: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(lists.reduce((length, list) => length + list.length, 0));
  let at = 0;
  for (const list of lists) {
    joined.set(list, at);
    at += list.length;
  }
  return joined;
}

/** The cloud with every coordinate mapped. */
export const mapPoints = (cloud: Cloud, map: (coordinate: number, axis: number) => number): Cloud => ({
  ...cloud,
  data: cloud.data.map((coordinate, index) => map(coordinate, index % cloud.shape[cloud.shape.length - 1])),
});

/** The cloud moved by a vector. */
export const translated = (cloud: Cloud, vector: readonly number[]): Cloud =>
  mapPoints(cloud, (coordinate, axis) => coordinate + vector[axis]);

/** The cloud with other weights. */
export const weighted = (cloud: Cloud, weights: ArrayLike<number>): Cloud => ({
  ...cloud,
  weights: Float64Array.from(weights),
});

/** The same points and weights, the last first. */
export function reversed(cloud: Cloud): Cloud {
  const [count, dimension] = cloud.shape;
  return {
    ...cloud,
    data: cloud.data.map(
      (_, index) => cloud.data[(count - 1 - Math.floor(index / dimension)) * dimension + (index % dimension)],
    ),
    weights: Float64Array.from(cloud.weights).reverse(),
  };
}

/** A cloud of given points, [N][D], of equal weights unless they are given. */
export function cloudOf(points: readonly (readonly number[])[], weights?: ArrayLike<number>): Cloud {
  return {
    data: Float64Array.from(points.flat()),
    shape: [points.length, points[0].length],
    weights: weights ? Float64Array.from(weights) : new Float64Array(points.length).fill(1 / points.length),
  };
}

/** Copies of one cloud as a batch, each changed by its index. */
export function batchOf(clouds: readonly Cloud[]): Cloud {
  return {
    data: concatenate(clouds.map(({ data }) => data)),
    shape: [clouds.length, ...clouds[0].shape],
    weights: concatenate(clouds.map(({ weights }) => weights)),
  };
}
