import type { Side } from '../../measure/side.js';
import { sumOf } from '../../multiscale/samples.js';
import type { Field } from '../../multiscale/transfer.js';
import type { Task } from '../../tasks/task.js';
import type { MmdProblem } from './problem.js';
import { atSamples, errorsAt, type MmdSamples } from './samples.js';

/** The spacing of a second lattice, over that of the first one. */
export const COARSER = 1.25;

/** ||a - b||^2: k * (a - b), at every point of both clouds, against a - b. */
export const squaredNorm = ({ clouds }: MmdProblem, { x, y }: Readonly<Record<Side, Field>>): number =>
  sumOf(x.values.length, (k) => clouds.x.weights[k] * x.values[k]) -
  sumOf(y.values.length, (k) => clouds.y.weights[k] * y.values[k]);

/**
 * The larger of the relative errors of value and gradients of sums from a lattice, at the samples.
 *
 * Where samples cannot tell whether the value is off, as it is much smaller than its terms, as many points cancel, their
 * bound is far too large. It is then what the value changes by on a coarser lattice, which has errors of its own three
 * times as large.
 */
export function* errorOf(
  problem: MmdProblem,
  samples: MmdSamples,
  fields: Readonly<Record<Side, Field>>,
  wanted: readonly Side[],
  accuracy: number,
  coarser: () => Task<Readonly<Record<Side, Field>>>,
): Task<number> {
  const norm = squaredNorm(problem, fields);
  const { value, isOff, gradients } = errorsAt(samples, atSamples(samples, fields), wanted, norm);
  if (value <= accuracy || isOff || gradients > accuracy) return Math.max(value, gradients);
  const change = Math.abs(1 - squaredNorm(problem, yield* coarser()) / norm);
  return Math.max(Math.min(value, change), gradients);
}
