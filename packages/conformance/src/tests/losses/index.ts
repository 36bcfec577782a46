import type { ConformanceTest } from '../../conformanceTest.js';
import { agreementTests } from './agreement.js';
import { arrayTests } from './arrays.js';

/** How the losses use a backend. */
export const lossTests: readonly ConformanceTest[] = [...arrayTests, ...agreementTests];
