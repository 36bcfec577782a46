import type { Measure } from '@sinkhorn/core';
import type { CallOptions } from '@sinkhorn/losses';
import type { LossByName } from '../lossByName.js';
import { twoSampleTest } from '../twoSampleTest.js';
import type { JointDrift } from './driftResult.js';

interface JointRun extends CallOptions {
  readonly alpha: number;
  readonly permutations: number;
  readonly seed: number;
}

/** So many shuffles that twice the p-value can be `leastP`, but for the smallest: all of them take longer than those of columns. */
export const jointShuffles = (leastP: number): number => Math.min(9_999, Math.max(999, Math.ceil(2 / leastP) - 1));

/** Tests two clouds, and says which of the second one's rows the first one has least of. */
export async function jointly(
  x: Measure,
  y: Measure,
  rows: Uint32Array,
  { loss, backend, blur }: LossByName,
  { alpha, permutations, seed, signal, onProgress }: JointRun,
): Promise<JointDrift> {
  const test = await twoSampleTest(x, y, {
    ...(loss !== undefined && { loss }),
    ...(backend !== undefined && { backend }),
    ...(blur !== undefined && { blur }),
    alpha,
    permutations,
    seed,
    signal,
    onProgress,
  });
  const { pValue, smallestPValue, statistic, effect, effectByChance, witness } = test;
  const newest = Array.from(witness.y, (excess, index) => ({ excess, index }))
    .filter(({ excess }) => excess > 0)
    .sort((a, b) => b.excess - a.excess)
    .slice(0, 10);
  return {
    pValue,
    smallestPValue,
    statistic,
    ...(effect !== undefined && { effect, effectByChance }),
    loss: test.loss,
    rows: { reference: witness.x.length, current: witness.y.length },
    newRows: newest.map(({ index }) => rows[index]),
  };
}
