import { checkEqualMasses, checkPair, type MeasurePair } from '../measure/pair.js';
import type { SinkhornOptions } from './options.js';

/** Checks that two measures go together, and have the same mass where both marginals are held. @throws InvalidMeasureError with the remedy. */
export function checkMarginals(pair: MeasurePair, { reach }: Pick<SinkhornOptions, 'reach'>): void {
  checkPair(pair);
  if (reach.x === Number.POSITIVE_INFINITY && reach.y === Number.POSITIVE_INFINITY) checkEqualMasses(pair);
}
