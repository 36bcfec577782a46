import type { CheckedMeasure } from '../../measure/measure.js';
import type { Task } from '../../tasks/task.js';
import { hostBarycenter } from './hostBarycenter.js';
import { type HostEvaluation, measureGradientsOnHost } from './hostObjective.js';
import { type InteriorPoint, interiorPoint } from './interiorPoint.js';
import type { BarycenterOptions } from './problem.js';

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
): Task<NewtonBarycenter> {
  const host = yield* hostBarycenter(measures, support, options);
  const found = yield* interiorPoint(host, start, isDone, options.maxIterations);
  return { ...found, measureGradients: yield* measureGradientsOnHost(host, found.at) };
}
