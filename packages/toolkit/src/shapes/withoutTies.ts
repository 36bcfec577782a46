import type { Task } from '@sinkhorn/core';
import { drawsFrom } from '@sinkhorn/core/random';
import { type Cloud, meanOf } from '../registration/cloud.js';
import { rowsChunked } from '../rowsChunked.js';

/** Points in one cell of this size, of the way that they are moved by, coincide: what rounding leaves of them is no difference. */
const CELL = 1e-3;

/**
 * A cloud in which no points of weight coincide: each but the first in a place is moved by up to `by` along each axis. Gradients of coinciding points
 * are the same, so that they would stay together for ever.
 */
export function* withoutTies(cloud: Cloud, by: number): Task<Cloud> {
  const { weights, dimension } = cloud;
  if (by === 0) return cloud;
  const points = cloud.points.slice();
  const mean = meanOf(cloud);
  const draw = drawsFrom(0);
  const seen = new Set<string>();
  yield* rowsChunked(weights.length, (from, to) => {
    for (let i = from; i < to; i++) {
      if (!(weights[i] > 0)) continue;
      const place = points.subarray(i * dimension, (i + 1) * dimension);
      const key = place.map((value, d) => Math.round((value - mean[d]) / (CELL * by))).join();
      if (seen.has(key)) for (let d = 0; d < dimension; d++) place[d] += by * (draw() / 2 ** 31 - 1);
      else seen.add(key);
    }
  });
  return { ...cloud, points };
}
