import { solvedSinkhorn } from '../solvedSinkhorn.js';
import { type RegisteredSolver, startFor } from './registeredSolver.js';
import { cellsOrPairs } from './sinkhornContext.js';

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
    const { backend, problem } = context;
    const { strategy, reason, solvers } = decision;
    const result = yield* solvers.solveMultiscale(backend, pair, problem, wrt, startFor(strategy, start));
    const { estimatedError, truncatedMass, unmet } = result;
    const advice =
      unmet && `cells are not as accurate as was asked: ${unmet}; use strategy: 'dense' or a larger accuracy`;
    const approximation = {
      strategy,
      strategyReason: reason,
      estimatedError,
      truncatedMass,
      ...(advice && { advice }),
    };
    return solvedSinkhorn(backend, problem, pair, result, approximation, wrt, (missing) =>
      solvers.multiscaleGradients(backend, pair, problem, result, missing),
    );
  },
};
