import {
  type Backend,
  better,
  InvalidOptionError,
  type MeasurePair,
  type SelfResult,
  type Side,
  type SinkhornResult,
  type SinkhornStart,
  type SolvedGradients,
  sinkhornGradients,
  solveSelf,
  solveSinkhorn,
  type Task,
} from '@sinkhorn/core';
import type { MultiscaleOptions } from '@sinkhorn/core/multiscale';
import type { Engine, SolveStart } from '../engine.js';
import { loaded } from '../loaded.js';
import { FEW_PAIRS, MOST_PAIRS } from '../pairCounts.js';
import { advice, grids, multiscale, newton } from '../parts.js';
import { FEWEST_DIMENSIONS, type Method } from '../sinkhornDivergence.js';
import { type SinkhornSolved, solvedSinkhorn } from '../solvedSinkhorn.js';
import { type Approximation, decide, type Strategy } from '../strategy.js';

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

/** The computation behind a Sinkhorn divergence: over all pairs by sweeps or by Newton's method, over cells, or along the axes of grids. */
export function sinkhornEngine(
  context: SinkhornContext,
): Pick<Engine<PrecomputedSelf | undefined, SinkhornSolved>, 'prepare' | 'solve'> {
  const { backend, problem, wantedStrategy, method } = context;
  const obstacle = problem.homogeneous
    ? problem.p === 1 && problem.tolerance === null
      ? 'the schedule of the cost |x - y| visits all pairs'
      : undefined
    : 'the cost is a formula of its own';
  const choose = (pair: MeasurePair) => decide(wantedStrategy, pair, obstacle, fewestPairs(problem), multiscale);
  return {
    *prepare(y) {
      if (!problem.debias || problem.tolerance === null) return undefined;
      const onGrid = y.grid && (yield* grids());
      const precomputed = onGrid && (yield* onGrid.selfOnGrid(context, y));
      if (precomputed) return precomputed;
      const decision = yield* choose({ x: y, y });
      const solve = decision.strategy === 'multiscale' ? decision.solvers.multiscaleSelf : solveSelf;
      return { strategy: decision.strategy, self: yield* solve(backend, y, problem) };
    },
    *solve(pair, wrt, from) {
      const solved = yield* solveAny(pair, wrt, from);
      const { dimension } = pair.x;
      const part = (dimension === 1 || dimension >= FEWEST_DIMENSIONS) && (yield* advice());
      return part ? yield* part.advised(solved) : solved;
    },
  };

  function* solveAny(
    pair: MeasurePair,
    wrt: readonly Side[],
    { precomputed, start }: SolveStart<PrecomputedSelf | undefined, SinkhornSolved>,
  ): Task<SinkhornSolved> {
    if (start && problem.tolerance === null) {
      throw new InvalidOptionError('start needs a tolerance');
    }
    const onGrids = pair.x.grid && (yield* grids());
    const alongAxes = onGrids && (yield* onGrids.solveOnGrids(context, pair, wrt, { precomputed, start }));
    if (alongAxes) return alongAxes;
    const decision = yield* choose(pair);
    const { strategy, reason } = decision;
    const from = {
      iterates: start?.result.iterates,
      selfY: precomputed?.strategy === strategy ? precomputed.self : undefined,
    };
    const solved = (
      result: SinkhornResult,
      cells: Pick<Approximation, 'estimatedError' | 'truncatedMass'> & { readonly advice?: string },
      gradientsOf: (missing: readonly Side[]) => Task<SolvedGradients>,
    ) => {
      const approximation = { strategy, strategyReason: reason, ...cells };
      return solvedSinkhorn(backend, problem, pair, result, approximation, wrt, gradientsOf);
    };
    if (decision.strategy === 'dense') {
      const result = yield* solveDense(pair, wrt, from);
      return solved(result, { estimatedError: 0, truncatedMass: 0 }, function* (missing) {
        const found = yield* sinkhornGradients(backend, pair, problem, result, missing);
        const isEnough = problem.tolerance === null || found.errors.gradient <= problem.accuracy;
        return isEnough ? found : yield* solveDense(pair, missing, { iterates: result.iterates });
      });
    }
    const { solvers } = decision;
    const result = yield* solvers.solveMultiscale(backend, pair, problem, wrt, from);
    const { estimatedError, truncatedMass, unmet } = result;
    const advice =
      unmet && `cells are not as accurate as was asked, and ${unmet}: strategy 'dense' is, or a larger accuracy`;
    return solved(result, { estimatedError, truncatedMass, ...(advice && { advice }) }, (missing) =>
      solvers.multiscaleGradients(backend, pair, problem, result, missing),
    );
  }

  function* solveDense(pair: MeasurePair, wrt: readonly Side[], from: SinkhornStart): Task<SinkhornResult> {
    const { x, y } = pair;
    if (method === 'newton') {
      return yield* yield* loaded(newton, "method 'newton'", 'readyNewton', (part) =>
        part.solveOnlyNewton(pair, problem, from),
      );
    }
    const pairs = x.batch * x.count * y.count;
    const canTurn = method === 'auto' && problem.tolerance !== null && pairs <= MOST_PAIRS;
    const result = canTurn && pairs <= FEW_PAIRS ? yield* turn(from) : undefined;
    if (result?.converged) return result;
    const swept = yield* solveSinkhorn(backend, pair, problem, wrt, from, canTurn && !result ? turn : undefined);
    return result ? better(result, swept) : swept;

    function* turn(start: SinkhornStart): Task<SinkhornResult | undefined> {
      const solvers = yield* newton();
      return solvers && (yield* solvers.solveNewton(pair, problem, start));
    }
  }
}
