import type { MeasurePair } from '../measure/pair.js';
import { checkSymmetric } from '../measure/symmetry.js';
import { checkMarginals } from './checkMarginals.js';
import type { SinkhornOptions } from './options.js';

/** Checks that measures and options make a problem. @throws InvalidMeasureError or InvalidOptionError with the remedy. */
export function checkProblem(pair: MeasurePair, options: SinkhornOptions): void {
  checkMarginals(pair, options);
  const { debias, homogeneous, cost } = options;
  if (debias && !homogeneous) checkSymmetric('cost', cost, pair, 'set debias: false for such a cost');
}
