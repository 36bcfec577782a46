import { draws } from './draws.js';

/** A weighted cloud as plain lists, for dense arithmetic. */
export interface Cloud {
  readonly points: readonly (readonly number[])[];
  readonly weights: readonly number[];
}

/** A random cloud in a box of side 1 with one corner at `corner`, with unequal weights of the given mass. */
export function randomCloud(count: number, seed: number, { dimension = 2, mass = 1, corner = 0 } = {}): Cloud {
  const coordinates = draws(count * dimension, seed);
  const raw = draws(count, seed + 1000).map((weight) => weight + 0.1);
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return {
    points: Array.from({ length: count }, (_, i) =>
      Array.from({ length: dimension }, (_, c) => corner + coordinates[i * dimension + c]),
    ),
    weights: Array.from(raw, (weight) => (weight * mass) / total),
  };
}

export const massOf = ({ weights }: Cloud): number => weights.reduce((sum, weight) => sum + weight, 0);

/** The cloud with one weight replaced. */
export const withWeight = ({ points, weights }: Cloud, index: number, weight: number): Cloud => ({
  points,
  weights: weights.with(index, weight),
});

/** The cloud with one coordinate of one point replaced. */
export const withCoordinate = ({ points, weights }: Cloud, index: number, axis: number, value: number): Cloud => ({
  points: points.with(index, points[index].with(axis, value)),
  weights,
});

/** All points of several clouds. */
export const joined = (...clouds: readonly Cloud[]): Cloud => ({
  points: clouds.flatMap(({ points }) => points),
  weights: clouds.flatMap(({ weights }) => weights),
});
