import type { ConformanceTest } from './conformanceTest.js';

/**
 * What takes most of the time where each pair takes long: a million pairs, many random formulas, the same solves over and over, and
 * the longest lists of solves. Every kind, operator and way of the interface is still there in small sizes, one loss after the
 * other, and properties and reference values of every kind.
 */
const SLOW = [
  /\/large-sizes$/,
  /\/blocks$/,
  /\/many-terms$/,
  /random-/,
  /\/same-bits$/,
  /\/churn$/,
  /\/releases/,
  /\/lost-device$/,
  /\/convex-in-each-argument$/,
  /\/converged-p2-/,
  /\/exact-transport$/,
];

/** Those of some tests that a backend without optimised code finishes in seconds. */
export const quickTests = (tests: readonly ConformanceTest[]): readonly ConformanceTest[] =>
  tests.filter(({ id }) => !SLOW.some((slow) => slow.test(id)));
