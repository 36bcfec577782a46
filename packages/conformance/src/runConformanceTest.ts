import { type Backend, DeviceLostError, InvalidOptionError } from '@sinkhorn/core';
import type { ConformanceTest } from './conformanceTest.js';
import { conformanceTests } from './conformanceTests.js';
import type { BackendManifest } from './manifest.js';
import { type Oracle, type Recall, recallFrom } from './support/oracle.js';
import { tolerancesFor } from './tolerances.js';

/** Makes the backend under test: its package's factory, or a function that calls it. */
export type MakeBackend = () => Backend | Promise<Backend>;

/** How precise a backend has to be. */
export interface PrecisionOptions {
  /**
   * The relative error allowed in the values of losses, 1e-12 for float64 and 1e-4 for float32 when absent. What is
   * allowed in reductions, gradients and elsewhere moves by the same factor.
   */
  readonly tolerance?: number;
  /**
   * What the suite computed elsewhere to compare with, in the same version: numbers in float64 that take most of its time,
   * and that do not depend on the backend. It takes what is there and adds what is not.
   */
  readonly oracle?: () => Oracle | Promise<Oracle>;
}

/**
 * Runs one test of the suite on a backend of its own, outside of any test runner.
 *
 * @param id which one: an `id` of `conformanceTests`
 * @param make makes the backend; called again by tests that need a second one
 * @throws InvalidOptionError when there is no such test, and what the test finds wrong.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { runConformanceTest } from '@sinkhorn/conformance';
 *
 * await runConformanceTest('reduce/min/ties', cpu);
 * ```
 */
export async function runConformanceTest(id: string, make: MakeBackend, options: PrecisionOptions = {}): Promise<void> {
  const test = conformanceTests.find((candidate) => candidate.id === id);
  if (!test) throw new InvalidOptionError(`there is no conformance test '${id}': conformanceTests lists them`);
  const { run, close } = suite(make, options);
  try {
    await run(test);
  } finally {
    await close();
  }
}

/** Runs tests on one backend, which is opened when the first of them comes. */
export function suite(
  make: MakeBackend,
  { tolerance, oracle, manifest }: PrecisionOptions & { readonly manifest?: BackendManifest },
) {
  let shared: Promise<Backend> | undefined;
  let recall: Promise<Recall> | undefined;
  return {
    async run(test: ConformanceTest): Promise<void> {
      shared ??= Promise.resolve().then(make);
      recall ??= Promise.resolve(oracle?.() ?? new Map()).then(recallFrom);
      const backend = await shared;
      const opened: Backend[] = [];
      const open = async () => {
        const another = await make();
        opened.push(another);
        return another;
      };
      const tolerances = tolerancesFor(backend.precision, tolerance);
      const subject = { backend, open, recall: await recall, operators: manifest?.operators ?? [], tolerances };
      try {
        await test.run(subject);
      } finally {
        opened.forEach(disposeOnce);
      }
    },
    async close(): Promise<void> {
      const backend = await shared?.catch(() => undefined);
      backend?.dispose();
    },
  };
}

/** Disposes of a backend that a test may have disposed of before. */
function disposeOnce(backend: Backend): void {
  try {
    backend.dispose();
  } catch (error) {
    if (!(error instanceof DeviceLostError)) throw error;
  }
}
