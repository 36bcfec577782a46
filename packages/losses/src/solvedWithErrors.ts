import type { HostGradients, MeasurePair, Side, Task } from '@sinkhorn/core';
import type { EngineDiagnostics, Solved } from './engine.js';

/** How far a value, and gradients where some were computed, may be off, relative to their sizes. */
interface Errors {
  readonly value: number;
  /** Of the gradients in points and in weights. */
  readonly gradient?: number;
  readonly weights?: number;
  readonly floor: number;
}

/** Gradients with their errors. */
export interface ToldGradients {
  readonly gradients: HostGradients;
  readonly errors: Errors;
}

type Told = 'valueError' | 'gradientError' | 'weightsError' | 'floor' | 'accurate';

/** A loss computed for a pair, whose diagnostics tell of the errors of all that was computed so far. */
export function solvedWithErrors(
  { x, y }: MeasurePair,
  solved: Pick<Solved, 'values'> & ToldGradients & { readonly diagnostics: Omit<EngineDiagnostics, Told> },
  accuracy: number,
  gradientsOf: (missing: readonly Side[]) => Task<ToldGradients>,
): Solved {
  let { errors } = solved;
  // Gradients are given in the float width of their points. Nodes of grids do not move, and are not made to see that.
  const rounding = [x, y].some((side) => !side.grid && side.points instanceof Float32Array) ? 2 ** -24 : 0;
  return {
    values: solved.values,
    gradients: solved.gradients,
    get diagnostics() {
      const { value, weights, floor } = errors;
      const gradient = errors.gradient === undefined ? undefined : errors.gradient + rounding;
      return {
        ...solved.diagnostics,
        valueError: value,
        gradientError: gradient,
        weightsError: weights,
        floor,
        accurate: value <= accuracy && (gradient ?? 0) <= accuracy,
      };
    },
    *gradientsOf(missing) {
      const found = yield* gradientsOf(missing);
      const { gradient = 0, weights = 0 } = found.errors;
      errors = {
        ...errors,
        gradient: Math.max(errors.gradient ?? 0, gradient),
        weights: Math.max(errors.weights ?? 0, weights),
      };
      return found.gradients;
    },
  };
}
