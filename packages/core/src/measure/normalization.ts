import { InvalidMeasureError } from '../errors.js';
import type { HostGradient } from './hostGradients.js';
import type { CheckedMeasure, CheckedWeights } from './measure.js';

/** The weights over their sum, for each element of the batch: [B, N]. */
export function normalizedWeightsOf({ weights, masses, count }: CheckedWeights): Float64Array {
  const normalized = weights.slice();
  for (let index = 0; index < normalized.length; index++) normalized[index] /= masses[Math.floor(index / count)];
  return normalized;
}

/**
 * The same points with shares in place of weights: each element has the mass 1.
 *
 * @throws InvalidMeasureError where weights are so large that they have no sum, or so small that 64-bit numbers end.
 *
 * @example
 * ```ts
 * import { checkMeasure, withNormalizedWeights } from '@sinkhorn/core';
 *
 * const { weights } = withNormalizedWeights(checkMeasure('x', { points: [0, 1], dimension: 1, weights: [3, 1] }));
 * if (weights[0] !== 0.75) throw new Error('unexpected');
 * ```
 */
export function withNormalizedWeights(measure: CheckedMeasure): CheckedMeasure {
  const { name, masses, batched } = measure;
  // Gradients in the weights grow as 1 / mass.
  const element = masses.findIndex((mass) => !Number.isFinite(mass) || !Number.isFinite(1 / mass));
  if (element >= 0) {
    throw new InvalidMeasureError(
      `${name}.weights add up to ${masses[element]}${batched ? ` in element ${element} of the batch` : ''}: give ${masses[element] < 1 ? 'larger' : 'smaller'} ones, such as shares`,
    );
  }
  const normalized = [normalizedWeightsOf(measure), masses.map(() => 1)] as const;
  return measure.reweighted?.(...normalized) ?? { ...measure, weights: normalized[0], masses: normalized[1] };
}

/**
 * The gradient in the weights a of a value of the shares a / m, m = sum(a), from its gradient g in these:
 * (g - <g, a / m>) / m. That in the points stays.
 */
export function gradientThroughNormalization(measure: CheckedMeasure, { points, weights }: HostGradient): HostGradient {
  const { masses, count } = measure;
  const normalized = normalizedWeightsOf(measure);
  const means = new Float64Array(masses.length);
  weights.forEach((slope, index) => {
    // Slopes at points of weight 0 have no bound, nor a part in means.
    if (normalized[index] > 0) means[Math.floor(index / count)] += slope * normalized[index];
  });
  return {
    points,
    weights: weights.map((slope, index) => {
      const element = Math.floor(index / count);
      return (slope - means[element]) / masses[element];
    }),
  };
}
