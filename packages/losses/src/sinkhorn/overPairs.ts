import {
  better,
  type DualSolver,
  type MeasurePair,
  type Side,
  type SinkhornResult,
  type SinkhornStart,
  sinkhornGradients,
  solveSelf,
  solveSinkhorn,
  type Task,
} from '@sinkhorn/core';
import { loaded } from '../loaded.js';
import { FEW_PAIRS, MOST_PAIRS } from '../pairCounts.js';
import { newton } from '../parts.js';
import { type SinkhornSolved, solvedSinkhorn } from '../solvedSinkhorn.js';
import { areSweepsSlow } from './areSweepsSlow.js';
import { type RegisteredSolver, startFor } from './registeredSolver.js';
import type { SinkhornContext } from './sinkhornContext.js';
import { cellsOrPairs } from './sinkhornContext.js';
import { turnToNewton } from './turnToNewton.js';

/** Updates over all pairs on the backend, and Newton's method on the host where these are few or updates are slow. It takes every problem. */
export const overPairs: RegisteredSolver = {
  *prepare({ backend, problem }, y) {
    return { strategy: 'dense', self: yield* solveSelf(backend, y, problem) };
  },
  *solve(context, pair, wrt, start) {
    const { reason } = yield* cellsOrPairs(context, pair);
    return yield* solvedOverPairs(context, pair, wrt, startFor('dense', start), reason);
  },
};

/** A solution over all pairs, and why it is one. */
export function* solvedOverPairs(
  context: SinkhornContext,
  pair: MeasurePair,
  wrt: readonly Side[],
  from: SinkhornStart,
  strategyReason: string,
): Task<SinkhornSolved> {
  const { backend, problem } = context;
  const result = yield* solveDense(context, pair, wrt, from);
  const approximation = { strategy: 'dense', strategyReason, estimatedError: 0, truncatedMass: 0 } as const;
  return solvedSinkhorn(backend, problem, pair, result, approximation, wrt, function* (missing) {
    const found = yield* sinkhornGradients(backend, pair, problem, result, missing);
    const isEnough = problem.tolerance === null || found.errors.gradient <= problem.accuracy;
    return isEnough ? found : yield* solveDense(context, pair, missing, { iterates: result.iterates });
  });
}

function* solveDense(
  { backend, problem, method }: SinkhornContext,
  pair: MeasurePair,
  wrt: readonly Side[],
  from: SinkhornStart,
): Task<SinkhornResult> {
  const { x, y } = pair;
  if (method === 'newton') {
    return yield* yield* loaded(newton, "method 'newton'", 'readyNewton', ({ onlyNewton }) =>
      onlyNewton(backend, pair, problem, wrt, from),
    );
  }
  const pairs = x.batch * x.count * y.count;
  const canTurn = method === 'auto' && problem.tolerance !== null && pairs <= MOST_PAIRS;
  const isFirst = canTurn && (pairs <= FEW_PAIRS || areSweepsSlow(backend, pair, problem));
  const result = isFirst ? yield* turnToNewton(backend, pair, problem, wrt, from) : undefined;
  if (result?.converged) return result;
  // Where nearly all pairs count Newton's method is tried in earnest when sweeps have failed.
  const other: DualSolver<SinkhornResult | undefined> | undefined = canTurn && !result ? turnToNewton : undefined;
  const swept = yield* solveSinkhorn(backend, pair, problem, wrt, from, other);
  return result ? better(result, swept) : swept;
}
