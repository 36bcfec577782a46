import type { RunOptions } from '@sinkhorn/core';
import type { SinkhornSolution } from '../sinkhornDivergence.js';
import { asValue, planTotals } from './planTotals.js';

/**
 * The number of points of y that a point of x is sent to, about: exp of the mean entropy of a row of the plan, weighted by mass. 1 is a
 * permutation; the number of points of y a blur that sees no difference between them.
 *
 * Near to 1 in many dimensions says that the blur is too small to tell anything: each point has one partner, and shifted clouds cost
 * hardly more than clouds that are not. The median distance, or a part of it, is a better `blur` then.
 *
 * @returns a number, or for a batch one for each element; NaN where no mass is moved.
 * @throws InvalidOptionError for what is no solution of a Sinkhorn divergence.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { sinkhornDivergence } from '@sinkhorn/losses';
 * import { planPerplexity } from '@sinkhorn/losses/plan';
 *
 * const of = (blur: number) => sinkhornDivergence({ backend: cpu(), blur }).solve([[0], [1]], [[0.1], [1.1]]);
 * const sharp = Number(await planPerplexity(await of(0.05)));
 * const blurred = Number(await planPerplexity(await of(10)));
 * if (Math.abs(sharp - 1) > 1e-6 || Math.abs(blurred - 2) > 1e-4) throw new Error('unexpected');
 * ```
 */
export async function planPerplexity(solution: SinkhornSolution, options?: RunOptions): Promise<number | Float64Array> {
  const [entropies, masses] = await planTotals('planPerplexity', solution, ['entropies', 'masses'], options);
  return asValue(
    solution,
    entropies.map((entropy, element) => Math.exp(entropy / masses[element])),
  );
}
