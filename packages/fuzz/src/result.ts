import type { Gradients, Solution } from '@sinkhorn/losses';

/** What a solver gives for a problem, and what it says of it. */
export interface Result {
  /** One for each element of a batch. */
  readonly values: ArrayLike<number>;
  readonly points?: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
  /** [N, M] */
  readonly plan?: ArrayLike<number>;
  /** What weights were brought to; that of the backend when absent. */
  readonly precision?: 'float64';
  readonly converged: boolean;
  readonly accurate: boolean;
  /** Relative to the larger one of value and floor. */
  readonly valueError?: number;
  readonly gradientError?: number;
  readonly weightsError?: number;
  /** In the units of the value: what is smaller is not resolved. */
  readonly floor?: number;
}

type Told = Pick<Solution, 'value' | 'diagnostics'>;

/** What a loss of the library returned. */
export function resultOf({ value, diagnostics }: Told, gradient?: Gradients<'x'>['x']): Result {
  const { method, converged, accurate, valueError, gradientError, weightsError, floor } = diagnostics;
  return {
    values: typeof value === 'number' ? [value] : value,
    // The nodes of a grid do not move.
    ...(gradient && { weights: gradient.weights, ...(gradient.points.length > 0 && { points: gradient.points }) }),
    // Newton's method takes weights as they are, whatever the backend.
    ...(method === 'newton' && { precision: 'float64' }),
    converged,
    accurate: converged && accurate,
    valueError,
    gradientError,
    weightsError,
    floor,
  };
}
