import { diameter } from '../measure/frame.js';
import type { PlanSource } from './plan.js';

type Problem = Pick<PlanSource, 'backend' | 'pair' | 'options'>;

/** The relative error of a plan's entries that float32 may leave. */
const COARSE = 1e-3;

/**
 * Whether float32 is too coarse for a plan: what it rounds off the cost of a pair over the temperature, the entry is multiplied by. Of
 * costs that are a formula nobody knows how large they are.
 */
export const isTooFine = ({ pair: { x, y }, options: { blur, p, homogeneous } }: Omit<Problem, 'backend'>): boolean =>
  !homogeneous || 2 ** -23 * (diameter([x, y]) / blur) ** p > COARSE;

/** The same on the device's finest backend. */
export const inFloat64 = <P extends Problem>(problem: P): P => ({
  ...problem,
  backend: problem.backend.inFloat64 ?? problem.backend,
});
