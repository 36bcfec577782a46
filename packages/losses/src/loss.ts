import type { PointsMeasure, RowsMeasure, RunOptions } from '@sinkhorn/core';
import type { GridMeasure } from '@sinkhorn/core/grids';
import type { KernelNorm } from './kernelNorm.js';
import type { Measure } from './measure.js';
import type { ParameterValues } from './parameterValues.js';
import type { Diagnostics, Gradients, Solution, WithRespectTo } from './solution.js';

/** What a value is: a number, for a batch [B, N, D], or of grids, a Float64Array with one for each element. */
export type ValueOf<X> = X extends GridMeasure ? ValueOfGrid<X['shape']['length'], X['spacing']> : ValueOfCloud<X>;

/** A grid is a batch where its shape has an axis more than there are spacings: not known of lists whose length no type tells. */
type ValueOfGrid<Axes extends number, Spacing> = Spacing extends readonly number[]
  ? number extends Axes | Spacing['length']
    ? number | Float64Array
    : Axes extends Spacing['length']
      ? number
      : Float64Array
  : number;

type ValueOfCloud<X> = X extends PointsMeasure | RowsMeasure | readonly (readonly number[])[]
  ? number
  : X extends { readonly shape: readonly [number, number] }
    ? number
    : X extends { readonly shape: readonly [number, number, number] }
      ? Float64Array
      : number | Float64Array;

/** How to follow and stop a call, and with what parameters. */
export interface CallOptions extends RunOptions {
  /** Of a loss with parameters: values in place of some of those that it was made with, of the same shapes. */
  readonly parameters?: ParameterValues;
}

/** How to follow and stop a call, and which gradients it gives. */
export interface GradientOptions<W extends WithRespectTo = WithRespectTo> extends CallOptions {
  /** Default 'x'. */
  readonly wrt?: W;
}

/** How to follow and stop a solve, and what it may start from. */
export interface SolveOptions<S> extends CallOptions {
  /** A solution for clouds of the same sizes that are close by: there is less to do, or nothing to anneal. */
  readonly start?: S;
  /** Gradients to compute along the way, at little extra cost; others are computed when first asked for. */
  readonly wrt?: WithRespectTo;
}

/** A value with gradients, and how it was reached. */
export type ValueAndGradients<Value, W extends WithRespectTo = WithRespectTo> = Gradients<W> & {
  readonly value: Value;
  readonly diagnostics: Diagnostics;
};

/**
 * A loss between two weighted point clouds. Methods that end in Sync do the same without waiting, where the backend can
 * be read so.
 *
 * All of them throw InvalidMeasureError when a measure cannot be used or two do not go together, naming the argument,
 * the index and the remedy.
 */
export interface Loss<S extends Solution = Solution> {
  readonly name: string;
  /** The kernel with its blur and backend, for the losses that are kernel norms: for what works on kernel sums itself. */
  readonly kernelNorm?: KernelNorm;
  /** The same loss with a tolerance of 1e-3, where its own values take far longer: for what only puts values in order. */
  readonly roughly?: Loss<S>;
  value<const X extends Measure>(x: X, y: Measure, options?: CallOptions): Promise<ValueOf<X>>;
  valueSync<const X extends Measure>(x: X, y: Measure, options?: CallOptions): ValueOf<X>;
  valueAndGradients<const X extends Measure, W extends WithRespectTo = 'x'>(
    x: X,
    y: Measure,
    options?: GradientOptions<W>,
  ): Promise<ValueAndGradients<ValueOf<X>, W>>;
  valueAndGradientsSync<const X extends Measure, W extends WithRespectTo = 'x'>(
    x: X,
    y: Measure,
    options?: GradientOptions<W>,
  ): ValueAndGradients<ValueOf<X>, W>;
  solve<const X extends Measure>(x: X, y: Measure, options?: SolveOptions<S>): Promise<S & Solution<ValueOf<X>>>;
  solveSync<const X extends Measure>(x: X, y: Measure, options?: SolveOptions<S>): S & Solution<ValueOf<X>>;
  /**
   * The same loss with y fixed; what depends on y alone is computed once, in the first call. y is copied and looked at before this returns,
   * so that it may change afterwards: some tenths of a second for ten million numbers, in which no signal is noticed.
   */
  target(y: Measure): TargetLoss<S>;
}

/** A loss against a fixed measure: for training, flows and many comparisons with one reference. */
export interface TargetLoss<S extends Solution = Solution> {
  readonly name: string;
  value<const X extends Measure>(x: X, options?: CallOptions): Promise<ValueOf<X>>;
  valueSync<const X extends Measure>(x: X, options?: CallOptions): ValueOf<X>;
  valueAndGradients<const X extends Measure>(x: X, options?: CallOptions): Promise<ValueAndGradients<ValueOf<X>, 'x'>>;
  valueAndGradientsSync<const X extends Measure>(x: X, options?: CallOptions): ValueAndGradients<ValueOf<X>, 'x'>;
  solve<const X extends Measure>(x: X, options?: SolveOptions<S>): Promise<S & Solution<ValueOf<X>>>;
  solveSync<const X extends Measure>(x: X, options?: SolveOptions<S>): S & Solution<ValueOf<X>>;
}
