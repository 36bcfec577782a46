import type { Backend, MeasurePair, SelfResult, Task } from '@sinkhorn/core';
import type { MultiscaleOptions, MultiscaleSolvers } from '@sinkhorn/core/multiscale';
import { multiscale } from '../parts.js';
import { type Approximation, type Decision, decide, type Strategy } from '../strategy.js';
import type { Method } from './method.js';

/** What a loss knows of how its problems are to be solved. */
export interface SinkhornContext {
  readonly backend: Backend;
  readonly problem: MultiscaleOptions;
  readonly wantedStrategy: Strategy;
  readonly method: Method;
}

/** y's self problem, and how it was solved: what one strategy knows of it the other one does not take over. */
export interface PrecomputedSelf {
  readonly strategy: Approximation['strategy'];
  readonly self: SelfResult;
}

/**
 * From about so many pairs on cells cost less than all pairs, sparse points too. That is late for the cost |x - y|, where
 * every point counts at the last temperature, and for a schedule, which has few sweeps to win the search for pairs back.
 */
const fewestPairs = ({ p, tolerance }: MultiscaleOptions) => (p === 1 ? 3e8 : tolerance === null ? 1e8 : 5e7);

/** Whether two clouds are solved over cells or over all pairs, and why. */
export function cellsOrPairs(
  { problem, wantedStrategy }: SinkhornContext,
  pair: MeasurePair,
): Task<Decision<MultiscaleSolvers>> {
  const obstacle = problem.homogeneous
    ? problem.p === 1 && problem.tolerance === null
      ? 'the schedule of the cost |x - y| visits all pairs'
      : undefined
    : 'the cost is a formula of its own';
  return decide(wantedStrategy, pair, obstacle, fewestPairs(problem), multiscale);
}
