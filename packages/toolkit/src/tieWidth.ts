import { drawsFrom } from '@sinkhorn/core/random';
import type { Loss, StopSignal } from '@sinkhorn/losses';
import { placesTo } from './placesTo.js';
import { divide, type Pool, type Sample } from './pool.js';
import { shuffle } from './splits.js';

/** How often the observed value is computed again. Raising it takes time, lowering it sees less of what rounding does. */
const AGAIN = 4;
/**
 * How many times the largest difference seen two values may be apart and be equal: about eight standard deviations of the
 * difference between two of them. Chosen, not measured.
 */
const SAFETY = 8;

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
  const box = boxOf(pool);
  const { digit, size } = await precisionOf(loss, pool, box, signal);
  const draw = drawsFrom(0);
  let apart = digit * Math.abs(observed);
  for (let k = 0; k < AGAIN; k++) {
    const { x, y } = divide(pool, withinSamples(pool, draw));
    // One by one: a batch is iterated until all of it has converged, which is no rounding.
    const value = await loss.value(moved(x, box, digit, draw), moved(y, box, digit, draw), { signal });
    apart = Math.max(apart, Math.abs(value - observed));
  }
  // Sums of float64 in an unknown order: Higham, "Accuracy and Stability of Numerical Algorithms", section 4.2.
  const ofSums = 2 ** -53 * size * (8 + 2 * Math.sqrt(pool.count));
  return (Number.isFinite(apart) ? SAFETY * apart : 0) + ofSums;
}

/** The smallest and the largest coordinates of the points. */
interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

function boxOf({ points, dimension }: Pool): Box {
  const low = points.slice(0, dimension);
  const high = points.slice(0, dimension);
  points.forEach((value, index) => {
    const c = index % dimension;
    low[c] = Math.min(low[c], value);
    high[c] = Math.max(high[c], value);
  });
  return { low, high };
}

/** The order of the two samples themselves, but for the places within each. */
function withinSamples({ count, countX }: Pool, draw: () => number): Uint32Array {
  const order = placesTo(count);
  shuffle(order.subarray(0, countX), draw);
  shuffle(order.subarray(countX), draw);
  return order;
}

/** A sample with each coordinate moved by up to `digit` of half the box, as losses round what is left of it without the centre. */
function moved(sample: Sample, { low, high }: Box, digit: number, draw: () => number): Sample {
  const { points, dimension } = sample;
  const across = low.map((value, c) => (high[c] - value) / 2);
  return {
    ...sample,
    points: points.map((value, index) => value + across[index % dimension] * digit * (draw() / 2 ** 31 - 1)),
  };
}

/** A change too small for float32 and not for float64, relative. */
const UNSEEN = 2 ** -32;

/**
 * The last digit of the precision of a loss, 2^-52 or 2^-23, and about what it adds up: its value where each sample is in a
 * corner of the box, opposite to the other. Whether it sees a change that float32 does not tells its precision; the samples keep
 * their sizes, since devices without float64 leave to the host what is small.
 */
async function precisionOf(
  loss: Loss,
  pool: Pool,
  { low, high }: Box,
  signal: StopSignal | undefined,
): Promise<{ readonly digit: number; readonly size: number }> {
  const { dimension, count, countX, weighted, massX, massY } = pool;
  const at = (corner: Float64Array, copies: number, mass: number): Sample => ({
    points: new Float64Array(copies * dimension).map((_, index) => corner[index % dimension]),
    dimension,
    ...(weighted && { weights: new Float64Array(copies).fill(mass / copies) }),
  });
  const changed = high.map((value, c) => value + UNSEEN * (value - low[c]));
  const x = at(low, countX, massX);
  const valueAt = async (corner: Float64Array) =>
    Math.abs(await loss.value(x, at(corner, count - countX, massY), { signal }));
  const [size, other] = [await valueAt(high), await valueAt(changed)];
  if (!Number.isFinite(size)) return { digit: 2 ** -23, size: 0 };
  const change = Math.abs(other - size);
  return { digit: change > 0 && change < 2 ** -26 * size ? 2 ** -52 : 2 ** -23, size };
}
