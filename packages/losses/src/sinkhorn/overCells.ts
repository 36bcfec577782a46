import type { Backend, Side, SinkhornStart } from '@sinkhorn/core';
import { solvedSinkhorn } from '../solvedSinkhorn.js';
import { solvedOverPairs } from './overPairs.js';
import { type RegisteredSolver, startFor } from './registeredSolver.js';
import { cellsOrPairs } from './sinkhornContext.js';

/**
 * Pairs of the larger cloud with itself up to which all are visited where cells are not as accurate as was asked, and the choice is ours: some ten
 * seconds of two threads. Raising it waits longer for the accuracy.
 */
const MOST_PAIRS_AFTER = 3e8;

/** Updates over cells that represent many points each: loaded when there are many pairs. */
export const overCells: RegisteredSolver = {
  *prepare(context, y) {
    const decision = yield* cellsOrPairs(context, { x: y, y });
    if (decision.strategy !== 'multiscale') return undefined;
    const self = yield* decision.solvers.multiscaleSelf(context.backend, y, context.problem);
    return { strategy: 'multiscale', self };
  },
  *solve(context, pair, wrt, start) {
    const decision = yield* cellsOrPairs(context, pair);
    if (decision.strategy !== 'multiscale') return undefined;
    const { problem } = context;
    const { strategy, reason, solvers } = decision;
    const solveOn = (device: Backend, of: readonly Side[], from: SinkhornStart) =>
      solvers.solveMultiscale(device, pair, problem, of, from);
    let backend = context.backend;
    let result = yield* solveOn(backend, wrt, startFor(strategy, start));
    const finer = backend.inFloat64;
    if (result.isRounded && finer) {
      const again = yield* solveOn(finer, wrt, { iterates: result.iterates });
      const iterations = result.iterations + again.iterations;
      result = { ...again, iterations, reductions: result.reductions + again.reductions };
      backend = finer;
    }
    const { estimatedError, truncatedMass, unmet, isRounded } = result;
    const isFew = Math.max(pair.x.count, pair.y.count) ** 2 <= MOST_PAIRS_AFTER;
    if (context.wantedStrategy === 'auto' && unmet && !isRounded && isFew) {
      const why = 'cells are not as accurate as was asked';
      return yield* solvedOverPairs(context, pair, wrt, { iterates: result.iterates }, why);
    }
    const advice = unmet && `cells are not as accurate as was asked: ${unmet}`;
    const approximation = {
      strategy,
      strategyReason: reason,
      estimatedError,
      truncatedMass,
      ...(advice && { advice }),
    };
    return solvedSinkhorn(backend, problem, pair, result, approximation, wrt, function* (missing) {
      const found = yield* solvers.multiscaleGradients(backend, pair, problem, result, missing);
      const again = found.isRounded ? backend.inFloat64 : undefined;
      return again ? yield* solveOn(again, missing, { iterates: result.iterates }) : found;
    });
  },
};
