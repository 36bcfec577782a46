import type { Approximation } from './strategy.js';

/**
 * What is told of a result for which every pair was visited.
 *
 * @param strategyReason - Why all pairs were visited, in words that follow 'dense: '.
 * @param error - The relative error of value and gradients, an estimate or a bound: rounding at least.
 * @param accuracy - The relative error that was asked for.
 * @param floor - The value below which errors are relative to this.
 *
 * @example
 * ```ts
 * import { visitedAll } from '@sinkhorn/losses/extend';
 *
 * const { strategy, accurate } = visitedAll('the mean distance is always so', 1e-6);
 * if (strategy !== 'dense' || !accurate) throw new Error('unexpected');
 * ```
 */
export const visitedAll = (strategyReason: string, error: number, accuracy = 1e-3, floor = 0): Approximation => ({
  strategy: 'dense',
  strategyReason,
  estimatedError: error,
  valueError: error,
  gradientError: error,
  weightsError: error,
  floor,
  accurate: error <= accuracy,
  truncatedMass: 0,
});
