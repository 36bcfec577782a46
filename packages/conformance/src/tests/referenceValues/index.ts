import type { ConformanceTest } from '../../conformanceTest.js';
import { convergedTests } from './converged.js';
import { otherTests } from './others.js';
import { scheduleTests } from './schedule.js';

/** Numbers that other programs and other methods computed. */
export const referenceTests: readonly ConformanceTest[] = [...scheduleTests, ...convergedTests, ...otherTests];
