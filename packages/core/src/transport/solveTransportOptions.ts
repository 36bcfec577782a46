import type { Side } from '../measure/side.js';
import type { HostPotentials } from './hostPotentials.js';

/** How a transport problem is solved. */
export interface SolveTransportOptions {
  /** The temperatures to go through, in units of the cost: `annealing` makes them. The last one is that of the problem. */
  readonly epsilons: readonly number[];
  /** The L1 marginal error to reach, relative to the mass. Default 1e-3. */
  readonly tolerance?: number;
  /** Sweeps at the last temperature at most. Default 1000. */
  readonly maxIterations?: number;
  /** A bound on the costs, in units of the cost: potentials are made right on this scale where it is finer than the temperature. */
  readonly costScale?: number;
  /** Whether to subtract the transport of each measure to itself, which needs a geometry with `ofRows`. Default false. */
  readonly debias?: boolean;
  /** The side that is updated first. Default 'x'. */
  readonly first?: Side;
  /** The `iterates` of a result for measures of the same sizes: only the last temperature is visited then. */
  readonly start?: HostPotentials;
}
