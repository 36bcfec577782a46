import { column, constant, evaluate, row } from '@sinkhorn/core';
import { describe, expect, test } from 'vitest';
import { derivativeOf, fittedPolynomial } from '../../src/kernelSum/gaussians/fittedPolynomial.js';
import { CORRECTION_REACH, correctionField, leftOut } from '../../src/kernelSum/gaussians/nearFieldCorrection.js';
import { energyGaussians, laplacianGaussians, sumOfGaussiansAt } from '../../src/kernelSum/gaussians/sumOfGaussians.js';

const valueAt = (coefficients: readonly number[], t: number) =>
  coefficients.reduceRight((sum, value) => sum * t + value, 0);

test('a fitted polynomial is as near as its degree allows, and so is its derivative', () => {
  const exponential = fittedPolynomial(Math.exp, 9);
  const cubic = fittedPolynomial((t) => 1 - 2 * t + 4 * t ** 3, 3);
  for (const t of [-1, -0.4, 0, 0.7, 1]) {
    expect(valueAt(exponential, t)).toBeCloseTo(Math.exp(t), 8);
    expect(valueAt(derivativeOf(exponential), t)).toBeCloseTo(Math.exp(t), 6);
    expect(valueAt(cubic, t)).toBeCloseTo(1 - 2 * t + 4 * t ** 3, 12);
  }
});

const first = 0.05;
describe.each([
  { kind: 'energy', gaussians: energyGaussians(first, 1), kernel: (d: number) => -d, slope: () => -1 },
  {
    kind: 'laplacian',
    gaussians: laplacianGaussians(first),
    kernel: (d: number) => Math.exp(-d),
    slope: (d: number) => -Math.exp(-d),
  },
] as const)('the $kind kernel', ({ kind, gaussians, kernel, slope }) => {
  /** The correction at a distance along one axis: its value, and its derivative in the distance. */
  const correctionAt = (distance: number) => {
    const field = correctionField(kind, gaussians)(row('x', 3), column('y', 3), constant([0, 0, 1]));
    const found = evaluate(field, {
      variable: ({ side }) => (side === 'row' ? [distance, 0, 0] : [0, 0, 0]),
      parameters: { first, inverseFirst: 1 / first },
    });
    return { value: found[2], derivative: found[0] };
  };
  const distances = [0.001, 0.01, 0.05, 0.1, 0.149, 0.3, 1, 1.7];

  test.each(distances)('is the sum of Gaussians and the correction at a distance of %d', (distance) => {
    const off = sumOfGaussiansAt(gaussians, distance) + correctionAt(distance).value - kernel(distance);
    expect(Math.abs(off)).toBeLessThan(1e-5);
  });

  test.each(distances)('has the derivative of both at a distance of %d', (distance) => {
    const step = 1e-5;
    const ofGaussians =
      (sumOfGaussiansAt(gaussians, distance + step) - sumOfGaussiansAt(gaussians, distance - step)) / (2 * step);
    const off = ofGaussians + correctionAt(distance).derivative - slope(distance);
    expect(Math.abs(off)).toBeLessThan(3e-4);
  });

  test('has no correction beyond its reach, and none that counts where it ends', () => {
    expect(Math.abs(correctionAt(1.01 * CORRECTION_REACH * first).value)).toBe(0);
    expect(leftOut(kind, gaussians)).toBeLessThan(5e-5);
  });
});
