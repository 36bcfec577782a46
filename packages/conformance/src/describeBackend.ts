import { InvalidOptionError } from '@sinkhorn/core';
import { afterAll, describe, it } from 'vitest';
import { conformanceTests } from './conformanceTests.js';
import { type MakeBackend, type PrecisionOptions, suite } from './runConformanceTest.js';

/** A test that a backend is excused from. */
export interface SkippedTest {
  /** The `id` of the test. */
  readonly test: string;
  /** Why: it stands next to the test in every report. */
  readonly reason: string;
}

export interface ConformanceOptions extends PrecisionOptions {
  /** What the backend cannot do. A test that does not exist, or has no reason, fails the run. */
  readonly skip?: readonly SkippedTest[];
  /** Milliseconds that a test may take; 120000 when absent. */
  readonly timeout?: number;
}

/**
 * Registers with vitest every test that a backend has to pass: what the interface promises, each formula and each
 * reduction against its definition, how losses use it, the properties of the losses, input at the edges, and the
 * reference values.
 *
 * A backend that cannot be made fails every test: it is never skipped.
 *
 * @param name what the tests stand under in reports
 * @param make makes the backend: the package's factory
 * @throws InvalidOptionError when a test is to be skipped that does not exist, or without a reason.
 */
export function describeBackend(name: string, make: MakeBackend, options: ConformanceOptions = {}): void {
  const { skip = [], timeout = 120_000 } = options;
  const reasons = new Map(skip.map((entry) => [entry.test, checkedReason(entry)]));
  describe(`conformance of ${name}`, () => {
    const { run, close } = suite(make, options);
    afterAll(close);
    for (const { id, title } of conformanceTests) {
      const reason = reasons.get(id);
      if (reason === undefined) it(`${id}: ${title}`, () => run(id), timeout);
      else it.skip(`${id}: ${title} (skipped: ${reason})`, () => {});
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
