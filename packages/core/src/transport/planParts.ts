import type { CheckedMeasure } from '../measure/measure.js';
import type { MeasurePair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import { checkDense, densePlan as densePlanOn } from './densePlan.js';
import { type Extension, extendPotentials as extendPotentialsOn } from './extension.js';
import type { HostPotentials } from './hostPotentials.js';
import { extendOnHost } from './newton/extendOnHost.js';
import {
  applyPlanOnHost,
  barycentricMapOnHost,
  densePlanOnHost,
  planCostsOnHost,
  planEntropiesOnHost,
  planMarginalOnHost,
} from './newton/planOnHost.js';
import type { SinkhornOptions } from './options.js';
import {
  applyPlan as applyPlanOn,
  barycentricMap as barycentricMapOn,
  type PlanSource,
  planCosts as planCostsOn,
  planEntropies as planEntropiesOn,
  planMarginal as planMarginalOn,
} from './plan.js';
import { inFloat64, isForHost } from './planPrecision.js';

export type { PlanSource } from './plan.js';
export { valuesPerPoint } from './valuesPerPoint.js';

// Passes over a plan in float64: on the device where it can, on the host where the device cannot and float32 would lose the entries.

/** The masses the plan takes from each point of a side, [B, N]. */
export const planMarginal = (source: PlanSource, side: Side): Task<Float64Array> =>
  isForHost(source) ? planMarginalOnHost(source, side) : planMarginalOn(inFloat64(source), side);

/** sum_j pi_ij C_ij for every point i of `side`, [B, N]. */
export const planCosts = (source: PlanSource, side: Side): Task<Float64Array> =>
  isForHost(source) ? planCostsOnHost(source, side) : planCostsOn(inFloat64(source), side);

/** The mass of every point of `side` times the entropy of where it goes, [B, N]. */
export const planEntropies = (source: PlanSource, side: Side): Task<Float64Array> =>
  isForHost(source) ? planEntropiesOnHost(source, side) : planEntropiesOn(inFloat64(source), side);

/** sum_j pi_ij v_j for every point i of `side`, [B, N, size]; `values` is [B, M, size]. */
export const applyPlan = (
  source: PlanSource,
  side: Side,
  values: ArrayLike<number>,
  size: number,
): Task<Float64Array> =>
  isForHost(source) ? applyPlanOnHost(source, side, values, size) : applyPlanOn(inFloat64(source), side, values, size);

/** Where the plan sends each point of `side` on average, [B, N, D], in the input's coordinates. */
export const barycentricMap = (source: PlanSource, side: Side): Task<Float64Array> =>
  isForHost(source) ? barycentricMapOnHost(source, side) : barycentricMapOn(inFloat64(source), side);

/** The plan as a matrix, [B, N, M], row by row. */
export function* densePlan(source: PlanSource, side: Side): Task<Float64Array> {
  checkDense(source, side);
  return yield* isForHost(source) ? densePlanOnHost(source, side) : densePlanOn(inFloat64(source), side);
}

/**
 * The potentials of `side` at points that need not be in a cloud: on the host where that is asked for, as for those found there; after a schedule alone in the
 * precision that it ran in.
 */
export function* extendPotentials(
  backend: PlanSource['backend'],
  pair: MeasurePair,
  options: SinkhornOptions,
  iterates: HostPotentials,
  side: Side,
  at: CheckedMeasure,
  onHost: boolean,
): Task<Extension> {
  const problem = { backend, pair: { x: at, y: pair.x.count > pair.y.count ? pair.x : pair.y }, options };
  if (onHost || (options.tolerance !== null && isForHost(problem))) {
    return yield* extendOnHost(pair, options, iterates, side, at);
  }
  const device = options.tolerance === null ? backend : inFloat64(problem).backend;
  return yield* extendPotentialsOn(device, pair, options, iterates, side, at);
}
