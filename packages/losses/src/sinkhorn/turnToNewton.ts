import type { DualSolver, SinkhornResult } from '@sinkhorn/core';
import { newton } from '../parts.js';

/** Newton's method, where it is loaded or can be; nothing elsewhere, and where it is no method for the problem. */
export const turnToNewton: DualSolver<SinkhornResult | undefined> = function* (...problem) {
  const solvers = yield* newton();
  return solvers && (yield* solvers.newton(...problem));
};
