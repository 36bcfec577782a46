import { checkRunOptions, InvalidMeasureError, type Measure } from '@sinkhorn/core';
import { channelOf, cores, type Fleet } from './fleet.js';
import { isSymmetric, type LossDescription, plainLoss } from './lossDescription.js';
import { assemble, type PairwiseMatrix, planTiles } from './planTiles.js';
import { type FleetRunOptions, runTiles } from './runTiles.js';
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
  if (!Array.isArray(clouds)) throw new InvalidMeasureError('clouds is no list: give one or more clouds');
  return onFleet(options, async (on) => {
    const channel = channelOf(on);
    const { hashes, dimension, putAgain } = await storedClouds(
      channel,
      clouds.map((cloud, index) => [`clouds[${index}]`, cloud] as const),
      run.signal,
    );
    const plan = planTiles({
      numerics: channel.numerics,
      loss: plainLoss(loss, dimension),
      clouds: hashes,
      symmetric: isSymmetric(loss),
      side: options.side,
    });
    return assemble(plan, await runTiles(channel, plan.tiles, run, putAgain));
  });
}
