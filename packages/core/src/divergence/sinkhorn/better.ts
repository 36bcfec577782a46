import type { SinkhornResult } from '../../transport/dualSolver.js';
import { DEFAULT_TOLERANCE, type SinkhornOptions } from '../../transport/options.js';

const worst = ({ errors: { value, gradient } }: SinkhornResult): number => Math.max(value, gradient);

/** Whether a result is what was asked for: converged, and as accurate as potentials are to be. */
export const isEnough = (
  result: SinkhornResult,
  { largestChange = DEFAULT_TOLERANCE }: Pick<SinkhornOptions, 'largestChange'>,
): boolean => result.converged && worst(result) <= largestChange;

/** Whether the first of two results is the better one: it alone converged, or it is the more accurate one. */
export const isBetter = (one: SinkhornResult, two: SinkhornResult): boolean =>
  one.converged === two.converged ? worst(one) <= worst(two) : one.converged;

/** The better one of two results, with the work of both. */
export const better = (one: SinkhornResult, two: SinkhornResult): SinkhornResult => ({
  ...(isBetter(one, two) ? one : two),
  reductions: one.reductions + two.reductions,
});
