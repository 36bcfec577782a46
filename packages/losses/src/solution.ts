import type { RunOptions } from '@sinkhorn/core';
import type { Approximation } from './strategy.js';

/** How a result was reached: never silent. */
export interface Diagnostics extends Approximation {
  /** Sweeps of the potentials, those of the annealing included; 0 for a loss that does not iterate. */
  readonly iterations: number;
  /** Passes over pairs of points: what the computation cost. */
  readonly reductions: number;
  /** The temperatures blur^p visited, the last one being the one solved for. */
  readonly epsilons: readonly number[];
  /** The largest L1 marginal error left, over sides and the batch; 0 for a loss that does not iterate. */
  readonly marginalError: number;
  /** Whether the marginal error is at most the tolerance: for `tolerance: null`, at most 1e-3. */
  readonly converged: boolean;
  /** How potentials were found: by alternating updates on the backend, or by Newton's method on the host in float64. */
  readonly method?: 'alternating' | 'newton';
  /** The blur, where an option told it by the data. */
  readonly blur?: number;
  /** Bytes in which the costs of all pairs were kept from one pass to the next; absent where they were computed in each. */
  readonly costMemory?: number;
  /**
   * What would serve better, where there is something to say: exact transport on the line, where the blur is too small to get there; a larger
   * blur in 16 dimensions and more, where each point has one partner that chance made. Absent where there is not.
   */
  readonly advice?: string;
  /** The backend it ran on. */
  readonly backend: string;
  /** Wall-clock time, on any thread. */
  readonly milliseconds: number;
}

/** Which measures a gradient is taken with respect to. */
export type WithRespectTo = 'x' | 'y' | 'both';

/** The gradient with respect to one measure, flat and in the layout of the input; in the points in their float width too. */
export interface MeasureGradient {
  /** As the points: [N, D], or [B, N, D]. Empty for a grid, whose nodes do not move. */
  readonly points: Float32Array | Float64Array;
  /**
   * One for each point; along directions that keep the mass where that is all that can be, as for balanced transport and for penalties that
   * leave the plan one mass: its mean carries no meaning then. Where all points are at an end of their ranges, or total variation takes all
   * that there is, several means are right: `weightsError` says how far they are apart.
   */
  readonly weights: Float64Array;
}

/** The gradients that were asked for, by side, and of a loss with parameters those in them. */
export type Gradients<W extends WithRespectTo = WithRespectTo> = (W extends 'both'
  ? { readonly x: MeasureGradient; readonly y: MeasureGradient }
  : W extends 'x'
    ? { readonly x: MeasureGradient; readonly y?: undefined }
    : { readonly x?: undefined; readonly y: MeasureGradient }) & {
  /** By name, flat: one of a number, [R, C] of a matrix; with a batch [B, R, C]. Absent where a loss has no parameters. */
  readonly parameters?: Readonly<Record<string, Float64Array>>;
};

/** A solved loss: its value, how it was reached, and gradients on request. */
export interface Solution<Value = number | Float64Array> {
  /** A number, or for a batch a Float64Array with one for each element. */
  readonly value: Value;
  readonly diagnostics: Diagnostics;
  /** The gradients, computed when first asked for; x alone unless `wrt` says otherwise. */
  gradients<W extends WithRespectTo = 'x'>(wrt?: W, options?: RunOptions): Promise<Gradients<W>>;
  gradientsSync<W extends WithRespectTo = 'x'>(wrt?: W): Gradients<W>;
}
