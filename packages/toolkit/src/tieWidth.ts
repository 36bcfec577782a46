import { drawsFrom } from '@sinkhorn/core/random';
import type { Loss, StopSignal } from '@sinkhorn/losses';
import { placesTo } from './placesTo.js';
import { divide, type Pool } from './pool.js';
import { shuffle } from './splits.js';

/** How often the observed value is computed again. Raising it takes time, lowering it sees less of what rounding does. */
const AGAIN = 4;
/**
 * How many times the largest difference seen two values may be apart and be equal: about eight standard deviations of the
 * difference between two of them. Chosen, not measured.
 */
const SAFETY = 8;
/** A change too small for float32 and not for float64, relative. */
const UNSEEN = 2 ** -32;

/**
 * How far rounding may put equal values of a loss apart: seen from the observed value, computed again with each sample in
 * another order and with coordinates moved by a last digit of the precision that the loss has. The last digits of what sums
 * add up, of which differences of few values may show nothing, come on top.
 */
export async function tieWidth(
  loss: Loss,
  pool: Pool,
  observed: number,
  signal: StopSignal | undefined,
): Promise<number> {
  const { points, dimension, count, countX } = pool;
  const { low, high } = boxOf(pool);
  const across = high.map((value, c) => value - low[c]);
  // All points in one place: each division is the same.
  if (!across.some(Boolean)) return Number.POSITIVE_INFINITY;
  const order = placesTo(count);
  const valueAt = (moved: Float64Array) => {
    const { x, y } = divide({ ...pool, points: moved }, order);
    // One by one: a batch is iterated until all of it has converged, which is no rounding.
    return loss.value(x, y, { signal });
  };
  // Whether a loss sees a change that float32 does not tells its precision: here of samples in two opposite corners of the box,
  // of the same sizes, since devices without float64 leave to the host what is small. The value is about what a loss adds up.
  const inCorners = (change: number) =>
    valueAt(points.map((_, k) => low[k % dimension] + (k < countX * dimension ? 0 : change * across[k % dimension])));
  const size = Math.abs(await inCorners(1));
  const change = Math.abs((await inCorners(1 + UNSEEN)) - size);
  const digit = change > 0 && change < 2 ** -26 * size ? 2 ** -52 : 2 ** -23;

  const draw = drawsFrom(0);
  let apart = digit * Math.abs(observed);
  for (let k = 0; k < AGAIN; k++) {
    shuffle(order.subarray(0, countX), draw);
    shuffle(order.subarray(countX), draw);
    // Losses round what is left of coordinates without the centre: up to half the box.
    const value = await valueAt(
      points.map((value, k) => value + (across[k % dimension] / 2) * digit * (draw() / 2 ** 31 - 1)),
    );
    apart = Math.max(apart, Math.abs(value - observed));
  }
  // Sums of float64 in an unknown order: Higham, "Accuracy and Stability of Numerical Algorithms", section 4.2.
  const ofSums = 2 ** -53 * size * (8 + 2 * Math.sqrt(count));
  return (Number.isFinite(apart) ? SAFETY * apart : 0) + (Number.isFinite(ofSums) ? ofSums : 0);
}

/** The smallest and the largest coordinates of the points. */
function boxOf({ points, dimension }: Pool): { readonly low: Float64Array; readonly high: Float64Array } {
  const low = points.slice(0, dimension);
  const high = points.slice(0, dimension);
  points.forEach((value, index) => {
    const c = index % dimension;
    low[c] = Math.min(low[c], value);
    high[c] = Math.max(high[c], value);
  });
  return { low, high };
}
