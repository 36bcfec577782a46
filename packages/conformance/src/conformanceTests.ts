import type { ConformanceTest } from './conformanceTest.js';
import { contractTests } from './tests/contract/index.js';
import { degenerateTests } from './tests/degenerate/index.js';
import { formulaTests } from './tests/formula/index.js';
import { lossTests } from './tests/losses/index.js';
import { propertyTests } from './tests/property/index.js';
import { reduceTests } from './tests/reduce/index.js';
import { referenceTests } from './tests/referenceValues/index.js';

/** What differs from backend to backend: the interface, formulas, reductions, and losses from one end to the other. */
export const backendTests: readonly ConformanceTest[] = [
  ...contractTests,
  ...formulaTests,
  ...reduceTests,
  ...lossTests,
];

/** What core's solvers promise on any backend. */
export const solverTests: readonly ConformanceTest[] = [...propertyTests, ...degenerateTests, ...referenceTests];

/**
 * Every test of the suite, in the order in which they run: for a table of what a backend supports, or for a runner of
 * your own.
 *
 * @example
 * ```ts
 * import { conformanceTests } from '@sinkhorn/conformance';
 *
 * const ids = conformanceTests.map(({ id }) => id);
 * if (new Set(ids).size !== ids.length || !ids.includes('reduce/min/ties')) throw new Error('unexpected');
 * ```
 */
export const conformanceTests: readonly ConformanceTest[] = [...backendTests, ...solverTests];
