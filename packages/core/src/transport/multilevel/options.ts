import type { SinkhornOptions } from '../options.js';

/** A Sinkhorn problem to be solved on coresets, and how well. */
export interface MultiscaleOptions extends SinkhornOptions {
  /** The relative error that value and gradients may have beside the solver's own. */
  readonly accuracy: number;
}
