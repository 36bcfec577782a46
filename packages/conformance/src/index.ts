export type { ConformanceTest, Subject } from './conformanceTest.js';
export { conformanceTests } from './conformanceTests.js';
export { type ConformanceOptions, describeBackend, type SkippedTest } from './describeBackend.js';
export { type MakeBackend, type PrecisionOptions, runConformanceTest } from './runConformanceTest.js';
export type { Tolerances } from './tolerances.js';
