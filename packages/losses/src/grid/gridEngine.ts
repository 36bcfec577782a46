import type { CheckedMeasure, MeasurePair, Side, Task } from '@sinkhorn/core';
import { gridGradients, isSeparable, solveGrids, solveSelfOnGrid } from '@sinkhorn/core/grids';
import type { SolveStart } from '../engine.js';
import { FEW_PAIRS, MOST_PAIRS } from '../pairCounts.js';
import type { PrecomputedSelf, SinkhornContext } from '../sinkhorn/sinkhornContext.js';
import { turnToNewton } from '../sinkhorn/turnToNewton.js';
import { type SinkhornSolved, solvedSinkhorn } from '../solvedSinkhorn.js';

/** Whether to go along the axes of two grids; not where somebody asked for pairs of nodes, or the cost is no sum over axes. */
const isAlongAxes = (pair: MeasurePair, { problem, wantedStrategy, method }: SinkhornContext): boolean =>
  wantedStrategy === 'auto' && method !== 'newton' && isSeparable(pair, problem);

/**
 * The Sinkhorn divergence of two grids, along one axis after the other; nothing where pairs of nodes are what is to be visited, as
 * Newton's method does where they are few.
 */
export function* solveOnGrids(
  context: SinkhornContext,
  pair: MeasurePair,
  wrt: readonly Side[],
  { precomputed, start }: SolveStart<PrecomputedSelf | undefined, SinkhornSolved>,
): Task<SinkhornSolved | undefined> {
  if (!isAlongAxes(pair, context)) return undefined;
  const { backend, problem } = context;
  const pairs = pair.x.batch * pair.x.count * pair.y.count;
  const isForNewton = context.method === 'auto' && problem.tolerance !== null;
  if (isForNewton && pairs <= FEW_PAIRS) return undefined;
  const from = {
    iterates: start?.result.iterates,
    selfY: precomputed?.strategy === 'separable' ? precomputed.self : undefined,
  };
  // A formula is slow to visit pairs by: Manhattan's distance is left to the axes where pairs are many.
  const other = isForNewton && pairs <= MOST_PAIRS && problem.homogeneous ? turnToNewton : undefined;
  const result = yield* solveGrids(backend, pair, problem, wrt, from, other);
  const gradientsOf = (sides: readonly Side[]) => gridGradients(backend, pair, problem, result, sides);
  const approximation = {
    strategy: 'separable',
    strategyReason: 'the cost is a sum over the axes of two grids',
    estimatedError: 0,
    truncatedMass: 0,
  } as const;
  return solvedSinkhorn(backend, problem, pair, result, approximation, wrt, gradientsOf);
}

/** The self problem of a grid, to be given to many solves against it; nothing where pairs of nodes are visited. */
export function* selfOnGrid(context: SinkhornContext, y: CheckedMeasure): Task<PrecomputedSelf | undefined> {
  if (!isAlongAxes({ x: y, y }, context)) return undefined;
  return { strategy: 'separable', self: yield* solveSelfOnGrid(context.backend, y, context.problem) };
}
