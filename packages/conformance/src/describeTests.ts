import { InvalidOptionError } from '@sinkhorn/core';
import { afterAll, describe, it } from 'vitest';
import type { ConformanceTest } from './conformanceTest.js';
import { conformanceTests } from './conformanceTests.js';
import type { BackendManifest, SkippedTest } from './manifest.js';
import { quickTests } from './quickTests.js';
import { type MakeBackend, type PrecisionOptions, suite } from './runConformanceTest.js';

export interface ConformanceOptions extends PrecisionOptions {
  /** What the backend says of itself, which the suite holds it to. */
  readonly manifest?: BackendManifest;
  /** What the backend cannot do, besides what its manifest says. A test that does not exist, or has no reason, fails the run. */
  readonly skip?: readonly SkippedTest[];
  /**
   * Runs what takes seconds on a backend without optimised code, to work with: without large sizes, random formulas and the longest lists of
   * solves, which `skip` need not name. A backend that is done passes the whole suite.
   */
  readonly quick?: boolean;
  /** Milliseconds that a test may take; 120000 when absent. */
  readonly timeout?: number;
}

/** Registers tests of the suite with vitest, under a title. */
export function describeTests(
  title: string,
  tests: readonly ConformanceTest[],
  make: MakeBackend,
  options: ConformanceOptions,
): void {
  const { manifest, skip = [], quick = false, timeout = 120_000 } = options;
  const reasons = new Map([...(manifest?.skip ?? []), ...skip].map((entry) => [entry.test, checkedReason(entry)]));
  describe(quick ? `${title}, quick` : title, () => {
    const { run, close } = suite(make, options);
    afterAll(close);
    for (const test of quick ? quickTests(tests) : tests) {
      const reason = reasons.get(test.id);
      if (reason === undefined) it(`${test.id}: ${test.title}`, () => run(test), timeout);
      else it.skip(`${test.id}: ${test.title} (skipped: ${reason})`, () => {});
    }
  });
}

function checkedReason({ test, reason }: SkippedTest): string {
  if (!conformanceTests.some(({ id }) => id === test)) {
    throw new InvalidOptionError(`skip names '${test}': there is no such test, conformanceTests lists them`);
  }
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new InvalidOptionError(`skip gives no reason for '${test}': say why the backend cannot pass it`);
  }
  return reason;
}
