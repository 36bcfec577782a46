import type { Loss } from '@sinkhorn/losses';
import { random, type TestCloud } from './clouds.js';

/** How a cloud moves. */
export interface TestDirection {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

/** A cloud some way along a direction. */
export const moved = (cloud: TestCloud, { points, weights }: TestDirection, by: number): TestCloud => ({
  ...cloud,
  points: cloud.points.map((value, k) => value + by * points[k]),
  weights: cloud.weights.map((value, k) => value + by * weights[k]),
});

/** A direction of points, and of the weights above 0, that changes the mass by `change`. */
export function directionOf({ points, weights }: TestCloud, seed: number, change = 0): TestDirection {
  const next = random(seed);
  const raw = weights.map((weight) => weight * (next() - 0.5));
  const excess = raw.reduce((sum, value) => sum + value, 0) - change;
  const total = weights.reduce((sum, value) => sum + value, 0);
  return {
    points: points.map(() => next() - 0.5),
    weights: raw.map((value, k) => value - (excess * weights[k]) / total),
  };
}

/** How numbers change where a parameter goes through 0: central differences of fourth order. */
export async function differenced(
  at: (by: number) => Promise<readonly ArrayLike<number>[]>,
  step = 1e-3,
): Promise<number[][]> {
  const [after, before] = [await at(step), await at(-step)];
  const [far, farBefore] = [await at(2 * step), await at(-2 * step)];
  return after.map((values, part) =>
    Array.from(
      values,
      (value, k) => (8 * (value - before[part][k]) - (far[part][k] - farBefore[part][k])) / (12 * step),
    ),
  );
}

/** The gradients of a loss in x and y, along directions of both. */
export const gradientsAlong =
  (loss: Loss, [x, dx]: readonly [TestCloud, TestDirection], [y, dy]: readonly [TestCloud, TestDirection]) =>
  async (by: number) => {
    const found = await loss.valueAndGradients(moved(x, dx, by), moved(y, dy, by), { wrt: 'both' });
    return [found.x.points, found.x.weights, found.y.points, found.y.weights];
  };

/** The distance of two vectors over the length of the second. */
export function relative(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.NaN;
  let [difference, size] = [0, 0];
  for (let k = 0; k < wanted.length; k++) {
    difference += (found[k] - wanted[k]) ** 2;
    size += wanted[k] ** 2;
  }
  return Math.sqrt(difference / size);
}

/** The scalar product of two vectors. */
export function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < left.length; k++) total += left[k] * right[k];
  return total;
}
