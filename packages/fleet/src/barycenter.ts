import { checkRunOptions } from '@sinkhorn/core';
import type { Measure } from '@sinkhorn/losses';
import {
  type Barycenter,
  type BarycenterOptions,
  type FixedSupport,
  type FreeSupport,
  type MovedBarycenter,
  barycenter as solverOf,
} from '@sinkhorn/losses/barycenter';
import { fixedSolvesOn } from './fixedSolves.js';
import { channelOf, type Fleet } from './fleet.js';
import { innerSolvesOn } from './innerSolves.js';
import { onFleet } from './pairwise.js';
import { stepsOn } from './steps.js';

/** The options of a barycenter, and where its inner solves run: default, the cores of this machine for the time of the call. */
export interface BarycenterOnOptions extends Omit<BarycenterOptions, 'backend'> {
  readonly on?: Fleet;
}

/**
 * The barycenter of measures, as `barycenter` of the losses finds it. The inner problem of each measure is a tile, where points move and on a fixed support of
 * up to 2000 nodes; on a larger one passes are shared out by rows. The bits do not depend on how many compute.
 *
 * @throws InvalidOptionError, InvalidMeasureError as the losses'; FleetError or DeviceError where workers could not compute.
 *
 * @example
 * ```ts
 * import { barycenter } from '@sinkhorn/fleet';
 *
 * const at = (node: number) => ({ grid: Array.from({ length: 9 }, (_, k) => Number(k === node)), shape: [9], spacing: 1 });
 * const { weights, diagnostics } = await barycenter([at(0), at(8)], { blur: 1, support: 'grid' });
 * if (!diagnostics.converged || weights.indexOf(Math.max(...weights)) !== 4) throw new Error('half way');
 * ```
 */
export async function barycenter(
  measures: readonly Measure[],
  options: BarycenterOnOptions & FixedSupport,
): Promise<Barycenter>;
export async function barycenter(
  measures: readonly Measure[],
  options: BarycenterOnOptions & FreeSupport,
): Promise<MovedBarycenter>;
export async function barycenter(
  measures: readonly Measure[],
  options: BarycenterOnOptions & (FixedSupport | FreeSupport),
): Promise<Barycenter | MovedBarycenter> {
  const { on, signal, onProgress, support, free, start, ...others } = checkRunOptions(options) as BarycenterOnOptions &
    Partial<FixedSupport & FreeSupport>;
  const where = free === undefined ? { support, signal, onProgress } : { free, start, signal, onProgress };
  return onFleet({ on }, async (backend) => {
    const channel = channelOf(backend);
    const steps = stepsOn(channel, signal);
    const { numerics } = channel;
    const solver = solverOf(
      { ...others, backend },
      { free: innerSolvesOn(steps, numerics), fixed: fixedSolvesOn(steps, numerics) },
    );
    let isDone = false;
    try {
      const found = await solver.solve(measures, where as FixedSupport);
      isDone = true;
      return found;
    } finally {
      await steps.end(isDone);
    }
  });
}
