import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import type { MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { Task } from '../../tasks/task.js';
import { checkProblem } from '../../transport/checkProblem.js';
import type { DualSolver, SinkhornResult, SinkhornStart, SolvedGradients } from '../../transport/dualSolver.js';
import { finalUpdate } from '../../transport/finalUpdate.js';
import type { SinkhornOptions } from '../../transport/options.js';
import { prepareClouds } from '../../transport/prepareClouds.js';
import { gradientsFrom, readSolution, uploadIterates } from '../../transport/transfer.js';
import { solvePrepared } from './solvePrepared.js';

/**
 * Solves entropic transport between two measures and, when debiased, that of each with itself: by GeomLoss's schedule
 * when `tolerance` is null, to a marginal error otherwise (Feydy et al. 2019, section 3).
 *
 * Gradients with respect to the sides in `wrt` come with it, at no more than the cost of the final update. Where updates are slow
 * and there is another method to turn to, that is tried; and where what they leave is less accurate than `largestChange` asks.
 *
 * @throws InvalidMeasureError when the measures do not go together.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { checkMeasure, powerCost, runAsync, type SinkhornOptions, solveSinkhorn } from '@sinkhorn/core';
 *
 * const pair = { x: checkMeasure('x', [[0, 0]]), y: checkMeasure('y', [[3, 4]]) };
 * const options: SinkhornOptions = {
 *   cost: powerCost(1),
 *   p: 1,
 *   homogeneous: true,
 *   blur: 0.1,
 *   reach: { x: Infinity, y: Infinity },
 *   scaling: 0.5,
 *   debias: true,
 *   tolerance: 1e-3,
 *   maxIterations: 100,
 * };
 * const { values, gradients } = await runAsync(solveSinkhorn(cpu(), pair, options, ['x']));
 * if (values[0] !== 5 || gradients.x?.points[0].toFixed(6) !== '-0.600000') throw new Error('unexpected');
 * ```
 */
export function* solveSinkhorn(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  wrt: readonly Side[] = [],
  start: SinkhornStart = {},
  turnTo?: DualSolver<SinkhornResult | undefined>,
): Task<SinkhornResult> {
  checkProblem(pair, options);
  return yield* solvePrepared(backend, pair, { ...options, prepare: prepareClouds }, wrt, start, turnTo);
}

/** The gradients of a solved problem, from its iterates: one pass over the pairs for each problem and side. */
export function* sinkhornGradients(
  backend: Backend,
  pair: MeasurePair,
  options: SinkhornOptions,
  { iterates, potentials, errors, errorsOf = () => errors, first }: SinkhornResult,
  wrt: readonly Side[],
): Task<SolvedGradients> {
  const space = workspace(options.tolerance === null ? backend : (backend.inFloat64 ?? backend));
  try {
    const {
      problem,
      units,
      epsilon,
      slopeRoundings: roundingsOf,
    } = yield* prepareClouds(space, pair, { ...options, keepCosts: undefined });
    const uploaded = uploadIterates(space, pair, iterates, units);
    const final = yield* finalUpdate(problem, uploaded, epsilon, wrt, first);
    const { slopes, crossSlopes, slopeChanges } = yield* readSolution(space.backend, uploaded, final, units);
    const slopeRoundings = roundingsOf && (yield* roundingsOf(uploaded, wrt));
    const gradients = yield* gradientsFrom(pair, options, slopes, potentials);
    return { gradients, errors: errorsOf(gradients, { crossSlopes, slopeChanges, slopeRoundings }) };
  } finally {
    space.releaseAll();
  }
}
