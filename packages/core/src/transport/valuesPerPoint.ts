import { InvalidMeasureError } from '../errors.js';
import type { CheckedMeasure } from '../measure/measure.js';

/** How many numbers each point of a measure has. @throws InvalidMeasureError where they are none, or not as many for each. */
export function valuesPerPoint(
  { length }: ArrayLike<number>,
  { name, batch, count }: Pick<CheckedMeasure, 'name' | 'batch' | 'count'>,
): number {
  const points = batch * count;
  if (length > 0 && length % points === 0) return length / points;
  throw new InvalidMeasureError(
    `values has ${length} numbers: give one or more for each of the ${points} points of ${name}`,
  );
}
