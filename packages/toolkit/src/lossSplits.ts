import type { Loss, StopSignal } from '@sinkhorn/losses';
import { divide, type Pool } from './pool.js';

/** About how many pairs of points one call has at most: fewer leave a backend waiting for the next pass most of the time. */
const PAIRS = 2 ** 21;
const MOST_AT_ONCE = 32;

/** How many divisions of a pool go into one call of a loss. */
export const divisionsAtOnce = ({ count, countX }: Pool): number =>
  Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(PAIRS / (countX * (count - countX)))));

/** The values of a loss for some orders of the pool's points, as one batch; one alone is no batch. */
export async function lossOfSplits(
  loss: Loss,
  pool: Pool,
  orders: readonly Uint32Array[],
  signal: StopSignal | undefined,
): Promise<readonly number[]> {
  const samples = orders.map((order) => divide(pool, order));
  const [first, ...others] = samples;
  if (others.length === 0) return [(await loss.value(first.x, first.y, { signal })) as number];
  const batch = (side: 'x' | 'y') => {
    const { points, weights } = first[side];
    const count = points.length / pool.dimension;
    return {
      data: concatenate(
        samples.map((sample) => sample[side].points),
        points.length,
      ),
      shape: [samples.length, count, pool.dimension] as const,
      ...(weights && {
        weights: concatenate(
          samples.map((sample) => sample[side].weights ?? []),
          count,
        ),
      }),
    };
  };
  return Array.from(await loss.value(batch('x'), batch('y'), { signal }));
}

/** Arrays of one length, one after the other. */
function concatenate(arrays: readonly ArrayLike<number>[], length: number): Float64Array {
  const whole = new Float64Array(arrays.length * length);
  arrays.forEach((array, index) => {
    whole.set(array, index * length);
  });
  return whole;
}
