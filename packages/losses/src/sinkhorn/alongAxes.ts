import type { Task } from '@sinkhorn/core';
import { loaded } from '../loaded.js';
import { grids } from '../parts.js';
import type { RegisteredSolver } from './registeredSolver.js';

/** Updates of two grids along one axis after the other: loaded when a grid comes. */
export const alongAxes: RegisteredSolver = {
  *prepare(context, y) {
    return y.grid && (yield* (yield* onGrids()).selfOnGrid(context, y));
  },
  *solve(context, pair, wrt, start) {
    return pair.x.grid && (yield* (yield* onGrids()).solveOnGrids(context, pair, wrt, start));
  },
};

/** @throws UnsupportedError from a Sync method before it is loaded: over pairs of nodes the same would take very long. */
const onGrids = (): Task<typeof import('@sinkhorn/losses/grid')> =>
  loaded(grids, 'what grids need', 'readyGrids', (part) => part);
