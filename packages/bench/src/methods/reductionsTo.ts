import type { Method } from './method.js';
import type { Transport } from './transport.js';

/** One last update of both potentials, from which a value and gradients are taken. */
const FINAL_UPDATE = 2;

/**
 * The reductions a method spends until its marginal error is at most each of the tolerances, from the loosest on; none
 * where the limit comes first.
 */
export function reductionsTo(
  method: Method,
  problem: Transport,
  tolerances: readonly number[],
  limit: number,
): (number | null)[] {
  const found: (number | null)[] = tolerances.map(() => null);
  for (const error of method(problem)) {
    const spent = problem.reductions + FINAL_UPDATE;
    if (spent > limit) break;
    tolerances.forEach((tolerance, k) => {
      if (error <= tolerance) found[k] ??= spent;
    });
    if (found.every((count) => count !== null)) break;
  }
  return found;
}
