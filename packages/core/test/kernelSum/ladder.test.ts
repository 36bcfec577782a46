import { column, constant, evaluate, row } from '@sinkhorn/core';
import { describe, expect, test } from 'vitest';
import { derivativeOf, fittedPolynomial } from '../../src/kernelSum/gaussians/fittedPolynomial.js';
import { energyLadder, laplacianLadder, onLadder } from '../../src/kernelSum/gaussians/gaussianLadder.js';
import { leftOut, REST, restField } from '../../src/kernelSum/gaussians/ladderRest.js';

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
  { kind: 'energy', ladder: energyLadder(first, 1), kernel: (d: number) => -d, slope: () => -1 },
  {
    kind: 'laplacian',
    ladder: laplacianLadder(first),
    kernel: (d: number) => Math.exp(-d),
    slope: (d: number) => -Math.exp(-d),
  },
] as const)('the $kind kernel', ({ kind, ladder, kernel, slope }) => {
  /** The rest at a distance along one axis: its value, and its derivative in the distance. */
  const restAt = (distance: number) => {
    const field = restField(kind, ladder)(row('x', 3), column('y', 3), constant([0, 0, 1]));
    const found = evaluate(field, {
      variable: ({ side }) => (side === 'row' ? [distance, 0, 0] : [0, 0, 0]),
      parameters: { first, inverseFirst: 1 / first },
    });
    return { value: found[2], derivative: found[0] };
  };
  const distances = [0.001, 0.01, 0.05, 0.1, 0.149, 0.3, 1, 1.7];

  test.each(distances)('is the ladder and the rest at a distance of %d', (distance) => {
    const off = onLadder(ladder, distance) + restAt(distance).value - kernel(distance);
    expect(Math.abs(off)).toBeLessThan(1e-5);
  });

  test.each(distances)('has the derivative of both at a distance of %d', (distance) => {
    const step = 1e-5;
    const ofLadder = (onLadder(ladder, distance + step) - onLadder(ladder, distance - step)) / (2 * step);
    const off = ofLadder + restAt(distance).derivative - slope(distance);
    expect(Math.abs(off)).toBeLessThan(3e-4);
  });

  test('has no rest beyond its reach, and none that counts where it ends', () => {
    expect(Math.abs(restAt(1.01 * REST * first).value)).toBe(0);
    expect(leftOut(kind, ladder)).toBeLessThan(5e-5);
  });
});
