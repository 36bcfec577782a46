import type { Workspace } from '../backend/workspace.js';
import { InvalidMeasureError } from '../errors.js';
import { atOnce } from '../tasks/preparing.js';
import { type DeviceWeights, weightsChunked } from './deviceMeasure.js';
import { type CheckedMeasure, type CheckedWeights, checkMeasure } from './measure.js';

/**
 * Checks the weights of a measure whose points a geometry keeps to itself.
 *
 * @param weights - [N], or [B, N] flat with `batch` B; each 0 or more.
 * @throws InvalidMeasureError naming `name`, the index and the remedy: no weights, sizes that do not fit, numbers that are not finite or
 * negative, no mass.
 *
 * @example
 * ```ts
 * import { checkWeights } from '@sinkhorn/core/extend';
 *
 * const { count, masses } = checkWeights('x', [1, 3]);
 * if (count !== 2 || masses[0] !== 4) throw new Error('unexpected');
 * ```
 */
export function checkWeights(name: string, weights: ArrayLike<number>, batch?: number): CheckedWeights {
  const total = weights?.length;
  const count = total / (batch ?? 1);
  if (!(count > 0 && Number.isInteger(count))) {
    throw new InvalidMeasureError(
      `${name} has ${total ?? 'no'} weights${batch === undefined ? '' : ` in a batch of ${batch}`}: give a list of one number or more for each element`,
    );
  }
  // Points of no meaning: what there is to say of weights stays in one place, here and below.
  const shape = batch === undefined ? [count, 1] : [batch, count, 1];
  const { points, dimension, ...checked } = checkMeasure(name, { data: new Float64Array(total), shape, weights });
  return checked;
}

/**
 * Uploads the weights of a measure, their logarithms and the normalised weights, [N, 1] or [B, N, 1], for a geometry that needs no points.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { checkWeights, uploadWeights, workspace } from '@sinkhorn/core/extend';
 *
 * const space = workspace(cpu());
 * const { normalizedWeights } = uploadWeights(space, checkWeights('x', [1, 3]));
 * if ((await space.backend.read(normalizedWeights))[1] !== 0.75) throw new Error('unexpected');
 * space.releaseAll();
 * ```
 */
export const uploadWeights = (space: Workspace, measure: CheckedWeights): DeviceWeights =>
  atOnce(weightsChunked(space, measure));

/** The weights of a measure without its points, which grids make when they are asked for. */
export const weightsOf = ({ name, weights, masses, batch, batched, count }: CheckedMeasure): CheckedWeights => ({
  name,
  weights,
  masses,
  batch,
  batched,
  count,
});
