import { type HostGradient, type HostGradients, InvalidOptionError, type Side, type Task } from '@sinkhorn/core';
import type { Engine, EngineDiagnostics, Solved } from './engine.js';
import type { Loss } from './loss.js';
import { engineOf, makeLoss, plainSolution } from './makeLoss.js';

/** A loss and how much it counts. */
export interface WeightedLoss {
  readonly loss: Loss;
  /** A finite number; negative ones are allowed. Default 1. */
  readonly weight?: number;
}

interface CombinedSolved extends Solved {
  readonly parts: readonly Solved[];
}

/**
 * The weighted sum of losses, as a loss: values and gradients add up; diagnostics tell the sum of the work and the
 * worst of the errors.
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
export function combine(terms: readonly WeightedLoss[]): Loss {
  if (!Array.isArray(terms) || terms.length === 0) {
    throw new InvalidOptionError('combine needs a list of losses: give [{ loss, weight }, ...]');
  }
  const weights = terms.map(({ weight = 1 }, index) => {
    if (!Number.isFinite(weight)) {
      throw new InvalidOptionError(`weight of term ${index} is ${weight}: give a finite number`);
    }
    return weight;
  });
  const engines = terms.map(({ loss }, index) => engineOf(loss, `loss of term ${index}`));
  const engine: Engine<readonly unknown[], CombinedSolved> = {
    name: 'combine',
    *prepare(y) {
      const known: unknown[] = [];
      for (const part of engines) known.push(yield* part.prepare(y));
      return known;
    },
    *solve(pair, wanted, { known, start }) {
      const parts: Solved[] = [];
      for (const [index, part] of engines.entries()) {
        parts.push(yield* part.solve(pair, wanted, { known: known?.[index], start: start?.parts[index] }));
      }
      return {
        parts,
        values: addUp(
          parts.map(({ values }) => values),
          weights,
        ),
        gradients: addGradients(
          parts.map(({ gradients }) => gradients),
          weights,
        ),
        diagnostics: worst(parts.map(({ diagnostics }) => diagnostics)),
        *gradientsOf(missing): Task<HostGradients> {
          const gradients: HostGradients[] = [];
          for (const part of parts) gradients.push(yield* part.gradientsOf(missing));
          return addGradients(gradients, weights);
        },
      };
    },
  };
  return makeLoss(engine, plainSolution);
}

/** The weighted sum of arrays of one length. */
export function addUp(arrays: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const total = new Float64Array(arrays[0].length);
  arrays.forEach((values, index) => {
    for (let k = 0; k < total.length; k++) total[k] += weights[index] * values[k];
  });
  return total;
}

function addGradients(gradients: readonly HostGradients[], weights: readonly number[]): HostGradients {
  const total: { [S in Side]?: HostGradient } = {};
  for (const side of ['x', 'y'] as const) {
    const parts = gradients.map((gradient) => gradient[side]).filter((part) => part !== undefined);
    // A loss may give gradients that nobody asked for, beside one that does not: they are no gradient of the sum.
    if (parts.length < gradients.length) continue;
    total[side] = {
      points: addUp(
        parts.map(({ points }) => points),
        weights,
      ),
      weights: addUp(
        parts.map((part) => part.weights),
        weights,
      ),
    };
  }
  return total;
}

/** The diagnostics of several computations as one: work adds up, the worst error counts. */
export function worst(all: readonly EngineDiagnostics[]): EngineDiagnostics {
  const reasons = new Set(all.map(({ strategy, strategyReason }) => `${strategy}: ${strategyReason}`));
  return {
    iterations: all.reduce((total, { iterations }) => total + iterations, 0),
    reductions: all.reduce((total, { reductions }) => total + reductions, 0),
    epsilons: [...new Set(all.flatMap(({ epsilons }) => epsilons))],
    marginalError: Math.max(...all.map(({ marginalError }) => marginalError)),
    converged: all.every(({ converged }) => converged),
    backend: [...new Set(all.map(({ backend }) => backend))].join(', '),
    strategy: all.some(({ strategy }) => strategy === 'multiscale') ? 'multiscale' : 'dense',
    strategyReason: reasons.size === 1 ? all[0].strategyReason : [...reasons].join('; '),
    estimatedError: Math.max(...all.map(({ estimatedError }) => estimatedError)),
    valueError: Math.max(...all.map(({ valueError }) => valueError)),
    gradientError: Math.max(...all.map(({ gradientError }) => gradientError)),
    weightsError: Math.max(...all.map(({ weightsError }) => weightsError)),
    floor: Math.max(...all.map(({ floor }) => floor)),
    accurate: all.every(({ accurate }) => accurate),
    truncatedMass: Math.max(...all.map(({ truncatedMass }) => truncatedMass)),
  };
}
