import { checkFiniteFormula, InvalidOptionError, type MeasurePair, type Side, type Task } from '@sinkhorn/core';
import type { Engine } from '../engine.js';
import { advice } from '../parts.js';
import type { SinkhornSolved } from '../solvedSinkhorn.js';
import { alongAxes } from './alongAxes.js';
import { overCells } from './overCells.js';
import { overPairs } from './overPairs.js';
import type { RegisteredSolver, SinkhornSolveStart } from './registeredSolver.js';
import type { PrecomputedSelf, SinkhornContext } from './sinkhornContext.js';

/** The solvers, in the order in which they are asked: the first one that a problem is for solves it. The last one takes every problem. */
const SOLVERS: readonly RegisteredSolver[] = [alongAxes, overCells, overPairs];

/**
 * Only in many dimensions may a blur resolve nothing: there nearest neighbours are hardly nearer than other points. Lowering it looks for such
 * blurs where there are none. Chosen, not measured.
 */
const FEWEST_DIMENSIONS_ADVISED = 16;

/** The computation behind a Sinkhorn divergence. */
export const sinkhornEngine = (
  context: SinkhornContext,
): Pick<Engine<PrecomputedSelf | undefined, SinkhornSolved>, 'prepare' | 'solve'> => ({
  *prepare(y) {
    const { debias, tolerance } = context.problem;
    if (!debias || tolerance === null) return undefined;
    for (const solver of SOLVERS) {
      const precomputed = yield* solver.prepare(context, y);
      if (precomputed) return precomputed;
    }
    return undefined;
  },
  *solve(pair, wrt, start) {
    if (start.start && context.problem.tolerance === null) {
      throw new InvalidOptionError('start needs a tolerance');
    }
    const { homogeneous, cost, debias } = context.problem;
    if (!homogeneous) checkFiniteFormula('cost', cost, pair, debias);
    const solved = yield* solveByFirst(context, pair, wrt, start);
    const { dimension } = pair.x;
    const part = (dimension === 1 || dimension >= FEWEST_DIMENSIONS_ADVISED) && (yield* advice());
    return part ? yield* part.advised(solved) : solved;
  },
});

function* solveByFirst(
  context: SinkhornContext,
  pair: MeasurePair,
  wrt: readonly Side[],
  start: SinkhornSolveStart,
): Task<SinkhornSolved> {
  for (const solver of SOLVERS) {
    const solved = yield* solver.solve(context, pair, wrt, start);
    if (solved) return solved;
  }
  throw new Error('the last solver takes every problem');
}
