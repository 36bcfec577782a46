import fc from 'fast-check';
import { fail } from './check.js';

/** Runs a check on random input, the same in every run; where it fails, the smallest input found says how. */
export async function checkProperty<Input>(
  input: fc.Arbitrary<Input>,
  check: (input: Input) => Promise<void>,
  { seed, runs }: { seed: number; runs: number },
): Promise<void> {
  const details = await fc.check(fc.asyncProperty(input, check), { seed, numRuns: runs });
  if (!details.failed) return;
  const { errorInstance: error, numRuns, numShrinks } = details;
  const message = error instanceof Error ? error.message : String(error);
  fail(`after ${numRuns} random inputs, made smaller ${numShrinks} times: ${message}`);
}
