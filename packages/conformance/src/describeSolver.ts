import { InvalidOptionError } from '@sinkhorn/core';
import { solverTests } from './conformanceTests.js';
import { type ConformanceOptions, describeTests } from './describeTests.js';
import type { MakeBackend } from './runConformanceTest.js';

/**
 * Registers with vitest what core's solvers promise, on a backend: the properties of the losses, input at the edges, and
 * the reference values of other programs. The solvers are the same code on every backend that passes `describeBackend`.
 *
 * @param name what the tests stand under in reports
 * @param make makes the backend: the package's factory
 * @throws InvalidOptionError when the manifest leaves these tests out, or a test is to be skipped that does not exist, or
 *   without a reason.
 */
export function describeSolver(name: string, make: MakeBackend, options: ConformanceOptions = {}): void {
  if (options.manifest?.solver === false) {
    throw new InvalidOptionError(`the manifest of ${name} leaves the suite of the solvers out: use describeResults`);
  }
  describeTests(`solvers on ${name}`, solverTests, make, options);
}
