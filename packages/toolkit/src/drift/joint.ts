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
  const { pValue, statistic, effect, effectByChance, witness } = test;
  const newest = Array.from(witness.y, (excess, index) => ({ excess, index }))
    .filter(({ excess }) => excess > 0)
    .sort((a, b) => b.excess - a.excess)
    .slice(0, 10);
  return {
    pValue,
    statistic,
    ...(effect !== undefined && { effect, effectByChance }),
    loss: test.loss,
    rows: { reference: witness.x.length, current: witness.y.length },
    newRows: newest.map(({ index }) => rows[index]),
  };
}
