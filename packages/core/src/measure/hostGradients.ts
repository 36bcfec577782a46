import type { Side } from './side.js';

/** The gradient of a value with respect to one measure. */
export interface HostGradient {
  /** [B, N, D], flat. */
  readonly points: Float64Array;
  /** [B, N], flat. */
  readonly weights: Float64Array;
}

/** The gradients that were asked for. */
export type HostGradients = { readonly [S in Side]?: HostGradient };
