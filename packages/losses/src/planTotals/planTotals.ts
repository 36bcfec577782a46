import { InvalidOptionError, type RunOptions, runAsync, type Task } from '@sinkhorn/core';
import { type PlanSource, planCosts, planEntropies, planMarginal } from '@sinkhorn/core/plan';
import { originOf } from '../makeLoss.js';
import type { SinkhornSolution } from '../sinkhornDivergence.js';
import type { Solution } from '../solution.js';
import type { SinkhornSolved } from '../solvedSinkhorn.js';

const PASSES = { costs: planCosts, entropies: planEntropies, masses: planMarginal };

/** Sums over the rows of a solution's plan, one for each element of its batch. */
export async function planTotals(
  name: string,
  solution: SinkhornSolution | Solution<number | Float64Array>,
  wanted: readonly (keyof typeof PASSES)[],
  options?: RunOptions,
): Promise<Float64Array[]> {
  type Found = Partial<SinkhornSolved> & { readonly inner?: Found };
  const found = originOf(solution as Solution)?.result as Found | undefined;
  // Of a loss with parameters, the problem whose points carry them: its plan is the same.
  const solved = found?.inner ?? found;
  const { result, problem, backend, pair } = solved ?? {};
  if (!result || !problem || !backend || !pair) {
    throw new InvalidOptionError(`${name} got no solution of a Sinkhorn divergence: give what its solve returned`);
  }
  const source: PlanSource = { backend, pair, options: problem, potentials: result.potentials };
  const { batch, count } = pair.x;
  function* totals(): Task<Float64Array[]> {
    const all: Float64Array[] = [];
    for (const what of wanted) {
      const rows = yield* PASSES[what](source, 'x');
      const sums = new Float64Array(batch);
      rows.forEach((row, index) => {
        // A point without mass may have any entropy.
        if (pair && pair.x.weights[index] > 0) sums[Math.floor(index / count)] += row;
      });
      all.push(sums);
    }
    return all;
  }
  return await runAsync(totals(), options);
}

/** A number, or for a batch one for each element. */
export const asValue = ({ value }: { readonly value: unknown }, totals: Float64Array): number | Float64Array =>
  typeof value === 'number' ? totals[0] : totals;
