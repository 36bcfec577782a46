import type { Cloud } from './clouds.js';

/** One point of a cloud without a batch. */
export const pointOf = ({ data, shape: [, dimension] }: Cloud, index: number): Float64Array =>
  data.subarray(index * dimension, (index + 1) * dimension);

/** The sum over a cloud of its weights times a function of the point. */
export function integral(cloud: Cloud, value: (point: Float64Array) => number): number {
  return cloud.weights.reduce((sum, weight, index) => sum + weight * value(pointOf(cloud, index)), 0);
}

/** The cost that goes with p. */
export function costOf(p: 1 | 2, x: ArrayLike<number>, y: ArrayLike<number>): number {
  const squared = Array.from(x).reduce((sum, coordinate, c) => sum + (coordinate - y[c]) ** 2, 0);
  return p === 1 ? Math.sqrt(squared) : squared / 2;
}

/** The weighted mean of a cloud. */
export function meanOf(cloud: Cloud): number[] {
  const mass = cloud.weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length: cloud.shape[1] }, (_, c) => integral(cloud, (point) => point[c]) / mass);
}

/** Half of what every point pays to reach its nearest one on the other side. */
export function chamfer(x: Cloud, y: Cloud, p: 1 | 2): number {
  const nearest = (from: Cloud, to: Cloud) =>
    integral(from, (point) =>
      Math.min(...Array.from({ length: to.shape[0] }, (_, index) => costOf(p, point, pointOf(to, index)))),
    );
  return (nearest(x, y) + nearest(y, x)) / 2;
}
