import type { CheckedMeasure } from '../../measure/measure.js';
import type { Task } from '../../tasks/task.js';
import { elementOf } from '../../transport/newton/hostElement.js';
import {
  type HostGiven,
  type HostInnerSolution,
  type HostInnerSolves,
  hostBarycenter,
  hostSupport,
} from './hostBarycenter.js';
import { type HostEvaluation, measureGradientsOnHost, solveInnerOnHost } from './hostObjective.js';
import { type InteriorPoint, interiorPoint } from './interiorPoint.js';
import type { BarycenterOptions } from './problem.js';

export type { HostGiven, HostInnerSolution, HostInnerSolves } from './hostBarycenter.js';

// Newton's method for barycenters, loaded where nodes are few enough for it.

/** Where Newton's method ended, in the input's units. */
export interface NewtonBarycenter extends InteriorPoint {
  readonly measureGradients: readonly Float64Array[];
}

/** The best masses of a support, from some that are all above 0. */
export function* solveByNewton(
  measures: readonly CheckedMeasure[],
  support: CheckedMeasure,
  options: BarycenterOptions,
  start: Float64Array,
  isDone: (at: HostEvaluation) => boolean,
  innerSolves?: HostInnerSolves,
): Task<NewtonBarycenter> {
  const host = yield* hostBarycenter(measures, support, options, innerSolves);
  const found = yield* interiorPoint(host, start, isDone, options.maxIterations);
  return { ...found, measureGradients: yield* measureGradientsOnHost(host, found.at) };
}

/**
 * Solves the inner problem of one measure by itself: the same numbers as among all.
 *
 * @param measure - One of those in `measures` of a `HostGiven`.
 */
export function* solveInnerAlone(
  given: Omit<HostGiven, 'measures'>,
  shares: Float64Array,
  measure: CheckedMeasure,
  near?: Float64Array,
): Task<HostInnerSolution> {
  const host = hostSupport(given);
  return yield* solveInnerOnHost(host, shares, elementOf(measure, 0, host.rho, false), near);
}
