import {
  type CheckedMeasure,
  checkPair,
  checkRunOptions,
  InvalidMeasureError,
  InvalidOptionError,
  type Measure,
  runAsync,
  type Task,
} from '@sinkhorn/core';
import { pause } from '@sinkhorn/core/extend';
import type { CallOptions, Loss, TargetLoss } from '@sinkhorn/losses';
import { checkCloud } from '../checkCloud.js';

/** A loss between all pairs of some clouds. */
export interface PairwiseResult {
  /** [N, N], row by row: `values[i * count + j]` is the loss of clouds i and j. */
  readonly values: Float64Array;
  readonly count: number;
  /** Whether only one of (i, j) and (j, i) was computed, as those of the first three clouds were the same both ways. */
  readonly symmetric: boolean;
  /** Pairs, as [i, j], whose value is not as accurate as was asked for. */
  readonly inaccurate: readonly (readonly [number, number])[];
}

/** How far apart, relative, the two ways of a symmetric loss may be: what iterations leave. */
const SAME = 2e-2;
/** Clouds of which all pairs are computed both ways. */
const TRIED = 3;

/**
 * The loss between all pairs of clouds: a matrix of divergences, for `embedDistances` or a clustering. What depends on one cloud alone,
 * such as its transport to itself, is computed once for all pairs that have it as their second. A loss that gives the same both ways, which the first three clouds show,
 * is computed one way.
 *
 * @param loss - what `sinkhornDivergence` or another function of this library returned.
 * @param clouds - [N_i, D] each.
 * @throws InvalidMeasureError naming the cloud; what the loss throws.
 *
 * @example
 * ```ts
 * import { cpu, energyDistance } from 'sinkhorn';
 * import { pairwise } from 'sinkhorn/toolkit';
 *
 * const { values } = await pairwise(energyDistance({ backend: cpu() }), [[[0]], [[1]], [[3]]]);
 * if (values.join() !== '0,1,3,1,0,2,3,2,0') throw new Error(values.join());
 * ```
 */
export async function pairwise(
  loss: Loss,
  clouds: readonly Measure[],
  options: CallOptions = {},
): Promise<PairwiseResult> {
  const { signal, onProgress } = checkRunOptions(options);
  if (!Array.isArray(clouds) || clouds.length === 0) throw new InvalidMeasureError('clouds is empty: give one or more');
  await runAsync(checkAll(clouds), { signal });
  const count = clouds.length;
  const values = new Float64Array(count ** 2);
  const inaccurate: [number, number][] = [];
  const targets = await runAsync(targetsOf(loss, clouds), { signal });
  let done = 0;
  const tried = Math.min(TRIED, count);
  let total = (count * (count + 1) + tried * (tried - 1)) / 2;
  const compute = async (i: number, j: number) => {
    signal?.throwIfAborted();
    onProgress?.({ stage: 'pairs', share: done / total });
    const { value, diagnostics } = await targets[j].solve(clouds[i], { signal });
    if (!diagnostics.accurate) inaccurate.push([i, j]);
    values[i * count + j] = value as number;
    done++;
  };
  const isTried = (i: number, j: number) => i !== j && Math.max(i, j) < TRIED;
  let symmetric = true;
  for (let i = 0; i < Math.min(TRIED, count); i++) {
    for (let j = 0; j < i; j++) {
      await compute(j, i);
      await compute(i, j);
      const [one, other] = [values[j * count + i], values[i * count + j]];
      symmetric &&= Math.abs(one - other) <= SAME * Math.max(Math.abs(one), Math.abs(other));
    }
  }
  if (!symmetric) total = count ** 2;
  for (let j = 0; j < count; j++) {
    for (let i = 0; i < count; i++) {
      if (symmetric && i > j) continue;
      if (!isTried(i, j)) await compute(i, j);
      if (symmetric) values[j * count + i] = values[i * count + j];
    }
  }
  return { values, count, symmetric, inaccurate };
}

function* checkAll(clouds: readonly Measure[]): Task<void> {
  let first: CheckedMeasure | undefined;
  for (const [index, cloud] of clouds.entries()) {
    const checked = yield* checkCloud(`clouds[${index}]`, cloud);
    first ??= checked;
    checkPair({ x: first, y: checked });
  }
}

function* targetsOf(loss: Loss, clouds: readonly Measure[]): Task<readonly TargetLoss[]> {
  if (typeof loss?.target !== 'function') {
    throw new InvalidOptionError(`loss is ${String(loss)}: give what energyDistance or another loss returned`);
  }
  const targets: TargetLoss[] = [];
  for (const cloud of clouds) {
    yield* pause();
    targets.push(loss.target(cloud));
  }
  return targets;
}
