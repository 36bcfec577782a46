import { InvalidOptionError } from '@sinkhorn/core';
import type { Loss } from './loss.js';
import { engineOf, extendOf } from './makeLoss.js';
import { type SumSolution, sumOfLosses } from './sumOfLosses.js';

/** A loss and how much it counts. */
export interface WeightedLoss {
  readonly loss: Loss;
  /** A finite number; negative ones are allowed. Default 1. */
  readonly weight?: number;
}

/**
 * The weighted sum of losses, as a loss: values and gradients add up, and so do products with the Hessian, where all of them have one; so do the work and the errors, which may be
 * more of the sum than of any of its terms.
 *
 * @throws InvalidOptionError when the list is empty, or has something that is no loss.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { combine, energyDistance, sinkhornDivergence } from '@sinkhorn/losses';
 *
 * const backend = cpu();
 * const loss = combine([
 *   { loss: sinkhornDivergence({ backend, blur: 0.1 }), weight: 2 },
 *   { loss: energyDistance({ backend }) },
 * ]);
 * if ((await loss.value([[0]], [[1]])) !== 2) throw new Error('unexpected');
 * ```
 */
export function combine(terms: readonly WeightedLoss[]): Loss<SumSolution> {
  if (!Array.isArray(terms) || terms.length === 0) {
    throw new InvalidOptionError('combine needs a list of losses: give [{ loss, weight }, ...]');
  }
  return sumOfLosses(
    'combine',
    terms.map((term, index) => {
      const engine = engineOf(term?.loss, `loss of term ${index}`);
      const { weight = 1 } = term;
      if (!Number.isFinite(weight)) {
        throw new InvalidOptionError(`weight of term ${index} is ${weight}: give a finite number`);
      }
      return { engine, extend: extendOf(term.loss), weight };
    }),
  );
}
