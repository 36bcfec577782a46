import { checkRunOptions, InvalidMeasureError, InvalidOptionError, type Measure } from '@sinkhorn/core';
import { channelOf, cores, type Fleet } from './fleet.js';
import { checkedLoss, isSymmetric, type LossDescription } from './lossDescription.js';
import { assemble, type PairwiseMatrix, planTiles } from './planTiles.js';
import { type FleetProgress, type FleetRunOptions, runTiles } from './runTiles.js';
import { storedClouds } from './storedClouds.js';

/** Where something runs. */
export interface OnOptions extends FleetRunOptions {
  /** What `fleet()` or `cores()` returned; default: the cores of this machine, for the time of the call. */
  readonly on?: Fleet;
}

export interface PairwiseOptions extends OnOptions {
  /** Clouds a side of a tile: up to its square of pairs are one job. Default 5. */
  readonly side?: number;
}

/** Runs something on a fleet, or on the cores of this machine. */
export async function onFleet<Result>({ on }: OnOptions, work: (fleet: Fleet) => Promise<Result>): Promise<Result> {
  if (on) return work(on);
  const here = await cores();
  try {
    return await work(here);
  } finally {
    await here.close();
  }
}

/**
 * The loss between all pairs of clouds, as `pairwise` of the toolkit gives it, computed on a fleet. Tiles that were computed before, in another
 * run too, are not computed again; the bits do not depend on how many compute, nor on who died in between.
 *
 * @param loss - a name and options: `{ loss: 'sinkhornDivergence', options: { blur: 0.1 } }`.
 * @param clouds - [N_i, D] each.
 * @throws InvalidMeasureError naming the cloud; FleetError where tiles failed, when all others are done.
 *
 * @example
 * ```ts
 * import { pairwise } from '@sinkhorn/fleet';
 *
 * const { values, inaccurate } = await pairwise({ loss: 'sinkhornDivergence', options: { blur: 0.1 } }, [[[0]], [[1]]]);
 * if (Math.abs(values[1] - 0.5) > 1e-3 || inaccurate.length > 0) throw new Error(values.join());
 * ```
 */
export async function pairwise(
  loss: LossDescription,
  clouds: readonly Measure[],
  options: PairwiseOptions = {},
): Promise<PairwiseMatrix> {
  const run = checkRunOptions(options);
  return onFleet(options, async (on) => {
    const { channel, plan, putAgain } = await planned(loss, clouds, on, options);
    return assemble(plan, await runTiles(channel, plan.tiles, run, putAgain));
  });
}

/** Which tiles of a matrix. */
export interface PartOptions extends PairwiseOptions {
  /** Every `of`-th tile of the list, from the one at `index` on, counted from 0. */
  readonly index: number;
  readonly of: number;
}

/**
 * Computes some tiles of the matrix that `pairwise` gives, for as many machines as there are parts, without a queue: each with `cores({ results })` on the
 * same Redis. When all are done, `pairwise` with such cores, or a fleet there, finds all results.
 *
 * @returns how many tiles are in the part, and how many of them were there before.
 * @throws InvalidOptionError where `index` or `of` is out of range; as `pairwise`.
 *
 * @example
 * ```ts
 * import { cores, pairwise, pairwisePart } from '@sinkhorn/fleet';
 *
 * const on = await cores({ threads: 1 });
 * const clouds = [[[0]], [[1]], [[3]]];
 * const loss = { loss: 'energyDistance' } as const;
 * for (const index of [0, 1]) await pairwisePart(loss, clouds, { on, side: 1, index, of: 2 });
 * let reused = 0;
 * await pairwise(loss, clouds, { on, side: 1, onProgress: (progress) => (reused = progress.reused) });
 * if (reused !== 6) throw new Error(`${reused} of 6 tiles`);
 * await on.close();
 * ```
 */
export async function pairwisePart(
  loss: LossDescription,
  clouds: readonly Measure[],
  options: PartOptions,
): Promise<{ readonly tiles: number; readonly reused: number }> {
  const { index, of, onProgress } = options;
  const run = checkRunOptions(options);
  if (!Number.isInteger(of) || of < 1) throw new InvalidOptionError(`of is ${of}: give a whole number, 1 or more`);
  if (!Number.isInteger(index) || index < 0 || index >= of) {
    throw new InvalidOptionError(`index is ${index}: give a whole number from 0 to ${of - 1}`);
  }
  return onFleet(options, async (on) => {
    const { channel, plan, putAgain } = await planned(loss, clouds, on, options);
    const part = new Map([...plan.tiles].filter((_, k) => k % of === index));
    let reused = 0;
    const hear = (progress: FleetProgress) => {
      reused = progress.reused;
      return onProgress?.(progress);
    };
    await runTiles(channel, part, { ...run, onProgress: hear }, putAgain);
    return { tiles: part.size, reused };
  });
}

/** The tiles of a matrix, with its clouds where those who compute find them. */
async function planned(
  loss: LossDescription,
  clouds: readonly Measure[],
  on: Fleet,
  { side, signal }: PairwiseOptions,
) {
  if (!Array.isArray(clouds)) throw new InvalidMeasureError('clouds is no list: give one or more clouds');
  const channel = channelOf(on);
  const named = clouds.map((cloud, index) => [`clouds[${index}]`, cloud] as const);
  const { hashes, dimension, putAgain } = await storedClouds(channel, named, signal);
  const plan = planTiles({
    numerics: channel.numerics,
    loss: checkedLoss(loss, dimension, on),
    clouds: hashes,
    symmetric: isSymmetric(loss),
    side,
  });
  return { channel, plan, putAgain };
}
