import { backendTests } from './conformanceTests.js';
import { type ConformanceOptions, describeTests } from './describeTests.js';
import { manifestTest } from './manifestTest.js';
import type { MakeBackend } from './runConformanceTest.js';

/**
 * Registers with vitest every test that a backend has to pass: what the interface promises, each formula and each reduction
 * against its definition, and how the losses use it.
 *
 * A backend that cannot be made fails every test: it is never skipped.
 *
 * @param name what the tests stand under in reports
 * @param make makes the backend: the package's factory
 * @throws InvalidOptionError when a test is to be skipped that does not exist, or without a reason.
 */
export function describeBackend(name: string, make: MakeBackend, options: ConformanceOptions = {}): void {
  const { manifest } = options;
  const tests = manifest ? [manifestTest(manifest), ...backendTests] : backendTests;
  describeTests(`conformance of ${name}`, tests, make, options);
}
