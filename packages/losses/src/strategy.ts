import { type MeasurePair, type Task, UnsupportedError } from '@sinkhorn/core';
import { checkChoice, checkPositive } from './checkOptions.js';

/** How pairs of points are visited: all of them, or cells that represent many points each. */
export type Strategy = 'auto' | 'dense' | 'multiscale';

/** The options of losses that can be computed on cells. */
export interface StrategyOptions {
  /**
   * 'dense' visits every pair; 'multiscale' represents points by cells, in time nearly proportional to their number;
   * 'auto', the default, takes the latter where it is available and there are many pairs. Diagnostics tell which, and why.
   */
  readonly strategy?: Strategy;
  /** The relative error that cells may cause in value and gradients, and for kernel norms rounding. Default 1e-3. */
  readonly accuracy?: number;
}

/** How a result was approximated, and how well. */
export interface Approximation {
  /** Whether all pairs were visited, cells, or the axes of grids: 'separable' is as exact as 'dense'. */
  readonly strategy: 'dense' | 'multiscale' | 'separable';
  /** Why this strategy. */
  readonly strategyReason: string;
  /**
   * An estimate of the relative error of value and gradients that comes from cells and truncation, 0 when dense; for kernel norms
   * rounding is part of it. A gradient that is less than 1e-10 of what it is the difference of counts as that.
   */
  readonly estimatedError: number;
  /** An estimate of the relative error of the value as it is given: of what iterations left, of cells, of rounding. */
  readonly valueError: number;
  /** The same of the gradients in the points that were computed so far, relative to their Euclidean norms; absent before. */
  readonly gradientError?: number;
  /**
   * The same of the gradient in the weights, which does not count for `accurate`: at a small blur transport hardly determines it
   * between parts that exchange no mass, and it is Infinity then. Absent before a gradient is computed. Of grids, whose nodes do not move,
   * it is `gradientError` too where the strategy is 'separable'.
   */
  readonly weightsError?: number;
  /** The value below which errors are relative to this, not to the value: 1e-10 of the largest cost times the mass. */
  readonly floor: number;
  /** Whether the errors of the value, and of gradients where there are any, are within the accuracy that was asked for. */
  readonly accurate: boolean;
  /** About the share of mass that rows did not see; 0 when dense. */
  readonly truncatedMass: number;
}

const DEFAULT_ACCURACY = 1e-3;
/** Cells are cubes of a grid: they serve in few dimensions. */
const MOST_DIMENSIONS = 3;

/** Checks both options and fills in defaults. */
export function checkStrategy({
  strategy = 'auto',
  accuracy = DEFAULT_ACCURACY,
}: StrategyOptions): Required<StrategyOptions> {
  checkChoice('strategy', strategy, ['auto', 'dense', 'multiscale']);
  checkPositive('accuracy', accuracy);
  return { strategy, accuracy };
}

/** A choice, with the solvers that multiscale needs. */
export type Decision<Solvers> =
  | { readonly strategy: 'dense'; readonly reason: string }
  | { readonly strategy: 'multiscale'; readonly reason: string; readonly solvers: Solvers };

/**
 * Chooses: multiscale where it is available and `fewestPairs` or more would be visited otherwise.
 *
 * @param obstacle - What of the loss's options stands against cells, if anything does.
 * @param load - Loads the solvers.
 * @throws UnsupportedError when multiscale is asked for and is not available.
 */
export function* decide<Solvers>(
  strategy: Strategy,
  { x, y }: MeasurePair,
  obstacle: string | undefined,
  fewestPairs: number,
  load: () => Task<Solvers | undefined>,
): Task<Decision<Solvers>> {
  const asked = strategy === 'multiscale';
  const onAllPairs = (reason: string) => ({ strategy: 'dense', reason }) as const;
  if (strategy === 'dense') return onAllPairs('asked for');
  const unfit =
    obstacle ||
    (x.batched && 'a batch') ||
    (x.dimension > MOST_DIMENSIONS && `${x.dimension} dimensions, and cells serve up to ${MOST_DIMENSIONS}`);
  const pairs = `${x.count} x ${y.count} pairs are `;
  if (asked) {
    if (unfit) throw new UnsupportedError(`strategy 'multiscale' is not for this: ${unfit}; use 'auto' or 'dense'`);
  } else if (unfit || x.count * y.count < fewestPairs) {
    return onAllPairs(unfit || `${pairs}few`);
  }
  const solvers = yield* load();
  if (solvers) return { strategy: 'multiscale', reason: asked ? 'asked for' : `${pairs}many`, solvers };
  const reason = 'this part is not loaded yet: await a method that returns a promise first';
  if (asked) throw new UnsupportedError(`strategy 'multiscale': ${reason}`);
  return onAllPairs(reason);
}
