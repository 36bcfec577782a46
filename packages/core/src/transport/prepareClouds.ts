import type { Workspace } from '../backend/workspace.js';
import { uploadChunked } from '../measure/deviceMeasure.js';
import type { MeasurePair } from '../measure/pair.js';
import { findAsymmetry } from '../measure/symmetry.js';
import type { Task } from '../tasks/task.js';
import { type SolveContext, temperatures } from './context.js';
import type { SinkhornOptions } from './options.js';
import { type PairwiseProblem, pairwiseProblem } from './problem.js';

/** Uploads two clouds and converts the options' lengths into the device's units: `prepare` for clouds of points. */
export function* prepareClouds(
  space: Workspace,
  pair: MeasurePair,
  options: SinkhornOptions,
): Task<SolveContext<PairwiseProblem>> {
  const known = yield* temperatures(space.backend, pair, options);
  const x = yield* uploadChunked(space, pair.x, known.units.frame);
  const y = pair.y === pair.x ? x : yield* uploadChunked(space, pair.y, known.units.frame);
  const memory = options.keepCosts && (yield* options.keepCosts(space.backend, pair));
  return {
    ...known,
    memory,
    problem: pairwiseProblem(space, { x, y }, options.cost, known.rho, {}, memory),
    isSymmetric: () => options.homogeneous || findAsymmetry(options.cost, pair) === undefined,
    hasLastSweeps: true,
  };
}
