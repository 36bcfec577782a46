import type { Task } from '@sinkhorn/core';

/** Sums over the pairs of a pool, weighted by labels. */
export interface KernelSumsOf {
  /** Room for labels, in the backend's precision: [N, columns]. */
  labels(columns: number): Float32Array | Float64Array;
  /** <w, K w>, or with |k| for k, for every column w of `labels`, which are used up. */
  quadratic(labels: Float32Array | Float64Array, columns: number, absolute: boolean): Task<Float64Array>;
  /** sum_j w_j k(z_i, z_j), or with |k| for k, for every point of the pool, or for those at some places. */
  ofRows(weights: Float32Array | Float64Array, absolute: boolean, places?: Uint32Array): Task<Float64Array>;
  /** The same over the points of one side, for each of these, for sides of one size: [B, n]. */
  within(sides: readonly Uint32Array[]): Task<Float64Array>;
  release(): void;
}
