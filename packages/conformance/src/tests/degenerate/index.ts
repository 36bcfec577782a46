import type { ConformanceTest } from '../../conformanceTest.js';
import { blurTests } from './blurs.js';
import { pointTests } from './points.js';

/** Input at the edges: right answers, never NaN. */
export const degenerateTests: readonly ConformanceTest[] = [...pointTests, ...blurTests];
