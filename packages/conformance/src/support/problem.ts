import type { Cost } from '@sinkhorn/core';

/** A problem as tests state it; what is absent is the losses' default, but for the tolerance. */
export interface Problem {
  readonly p?: 1 | 2;
  /** A formula in place of the cost that goes with p. */
  readonly cost?: Cost;
  readonly blur: number;
  readonly reach?: number | { readonly x: number; readonly y: number };
  readonly debias?: boolean;
  /** The marginal error to reach, or the smallest one that the precision allows; null for the annealing alone. */
  readonly tolerance?: number | null;
  readonly scaling?: number;
  readonly diameter?: number;
  readonly maxIterations?: number;
}
