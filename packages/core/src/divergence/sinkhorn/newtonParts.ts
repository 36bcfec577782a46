import type { DualSolver, SinkhornResult } from '../../transport/dualSolver.js';
import { solveNewton, solveOnlyNewton } from './solveNewton.js';

/** Newton's method on the host, which knows all gradients; nothing where the measures are large and nearly all of their pairs count. */
export const newton: DualSolver<SinkhornResult | undefined> = (_backend, pair, options, _wrt, start) =>
  solveNewton(pair, options, start);

/** The same where nothing else is wanted. @throws UnsupportedError where it is no method for the problem. */
export const onlyNewton: DualSolver = (_backend, pair, options, _wrt, start) => solveOnlyNewton(pair, options, start);

export { newtonOnCoresets } from '../../transport/multilevel/newtonOnCoresets.js';
export { newtonOnMatrix } from './newtonOnMatrix.js';
