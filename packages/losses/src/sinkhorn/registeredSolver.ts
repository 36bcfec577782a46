import type { CheckedMeasure, MeasurePair, Side, SinkhornStart, Task } from '@sinkhorn/core';
import type { SolveStart } from '../engine.js';
import type { SinkhornSolved } from '../solvedSinkhorn.js';
import type { PrecomputedSelf, SinkhornContext } from './sinkhornContext.js';

/** What a problem of the Sinkhorn divergence may start from. */
export type SinkhornSolveStart = SolveStart<PrecomputedSelf | undefined, SinkhornSolved>;

/** Dual solvers as the Sinkhorn divergence knows them, which say what is for them. */
export interface RegisteredSolver {
  /** The self problem of y, to be given to many solves against it; nothing where another one is to be asked. */
  prepare(context: SinkhornContext, y: CheckedMeasure): Task<PrecomputedSelf | undefined>;
  /** The divergence, with gradients of the sides in `wrt`; nothing where another one is to be asked. */
  solve(
    context: SinkhornContext,
    pair: MeasurePair,
    wrt: readonly Side[],
    start: SinkhornSolveStart,
  ): Task<SinkhornSolved | undefined>;
}

/** What a dual solver starts from: of y's self problem, what the same strategy made of it. */
export const startFor = (
  strategy: PrecomputedSelf['strategy'],
  { precomputed, start }: SinkhornSolveStart,
): SinkhornStart => ({
  iterates: start?.result.iterates,
  selfY: precomputed?.strategy === strategy ? precomputed.self : undefined,
});
