import type {
  Backend,
  CheckedMeasure,
  MeasurePair,
  OtherMethod,
  Side,
  SinkhornResult,
  SinkhornStart,
  Task,
} from '@sinkhorn/core';
import { gridGradients, isSeparable, solveGrids, solveSelfOnGrid } from '@sinkhorn/core/grids';
import type { MultiscaleOptions } from '@sinkhorn/core/multiscale';
import type { Precomputed } from '../engine.js';
import { FEW_PAIRS, MOST_PAIRS } from '../pairCounts.js';
import { newton } from '../parts.js';
import type { KnownSelf, Method } from '../sinkhornDivergence.js';
import { type SinkhornSolved, solvedSinkhorn } from '../solvedSinkhorn.js';
import type { Strategy } from '../strategy.js';

/** What a loss knows of how its problems are to be solved. */
export interface GridSetting {
  readonly backend: Backend;
  readonly problem: MultiscaleOptions;
  readonly wantedStrategy: Strategy;
  readonly method: Method;
}

/** Whether to go along the axes of two grids; not where somebody asked for pairs of nodes, or the cost is no sum over axes. */
const isAlongAxes = (pair: MeasurePair, { problem, wantedStrategy, method }: GridSetting): boolean =>
  wantedStrategy === 'auto' && method !== 'newton' && isSeparable(pair, problem);

/**
 * The Sinkhorn divergence of two grids, along one axis after the other; nothing where pairs of nodes are what is to be visited, as
 * Newton's method does where they are few.
 */
export function* solveOnGrids(
  setting: GridSetting,
  pair: MeasurePair,
  wrt: readonly Side[],
  { known, start }: Precomputed<KnownSelf | undefined, SinkhornSolved>,
): Task<SinkhornSolved | undefined> {
  if (!isAlongAxes(pair, setting)) return undefined;
  const { backend, problem } = setting;
  const pairs = pair.x.batch * pair.x.count * pair.y.count;
  // Newton's method knows the costs of p alone.
  const isForNewton = setting.method === 'auto' && problem.tolerance !== null && problem.homogeneous;
  if (isForNewton && pairs <= FEW_PAIRS) return undefined;
  const from = {
    iterates: start?.result.iterates,
    selfY: known?.strategy === 'separable' ? known.self : undefined,
  };
  const turn: OtherMethod = function* (there: SinkhornStart): Task<SinkhornResult | undefined> {
    const solvers = yield* newton();
    return solvers && (yield* solvers.solveNewton(pair, problem, there));
  };
  const result = yield* solveGrids(backend, pair, problem, from, isForNewton && pairs <= MOST_PAIRS ? turn : undefined);
  const gradientsOf = (sides: readonly Side[]) => gridGradients(pair, problem, result, sides);
  // What Newton's method knows are gradients in the nodes as points, too.
  const given = wrt.length > 0 ? yield* gradientsOf(wrt) : { gradients: {} };
  const approximation = {
    strategy: 'separable',
    strategyReason: 'the cost is a sum over the axes of two grids',
    estimatedError: 0,
    truncatedMass: 0,
  } as const;
  return solvedSinkhorn(backend, problem, pair, { ...result, ...given }, approximation, wrt, gradientsOf);
}

/** The self problem of a grid, to be given to many solves against it; nothing where pairs of nodes are visited. */
export function* selfOnGrid(setting: GridSetting, y: CheckedMeasure): Task<KnownSelf | undefined> {
  if (!isAlongAxes({ x: y, y }, setting)) return undefined;
  return { strategy: 'separable', self: yield* solveSelfOnGrid(setting.backend, y, setting.problem) };
}
