import { InvalidMeasureError, InvalidOptionError } from '../../errors.js';
import type { CheckedMeasure } from '../../measure/measure.js';
import { checkEqualMasses, checkPair } from '../../measure/pair.js';

/** Checks that measures, their support or start and their weights go together. @throws InvalidMeasureError or InvalidOptionError. */
export function checkMeasures(
  measures: readonly CheckedMeasure[],
  support: CheckedMeasure,
  weights: readonly number[],
  reach = Number.POSITIVE_INFINITY,
): void {
  if (weights.length !== measures.length) {
    throw new InvalidOptionError(
      `weights has ${weights.length} numbers, and there are ${measures.length} measures: give one for each`,
    );
  }
  for (const measure of [support, ...measures]) {
    checkPair({ x: measure, y: measures[0] });
    if (!measure.batched) continue;
    throw new InvalidMeasureError(
      `${measure.name} is a batch: barycenters are of one measure each, solve them one by one`,
    );
  }
  if (reach < Number.POSITIVE_INFINITY) return;
  for (const measure of measures) {
    checkEqualMasses({ x: measures[0], y: measure }, 'set normalize: true for a barycenter of shares');
  }
}
