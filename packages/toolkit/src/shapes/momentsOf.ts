import { type CheckedMeasure, type Measure, runSync, type Task } from '@sinkhorn/core';
import { checkCloud } from '../checkCloud.js';
import { spectrum } from '../linear/spectrum.js';
import { rowsChunked } from '../rowsChunked.js';

/** A cloud in a few numbers. */
export interface Moments {
  /** The sum of the weights. */
  readonly mass: number;
  /** [D] */
  readonly mean: Float64Array;
  /** [D, D], row by row: that of the points themselves, divided by the mass and not by one less. */
  readonly covariance: Float64Array;
  /** [D]: the standard deviations along the principal axes, the largest first, in units of the coordinates. */
  readonly deviations: Float64Array;
  /** [D, D]: the principal axes, one a row, each of length 1. */
  readonly axes: Float64Array;
}

/**
 * Mass, mean and covariance of a cloud, [N, D], with its principal axes.
 *
 * @throws InvalidMeasureError for what is no cloud, and for batches.
 *
 * @example
 * ```ts
 * import { momentsOf } from 'sinkhorn/toolkit';
 *
 * const { mean, deviations } = momentsOf([[0, 0], [4, 0], [2, 1], [2, -1]]);
 * if (mean[0] !== 2 || Math.abs(deviations[0] - Math.SQRT2) > 1e-12) throw new Error('unexpected');
 * ```
 */
export function momentsOf(cloud: Measure): Moments {
  return runSync(momentsOfAny(cloud));
}

function* momentsOfAny(cloud: Measure): Task<Moments> {
  return yield* moments(yield* checkCloud('cloud', cloud));
}

/** The same of a cloud that was checked, as a task that can be interrupted. */
function* moments({ points, weights, masses, dimension }: CheckedMeasure): Task<Moments> {
  const [mass] = masses;
  // Ways from the first point of weight: a cloud far from the origin, or one with almost all mass in one place, loses nothing.
  const origin = dimension * weights.findIndex((weight) => weight > 0);
  const way = (i: number, c: number) => points[i * dimension + c] - points[origin + c];
  const mean = new Float64Array(dimension);
  yield* rowsChunked(weights.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const share = weights[i] / mass;
      for (let c = 0; c < dimension; c++) mean[c] += share * way(i, c);
    }
  });
  const covariance = new Float64Array(dimension ** 2);
  yield* rowsChunked(weights.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const share = weights[i] / mass;
      for (let r = 0; r < dimension; r++) {
        const left = share * (way(i, r) - mean[r]);
        for (let c = 0; c < dimension; c++) covariance[r * dimension + c] += left * (way(i, c) - mean[c]);
      }
    }
  });
  const { values, vectors } = spectrum(covariance, dimension);
  return {
    mass,
    mean: mean.map((value, c) => points[origin + c] + value),
    covariance,
    // Rounding may leave a variance of 0 a little below it.
    deviations: values.map((value) => Math.sqrt(Math.max(0, value))),
    axes: vectors,
  };
}

/** How far points are from their mean, as the root of the mean square. */
export function* spreadOf(cloud: CheckedMeasure): Task<number> {
  return Math.hypot(...(yield* moments(cloud)).deviations);
}
