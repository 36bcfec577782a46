import { UnsupportedError } from '@sinkhorn/core';
import type { Loss, StopSignal } from '@sinkhorn/losses';
import { concatenate, divide, type Pool, type Sample } from './pool.js';

/** About how many pairs of points one call has at most: fewer leave a backend waiting for the next pass most of the time. */
const PAIRS = 2 ** 21;
const MOST_AT_ONCE = 32;

/** How many divisions of a pool go into one call of a loss. */
export const divisionsAtOnce = ({ count, countX }: Pool): number =>
  Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(PAIRS / (countX * (count - countX)))));

/** The values of a loss for some orders of the pool's points: as one batch, or one by one where it takes none, as over cells. */
export async function lossOfSplits(
  loss: Loss,
  pool: Pool,
  orders: readonly Uint32Array[],
  signal: StopSignal | undefined,
): Promise<readonly number[]> {
  const samples = orders.map((order) => divide(pool, order));
  if (samples.length > 1) {
    try {
      return await lossOfBatch(loss, pool, samples, signal);
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
    }
  }
  const values: number[] = [];
  for (const { x, y } of samples) values.push(await loss.value(x, y, { signal }));
  return values;
}

async function lossOfBatch(
  loss: Loss,
  { dimension }: Pool,
  samples: readonly Record<'x' | 'y', Sample>[],
  signal: StopSignal | undefined,
): Promise<readonly number[]> {
  const [first] = samples;
  const batch = (side: 'x' | 'y') => {
    const { points, weights } = first[side];
    return {
      data: concatenate(samples.map((sample) => sample[side].points)),
      shape: [samples.length, points.length / dimension, dimension] as const,
      ...(weights && { weights: concatenate(samples.map((sample) => sample[side].weights ?? [])) }),
    };
  };
  return Array.from(await loss.value(batch('x'), batch('y'), { signal }));
}
