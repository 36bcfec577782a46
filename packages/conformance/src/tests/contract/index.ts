import type { ConformanceTest } from '../../conformanceTest.js';
import { arrayTests } from './arrays.js';
import { axisSoftmaxTests } from './axisSoftmax.js';
import { formulaErrorTests } from './formulaErrors.js';
import { lifetimeTests } from './lifetime.js';
import { orderTests } from './order.js';
import { pairsTests } from './pairs.js';
import { permuteTests } from './permute.js';
import { writeTests } from './write.js';

/** What the interface `Backend` promises, whatever is computed. */
export const contractTests: readonly ConformanceTest[] = [
  ...arrayTests,
  ...axisSoftmaxTests,
  ...formulaErrorTests,
  ...lifetimeTests,
  ...orderTests,
  ...pairsTests,
  ...permuteTests,
  ...writeTests,
];
