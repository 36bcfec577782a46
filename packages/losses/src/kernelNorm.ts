import type { Backend, MeasurePair, MmdOptions } from '@sinkhorn/core';

/**
 * What is known of a loss that is 1/2 <a - b, k * (a - b)>. Such a loss is quadratic in the weights, so that the values of
 * many divisions of the same points come from the same kernel sums: the permutation test does so.
 */
export interface KernelNorm extends MmdOptions {
  readonly backend: Backend;
  /** Whether a and b are divided by their masses first. */
  readonly normalize: boolean;
  /** Refuses what the loss refuses. @throws InvalidMeasureError or InvalidOptionError. */
  check(pair: MeasurePair): void;
}
