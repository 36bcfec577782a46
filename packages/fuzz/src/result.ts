import type { Backend } from '@sinkhorn/core';
import { type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import type { Problem } from './problem.js';

/** What a solver gives for a problem, and what it says of it. */
export interface Result {
  readonly value: number;
  readonly points: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  readonly converged: boolean;
  readonly accurate: boolean;
  /** Relative to the larger one of value and floor. */
  readonly valueError?: number;
  readonly gradientError?: number;
  readonly weightsError?: number;
  /** In the units of the value: what is smaller is not resolved. */
  readonly floor?: number;
}

/** Solves a problem with the library under test. */
export async function solve(
  backend: Backend,
  problem: Problem,
  method: SinkhornDivergenceOptions['method'] = 'auto',
): Promise<Result> {
  const { x, y, a, b, dimension, p, blur, reach, debias } = problem;
  const loss = sinkhornDivergence({ backend, p, blur, reach, debias, method });
  const result = await loss.valueAndGradients(
    { points: x, dimension, weights: a },
    { points: y, dimension, weights: b },
  );
  const diagnostics = result.diagnostics;
  const { valueError, gradientError, weightsError, floor } = diagnostics;
  return {
    value: result.value,
    points: result.x.points,
    weights: result.x.weights,
    converged: diagnostics.converged,
    accurate: diagnostics.converged && diagnostics.accurate,
    valueError,
    gradientError,
    weightsError,
    floor,
  };
}
