import { trace } from '../linear/matrix.js';

/** Points, [N, D], with weights that add up to 1, [N]. */
export interface Cloud {
  readonly points: Float64Array;
  readonly weights: Float64Array;
  readonly dimension: number;
}

/** Every so manieth point, as many as asked for at most. */
export function thinned(cloud: Cloud, most: number): Cloud {
  const count = cloud.weights.length;
  if (count <= most) return cloud;
  return pointsOf(
    cloud,
    Array.from({ length: most }, (_, k) => Math.floor((k * count) / most)),
  );
}

/** Every other point, and those between. */
export const halvesOf = (cloud: Cloud): readonly [Cloud, Cloud] => {
  const rows = Array.from(cloud.weights.keys());
  return [
    pointsOf(
      cloud,
      rows.filter((row) => row % 2 === 0),
    ),
    pointsOf(
      cloud,
      rows.filter((row) => row % 2 === 1),
    ),
  ];
};

function pointsOf({ points, weights, dimension }: Cloud, rows: readonly number[]): Cloud {
  const own = Float64Array.from(rows, (row) => weights[row]);
  const total = own.reduce((sum, weight) => sum + weight, 0);
  return {
    points: Float64Array.from(
      rows.flatMap((row) => Array.from(points.subarray(row * dimension, (row + 1) * dimension))),
    ),
    weights: total > 0 ? own.map((weight) => weight / total) : own.fill(1 / rows.length),
    dimension,
  };
}

/** The weighted mean, [D]; weights add up to 1. */
export function meanOf({ points, weights, dimension }: Cloud): Float64Array {
  const mean = new Float64Array(dimension);
  points.forEach((value, k) => {
    mean[k % dimension] += weights[Math.floor(k / dimension)] * value;
  });
  return mean;
}

/** The weighted covariance, [D, D]; weights add up to 1. */
export function covarianceOf(cloud: Cloud): Float64Array {
  const { points, weights, dimension } = cloud;
  const mean = meanOf(cloud);
  const covariance = new Float64Array(dimension ** 2);
  for (const [i, weight] of weights.entries()) {
    for (let r = 0; r < dimension; r++) {
      const left = weight * (points[i * dimension + r] - mean[r]);
      for (let c = 0; c < dimension; c++) covariance[r * dimension + c] += left * (points[i * dimension + c] - mean[c]);
    }
  }
  return covariance;
}

/** The root of the mean squared distance from the mean; weights add up to 1. */
export const spreadOf = (cloud: Cloud): number => Math.sqrt(trace(covarianceOf(cloud), cloud.dimension));

/** How far two places of each point, [N, D], are from each other: the root of the weighted mean of squares; weights add up to 1. */
export const apart = ({ weights, dimension }: Cloud, one: Float64Array, other: Float64Array): number =>
  Math.sqrt(one.reduce((sum, value, k) => sum + weights[Math.floor(k / dimension)] * (other[k] - value) ** 2, 0));
