import { describe, expect, test } from 'vitest';
import { InvalidMeasureError } from '../../src/errors.js';
import { checkMeasure } from '../../src/measure/measure.js';
import {
  gradientThroughNormalization,
  normalizedWeightsOf,
  withNormalizedWeights,
} from '../../src/measure/normalization.js';

const weighted = (...weights: number[]) =>
  checkMeasure('x', { points: weights.map((_, k) => k), dimension: 1, weights });
const batch = (weights: number[][]) =>
  checkMeasure('x', {
    data: weights.flat().map((_, k) => k),
    shape: [weights.length, weights[0].length, 1],
    weights: weights.flat(),
  });

describe('weights over their sum', () => {
  test('add up to 1, and leave the weights as they are', () => {
    const measure = weighted(3, 1);
    expect(normalizedWeightsOf(measure)).toEqual(Float64Array.of(0.75, 0.25));
    expect(measure.weights).toEqual(Float64Array.of(3, 1));
  });

  test('are those of each element of a batch', () => {
    const { weights, masses, points } = withNormalizedWeights(
      batch([
        [3, 1],
        [1, 4],
      ]),
    );
    expect(weights).toEqual(Float64Array.of(0.75, 0.25, 0.2, 0.8));
    expect(masses).toEqual(Float64Array.of(1, 1));
    expect(points).toEqual(Float64Array.of(0, 1, 2, 3));
  });

  test.each([
    ['too small a sum', 1e-320, 'larger'],
    ['too large a sum', 1.5e308, 'smaller'],
  ])('%s is refused', (_, weight, remedy) => {
    const normalize = () => withNormalizedWeights(weighted(weight, weight));
    expect(normalize).toThrow(InvalidMeasureError);
    expect(normalize).toThrow(new RegExp(`^x\\.weights add up to \\S+: give ${remedy} ones, such as shares$`));
  });

  test('an element of a batch is named', () => {
    expect(() =>
      withNormalizedWeights(
        batch([
          [1, 1],
          [1e-320, 1e-320],
        ]),
      ),
    ).toThrow(/in element 1 of the batch: give larger/);
  });
});

describe('the gradient through shares', () => {
  // h(a) = <c, (a/m)^2>, whose gradient in the shares is 2 c a/m.
  const factors = [0.3, -2, 1.5, 0.7];
  const value = (weights: ArrayLike<number>, from: number): number => {
    const mine = Array.from({ length: 2 }, (_, k) => weights[from + k]);
    const mass = mine[0] + mine[1];
    return mine.reduce((sum, weight, k) => sum + factors[from + k] * (weight / mass) ** 2, 0);
  };

  test('is that of differences, element by element', () => {
    const measure = batch([
      [3, 1],
      [0.5, 0.2],
    ]);
    const shares = normalizedWeightsOf(measure);
    const slopes = shares.map((share, k) => 2 * factors[k] * share);
    const points = Float64Array.of(1, 2, 3, 4);
    const found = gradientThroughNormalization(measure, { points, weights: slopes });
    expect(found.points).toBe(points);
    for (let k = 0; k < 4; k++) {
      const from = 2 * Math.floor(k / 2);
      const along = (step: number) =>
        value(
          measure.weights.map((weight, i) => weight + (i === k ? step : 0)),
          from,
        );
      expect(found.weights[k]).toBeCloseTo((along(1e-5) - along(-1e-5)) / 2e-5, 7);
    }
  });

  test('slopes without a bound at points of weight 0 are no part of means', () => {
    const { weights } = gradientThroughNormalization(weighted(0, 2), {
      points: new Float64Array(2),
      weights: Float64Array.of(Number.POSITIVE_INFINITY, 3),
    });
    expect(weights).toEqual(Float64Array.of(Number.POSITIVE_INFINITY, 0));
  });
});
