import type { Cost } from '../geometry/cost.js';
import type { KeepCosts } from '../geometry/pairwise/keptCosts.js';

/** Everything a Sinkhorn problem is made of but its measures; every field is needed, there are no defaults here. */
export interface SinkhornOptions {
  readonly cost: Cost;
  /** The exponent that turns lengths into temperatures: eps = blur^p, rho = reach^p. */
  readonly p: number;
  /** Whether the cost is a function of x - y that grows as its p-th power: then coordinates may be centred and scaled. */
  readonly homogeneous: boolean;
  readonly blur: number;
  /** Infinity for a marginal that is held exactly. */
  readonly reach: { readonly x: number; readonly y: number };
  readonly scaling: number;
  /** The length the annealing starts from; the bounding box's diagonal when absent. */
  readonly diameter?: number;
  readonly debias: boolean;
  /** The marginal error to reach at the last temperature; null for the annealing alone. */
  readonly tolerance: number | null;
  readonly maxIterations: number;
  /** How far potentials may seem to be from their solution besides, where nobody named a tolerance: the accuracy that is asked for. */
  readonly largestChange?: number;
  /** Memory in which costs of pairs are kept from one pass to the next; they are computed in each when absent. */
  readonly keepCosts?: KeepCosts;
  /** What p = 1 measures lengths with, where the cost is no formula: 'euclidean' when absent. */
  readonly metric?: string;
}

/**
 * The marginal error, relative to the mass, that an annealing alone is compared with, to say whether it converged; the default of losses.
 * Raising it calls coarser results converged. The benchmark "What a tolerance is worth" says what errors it leaves.
 */
export const DEFAULT_TOLERANCE = 1e-3;
