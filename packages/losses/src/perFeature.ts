import { InvalidOptionError } from '@sinkhorn/core';
import type { Loss } from './loss.js';
import { engineOf, extendOf } from './makeLoss.js';
import { type SumSolution, sumOfLosses } from './sumOfLosses.js';

/**
 * The sum of a loss over features, as a loss: the clouds are compared in one coordinate, or one group of coordinates,
 * at a time, so that no feature drowns another.
 *
 * @param columns - Each entry a column's index, or a list of them that go together; counted from 0.
 * @throws InvalidOptionError when an index is no whole number, or the list is empty; InvalidMeasureError when a cloud
 * has no such column.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { perFeature, sinkhornDivergence } from '@sinkhorn/losses';
 *
 * const loss = perFeature(sinkhornDivergence({ backend: cpu(), p: 1 }), [0, [1, 2]]);
 * if ((await loss.value([[1, 0, 0]], [[0, 3, 4]])) !== 6) throw new Error('unexpected');
 * ```
 */
export function perFeature(loss: Loss, columns: readonly (number | readonly number[])[]): Loss<SumSolution> {
  const engine = engineOf(loss, 'loss');
  if (!Array.isArray(columns) || columns.length === 0) {
    throw new InvalidOptionError('columns is empty: give some, as in [0]');
  }
  const terms = columns.map((entry, index) => {
    const group = [entry].flat();
    if (group.length === 0 || group.some((column) => !Number.isInteger(column) || column < 0)) {
      throw new InvalidOptionError(`columns[${index}] is ${JSON.stringify(entry)}: give whole numbers from 0 on`);
    }
    return { engine, extend: extendOf(loss), weight: 1, columns: group };
  });
  return sumOfLosses(`perFeature(${engine.name})`, terms);
}
