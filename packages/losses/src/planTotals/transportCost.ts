import type { RunOptions } from '@sinkhorn/core';
import type { SinkhornSolution } from '../sinkhornDivergence.js';
import { asValue, planTotals } from './planTotals.js';

/**
 * What is paid for moving, <P, C>, of a solved Sinkhorn divergence: the plan's part of the value, without what entropy, penalties and
 * debiasing add. A pass over all pairs.
 *
 * @returns a number, or for a batch one for each element.
 * @throws InvalidOptionError for what is no solution of a Sinkhorn divergence.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { transportCost } from '@sinkhorn/losses/plan';
 *
 * const solution = await sinkhornDivergence({ backend: cpu(), p: 1, blur: 0.01 }).solve([[0], [1]], [[0.5], [1.5]]);
 * if (Math.abs(Number(await transportCost(solution)) - 0.5) > 1e-9) throw new Error('unexpected');
 * ```
 */
export async function transportCost(solution: SinkhornSolution, options?: RunOptions): Promise<number | Float64Array> {
  const [costs] = await planTotals('transportCost', solution, ['costs'], options);
  return asValue(solution, costs);
}
