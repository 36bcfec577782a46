import { grids } from '../parts.js';
import type { RegisteredSolver } from './registeredSolver.js';

/** Updates of two grids along one axis after the other: loaded when a grid comes. */
export const alongAxes: RegisteredSolver = {
  *prepare(context, y) {
    const onGrids = y.grid && (yield* grids());
    return onGrids && (yield* onGrids.selfOnGrid(context, y));
  },
  *solve(context, pair, wrt, start) {
    const onGrids = pair.x.grid && (yield* grids());
    return onGrids && (yield* onGrids.solveOnGrids(context, pair, wrt, start));
  },
};
