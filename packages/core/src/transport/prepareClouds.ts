import type { Workspace } from '../backend/workspace.js';
import { costRounding } from '../measure/costRounding.js';
import { uploadChunked } from '../measure/deviceMeasure.js';
import type { MeasurePair } from '../measure/pair.js';
import { findAsymmetry, tryFormula } from '../measure/symmetry.js';
import type { Task } from '../tasks/task.js';
import { type SolveContext, temperatures } from './context.js';
import type { SinkhornOptions } from './options.js';
import { type PairwiseProblem, pairwiseProblem } from './problem.js';
import { roundedDirections } from './roundedDirections.js';
import { roundedSlopes } from './roundedSlopes.js';

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
  const problem = pairwiseProblem(space, { x, y }, options.cost, known.rho, {}, memory);
  const { units, epsilon } = known;
  const isFloat32 = space.backend.precision === 'float32';
  const isOwn = !options.homogeneous && !pair.x.grid;
  const isRounded = isFloat32 && (isOwn || (options.homogeneous && options.p === 1));
  return {
    ...known,
    memory,
    problem,
    ...(isRounded && {
      slopeRoundings: (iterates, wrt) =>
        isOwn
          ? roundedSlopes(problem, pair, epsilon, iterates, wrt)
          : roundedDirections(problem, pair, units.frame, epsilon, iterates, wrt),
    }),
    isSymmetric: () => options.homogeneous || findAsymmetry(options.cost, pair) === undefined,
    ...(isOwn && {
      sampledCosts: () => ({
        largestCost: tryFormula(options.cost, pair).largest,
        costRounding: isFloat32 ? costRounding(options.cost, pair) : 0,
      }),
    }),
    hasLastSweeps: true,
  };
}
