import { checkEqualMasses, checkPair, type MeasurePair } from '../measure/pair.js';
import { checkSymmetric } from '../measure/symmetry.js';
import type { SinkhornOptions } from './options.js';

/** Checks that measures and options make a problem. @throws InvalidMeasureError or InvalidOptionError with the remedy. */
export function checkProblem(pair: MeasurePair, { reach, debias, homogeneous, cost }: SinkhornOptions): void {
  checkPair(pair);
  if (reach.x === Number.POSITIVE_INFINITY && reach.y === Number.POSITIVE_INFINITY) checkEqualMasses(pair);
  if (debias && !homogeneous) checkSymmetric('cost', cost, pair, 'set debias: false for such a cost');
}
