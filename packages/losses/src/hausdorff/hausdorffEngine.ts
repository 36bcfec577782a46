import { type Backend, checkFiniteFormula, type SelfResult, type Side } from '@sinkhorn/core';
import { solveHausdorff, solveHausdorffSelf } from '@sinkhorn/core/hausdorff';
import type { Engine, Solved } from '../engine.js';
import { solvedWithErrors } from '../solvedWithErrors.js';

type HausdorffOptions = Parameters<typeof solveHausdorff>[2];

/** What computes the Hausdorff divergence, and its errors against the accuracy that was asked for. */
export const hausdorffEngine = (
  backend: Backend,
  problem: HausdorffOptions,
  accuracy: number,
): Pick<Engine<SelfResult, Solved>, 'prepare' | 'solve'> => ({
  prepare: (y) => solveHausdorffSelf(backend, y, problem),
  *solve(pair, wrt, { precomputed }) {
    if (!problem.homogeneous) checkFiniteFormula('cost', problem.cost, pair, true);
    const gradientsOf = function* (sides: readonly Side[]) {
      const { errors, gradients, ...rest } = yield* solveHausdorff(backend, pair, problem, sides, precomputed);
      const { value, floor } = errors;
      return { ...rest, gradients, errors: sides.length > 0 ? errors : { value, floor } };
    };
    const result = yield* gradientsOf(wrt);
    const { iterations, reductions, epsilon, marginalError, converged } = result;
    const diagnostics = {
      iterations,
      reductions,
      epsilons: [epsilon],
      marginalError,
      converged,
      backend: backend.name,
      strategy: 'dense',
      strategyReason: 'the Hausdorff divergence is always so',
      estimatedError: 0,
      truncatedMass: 0,
    } as const;
    return solvedWithErrors(pair, { ...result, diagnostics }, accuracy, gradientsOf);
  },
});
