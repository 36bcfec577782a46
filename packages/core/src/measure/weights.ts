import { InvalidMeasureError } from '../errors.js';
import { type CheckedWeights, checkMeasure } from './measure.js';

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
      `${name} has ${total} weights${batch === undefined ? '' : ` in a batch of ${batch}`}: give a list of one number or more for each element`,
    );
  }
  // Points of no meaning: what is said of weights is then said in one place.
  const shape = batch === undefined ? [count, 1] : [batch, count, 1];
  const {
    points: _points,
    dimension: _dimension,
    ...checked
  } = checkMeasure(name, {
    data: new Float64Array(total),
    shape,
    weights,
  });
  return checked;
}
