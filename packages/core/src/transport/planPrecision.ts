import { diameter } from '../measure/frame.js';
import type { PlanSource } from './plan.js';

type Problem = Pick<PlanSource, 'backend' | 'pair' | 'options'>;

/** Up to so many pairs, over a batch, the host goes through all of them in some seconds. */
const MOST_PAIRS = 1e8;
/** The same where costs are a formula, which the host goes through slowly, and of which nobody knows how large it is. */
export const MOST_FORMULAS = 1e6;

/** The relative error of a plan's entries that float32 may leave. Raising it computes fewer plans in float64, which takes longer. Chosen: the default accuracy. */
const COARSE = 1e-3;

/**
 * What float32 rounds off the cost of a pair over the temperature: that an entry of the plan is multiplied by. Of costs that are a formula
 * nobody knows how large they are.
 */
export const roundingOf = ({ pair: { x, y }, options: { blur, p, homogeneous } }: Omit<Problem, 'backend'>): number =>
  homogeneous ? 2 ** -23 * (diameter([x, y]) / blur) ** p : Number.POSITIVE_INFINITY;

/** Whether float32 is too coarse for a plan. */
export const isTooFine = (problem: Omit<Problem, 'backend'>): boolean => roundingOf(problem) > COARSE;

/** The same on the device's finest backend. */
export const inFloat64 = <P extends Problem>(problem: P): P => ({
  ...problem,
  backend: problem.backend.inFloat64 ?? problem.backend,
});

/** Whether float32 is all that the backend has, too coarse for this plan, and the plan small enough for the host. */
export function isForHost({ backend, pair, options }: Problem): boolean {
  if (backend.precision === 'float64' || backend.inFloat64) return false;
  const pairs = pair.x.batch * pair.x.count * pair.y.count;
  return pairs <= (options.homogeneous ? MOST_PAIRS : MOST_FORMULAS) && isTooFine({ pair, options });
}
