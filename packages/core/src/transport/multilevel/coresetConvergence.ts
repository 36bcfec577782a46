import type { Side } from '../../measure/side.js';

/** The potentials of a problem at the entries of both coresets. */
export type LevelPotentials = Readonly<Record<Side, Float64Array>>;

/** What iterations on coresets came to. */
export interface CoresetConvergence {
  readonly iterations: number;
  readonly marginalError: number;
  readonly converged: boolean;
  /** Whether Newton's method took over from sweeps. */
  readonly byNewton?: boolean;
  /** Whether it led far from where sweeps were. */
  readonly isFar?: boolean;
}
