import type { Measure } from '@sinkhorn/losses';
import {
  type Barycenter,
  type BarycenterOptions,
  type FixedSupport,
  type FreeSupport,
  type MovedBarycenter,
  barycenter as solverOf,
} from '@sinkhorn/losses/barycenter';
import { channelOf, type Fleet } from './fleet.js';
import { innerSolvesOn } from './innerSolves.js';
import { onFleet } from './pairwise.js';

/** The options of a barycenter, and where its inner solves run: default, the cores of this machine for the time of the call. */
export interface BarycenterOnOptions extends Omit<BarycenterOptions, 'backend'> {
  readonly on?: Fleet;
}

/**
 * The barycenter of measures, as `barycenter` of the losses finds it. Where points move, the inner problem of each measure is a tile; on a fixed support
 * large passes of inner problems are shared out by rows. The bits do not depend on how many compute.
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
  const { on, signal, onProgress, support, free, start, ...others } = options as BarycenterOnOptions &
    Partial<FixedSupport & FreeSupport>;
  const where = free === undefined ? { support, signal, onProgress } : { free, start, signal, onProgress };
  return onFleet({ on }, (backend) => {
    const solver = solverOf({ ...others, backend }, innerSolvesOn(channelOf(backend), signal));
    return solver.solve(measures, where as FixedSupport);
  });
}
