import type {
  CheckedMeasure,
  MeasurePair,
  OtherMethod,
  Side,
  SinkhornResult,
  SinkhornStart,
  SolvedGradients,
  Task,
} from '@sinkhorn/core';
import { gridGradients, isSeparable, solveGrids, solveSelfOnGrid } from '@sinkhorn/core/grids';
import type { SolveStart } from '../engine.js';
import { FEW_PAIRS, MOST_PAIRS } from '../pairCounts.js';
import { newton } from '../parts.js';
import type { PrecomputedSelf, SinkhornContext } from '../sinkhorn/sinkhornEngine.js';
import { type SinkhornSolved, solvedSinkhorn } from '../solvedSinkhorn.js';

/** How often sweeps are resumed where gradients are less accurate than was asked. Raising it takes time where nothing is gained. Chosen. */
const MOST_RESUMPTIONS = 2;
/** The share of the error asked for that a resumption is to leave. Raising it risks another one. Chosen, not measured. */
const MARGIN = 1 / 2;

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
  const turn: OtherMethod = function* (there: SinkhornStart): Task<SinkhornResult | undefined> {
    const solvers = yield* newton();
    return solvers && (yield* solvers.solveNewton(pair, problem, there));
  };
  // A formula is slow to visit pairs by: Manhattan's distance is left to the axes where pairs are many.
  const other = isForNewton && pairs <= MOST_PAIRS && problem.homogeneous ? turn : undefined;
  let result = yield* solveGrids(backend, pair, problem, from, other);
  const gradientsOf = (sides: readonly Side[]) => gridGradients(backend, pair, problem, result, sides);
  // What Newton's method knows are gradients in the nodes as points, too.
  let given: Partial<SolvedGradients> = wrt.length > 0 ? yield* gradientsOf(wrt) : { gradients: {} };
  let asked = problem;
  // Sweeps stop by the plan, and the gradients that nodes have are potentials: these may ask for more.
  for (let more = 0; more < MOST_RESUMPTIONS && given.errors; more++) {
    const { tolerance, largestChange } = asked;
    if (tolerance === null || !largestChange || given.errors.gradient <= problem.accuracy) break;
    const factor = MARGIN * (problem.accuracy / given.errors.gradient);
    asked = { ...asked, tolerance: factor * tolerance, largestChange: factor * largestChange };
    const before = result;
    result = yield* solveGrids(backend, pair, asked, { ...from, iterates: before.iterates }, other);
    result = {
      ...result,
      iterations: before.iterations + result.iterations,
      reductions: before.reductions + result.reductions,
      epsilons: before.epsilons,
    };
    given = yield* gradientsOf(wrt);
  }
  const approximation = {
    strategy: 'separable',
    strategyReason: 'the cost is a sum over the axes of two grids',
    estimatedError: 0,
    truncatedMass: 0,
  } as const;
  return solvedSinkhorn(backend, problem, pair, { ...result, ...given }, approximation, wrt, gradientsOf);
}

/** The self problem of a grid, to be given to many solves against it; nothing where pairs of nodes are visited. */
export function* selfOnGrid(context: SinkhornContext, y: CheckedMeasure): Task<PrecomputedSelf | undefined> {
  if (!isAlongAxes({ x: y, y }, context)) return undefined;
  return { strategy: 'separable', self: yield* solveSelfOnGrid(context.backend, y, context.problem) };
}
