import { runSync } from '@sinkhorn/core';
import { expect, test } from 'vitest';
import { conjugateGradientOnHost } from '../../src/linear/conjugateGradientOnHost.js';
import { smallestRitzValue } from '../../src/linear/smallestRitzValue.js';

const eigenvalues = [0.003, 0.2, 0.5, 0.9, 1, 1.7];

test('is the smallest eigenvalue where all of the space was seen', () => {
  const { smallest, iterations } = runSync(
    conjugateGradientOnHost(
      {
        weights: new Float64Array(6).fill(1 / 6),
        batch: 1,
        size: 1,
        singular: false,
        rightHandSide: new Float64Array(6).fill(1),
        *apply(vectors) {
          return vectors.map((value, k) => eigenvalues[k] * value);
        },
      },
      1e-13,
      20,
    ),
  );
  expect(iterations).toBeLessThan(9);
  expect(smallest).toBeCloseTo(0.003, 10);
});

test('is that of one step, and Infinity of none', () => {
  expect(smallestRitzValue({ lengths: [4], kept: [0] })).toBeCloseTo(0.25, 14);
  expect(smallestRitzValue({ lengths: [], kept: [] })).toBe(Number.POSITIVE_INFINITY);
});
