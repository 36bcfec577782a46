import type { Side } from '../../measure/side.js';
import { distanceOf, pointsAt, STANDARD_ERRORS, samplePlaces, sumOf } from '../../multiscale/samples.js';
import type { Field } from '../../multiscale/transfer.js';
import { report, type Task } from '../../tasks/task.js';
import { kernelFields } from './kernelFields.js';
import { type MmdProblem, withLast } from './problem.js';
import { emptyField, readFields } from './readFields.js';

/** Points of each cloud at which sums are taken over all pairs as well. */
const SAMPLES = 256;
const SIDES = ['x', 'y'] as const;

/** Points of one cloud that split its mass evenly, and k * (a - b) there, over all pairs. */
export interface SideSamples {
  readonly mass: number;
  readonly places: Uint32Array;
  readonly points: Float64Array;
  readonly exact: Required<Field>;
}

export type MmdSamples = Readonly<Record<Side, SideSamples>>;

/** Takes the sums over all pairs at samples of both clouds. */
export function* takeSamples(problem: MmdProblem): Task<MmdSamples> {
  const { space, kind, dimension, clouds, parameters } = problem;
  const sampled = (side: Side) => {
    const places = samplePlaces(clouds[side].weights, SAMPLES);
    return { mass: sumOf(clouds[side].weights.length, (k) => clouds[side].weights[k]), places };
  };
  const of = { x: sampled('x'), y: sampled('y') };
  const points = {
    x: pointsAt(clouds.x.points, dimension, of.x.places),
    y: pointsAt(clouds.y.points, dimension, of.y.places),
  };
  const exact = { x: emptyField(SAMPLES, dimension), y: emptyField(SAMPLES, dimension) };
  for (const against of SIDES) {
    yield* report({ stage: 'estimating', iteration: against === 'x' ? 1 : 2, epsilon: Number.NaN });
    const { weights } = clouds[against];
    const count = weights.length;
    const columns = {
      dimension: dimension + 1,
      points: space.upload(withLast(space, clouds[against].points, dimension), [count, dimension + 1]),
      weights: space.upload(against === 'x' ? weights : weights.map((weight) => -weight), [count, 1]),
    };
    for (const side of SIDES) {
      const rows = space.upload(withLast(space, points[side], dimension), [SAMPLES, dimension + 1]);
      const fields = kernelFields(space, kind, { dimension: dimension + 1, points: rows }, columns, { parameters });
      const found = emptyField(SAMPLES, dimension);
      yield* readFields(problem, fields, found, 0);
      found.values.forEach((value, k) => {
        exact[side].values[k] += value;
      });
      found.gradients.forEach((value, k) => {
        exact[side].gradients[k] += value;
      });
      space.release(rows);
    }
    space.release(columns.points, columns.weights);
  }
  return { x: { ...of.x, points: points.x, exact: exact.x }, y: { ...of.y, points: points.y, exact: exact.y } };
}

/** A field at the samples' places. */
export function atPlaces({ values, gradients }: Field, places: Uint32Array): Field {
  const dimension = gradients ? gradients.length / values.length : 0;
  return {
    values: Float64Array.from(places, (place) => values[place]),
    gradients:
      gradients &&
      Float64Array.from({ length: places.length * dimension }, (_, k) => {
        return gradients[places[Math.floor(k / dimension)] * dimension + (k % dimension)];
      }),
  };
}

/** The root mean square of vectors, [n, D]. */
export const rootMeanSquare = (values: Float64Array, dimension: number): number =>
  Math.sqrt((dimension * sumOf(values.length, (k) => values[k] ** 2)) / values.length);

/**
 * The relative error of sums found at the samples: that of the value, 1/2 <a - b, k * (a - b)>, or the largest of those of
 * the gradients of some sides, if that is larger. Errors of the value are taken to be the sum of the samples' mean error
 * and of twice its standard error.
 */
export function errorAt(samples: MmdSamples, found: Readonly<Record<Side, Field>>, wanted: readonly Side[]): number {
  let bias = 0;
  let variance = 0;
  let value = 0;
  let largest = 0;
  for (const side of SIDES) {
    const { mass, exact } = samples[side];
    const { values, gradients } = found[side];
    const sign = side === 'x' ? 1 : -1;
    const off = (k: number) => values[k] - exact.values[k];
    const mean = sumOf(SAMPLES, off) / SAMPLES;
    const spread = sumOf(SAMPLES, (k) => (off(k) - mean) ** 2) / (SAMPLES - 1);
    bias += sign * mass * mean;
    variance += (mass ** 2 * spread) / SAMPLES;
    value += (sign * mass * sumOf(SAMPLES, (k) => exact.values[k])) / SAMPLES;
    if (!wanted.includes(side) || !gradients) continue;
    const dimension = gradients.length / values.length;
    const error = distanceOf(exact.gradients, gradients, dimension);
    if (error > 0) largest = Math.max(largest, error / rootMeanSquare(exact.gradients, dimension));
  }
  const absolute = Math.abs(bias) + STANDARD_ERRORS * Math.sqrt(variance);
  return Math.max(largest, absolute === 0 ? 0 : absolute / Math.abs(value));
}
