import type { Backend, MeasurePair, Side, SinkhornResult, SolvedGradients, Task } from '@sinkhorn/core';
import type { MultiscaleOptions } from '@sinkhorn/core/multiscale';
import type { Solved } from './engine.js';
import { solvedWithErrors, type ToldGradients } from './solvedWithErrors.js';
import type { Approximation } from './strategy.js';

/** A Sinkhorn divergence computed for a pair, with all that a solution is made of. */
export interface SinkhornSolved extends Solved {
  readonly result: SinkhornResult;
  /** What was solved: with `normalize`, in shares. */
  readonly pair: MeasurePair;
  /** The options and the backend it was solved with. */
  readonly problem: MultiscaleOptions;
  readonly backend: Backend;
}

/** A result with its diagnostics, which tell of the gradients that were asked for, and of others when they are. */
export function solvedSinkhorn(
  backend: Backend,
  problem: MultiscaleOptions,
  pair: MeasurePair,
  result: SinkhornResult,
  approximation: Pick<Approximation, 'strategy' | 'strategyReason' | 'estimatedError' | 'truncatedMass'>,
  wrt: readonly Side[],
  gradientsOf: (missing: readonly Side[]) => Task<SolvedGradients>,
): SinkhornSolved {
  const { iterations, reductions, epsilons, marginalError, converged, method, values, costMemory } = result;
  const { gradients, errors } = result;
  const { value, floor } = errors;
  // Newton's method has gradients anyway. They are told of when they are asked for.
  const given = wrt.length > 0 ? { gradients, errors } : { gradients: {}, errors: { value, floor } };
  const diagnostics = {
    iterations,
    reductions,
    epsilons,
    marginalError,
    converged,
    method,
    ...(costMemory && { costMemory }),
    backend: backend.name,
    ...approximation,
  };
  const more = function* (missing: readonly Side[]): Task<ToldGradients> {
    const isKnown = missing.every((side) => result.gradients[side]);
    return isKnown ? result : yield* gradientsOf(missing);
  };
  return Object.assign(solvedWithErrors(pair, { values, ...given, diagnostics }, problem.accuracy, more), {
    result,
    problem,
    backend,
    pair,
  });
}
