import { runSync } from '@sinkhorn/core';
import { expect, test } from 'vitest';
import { blockConjugateGradient } from '../../src/linear/blockConjugateGradient.js';
import { smallestRitzValue } from '../../src/linear/smallestRitzValue.js';

const eigenvalues = [0.003, 0.2, 0.5, 0.9, 1, 1.7];

test('is the smallest eigenvalue where all of the space was seen', () => {
  const { smallest, iterations } = runSync(
    blockConjugateGradient(
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
  expect(smallestRitzValue({ diagonal: [[Float64Array.of(0.25)]], below: [] })).toBeCloseTo(0.25, 14);
  expect(smallestRitzValue({ diagonal: [], below: [] })).toBe(Number.POSITIVE_INFINITY);
});

test('of blocks is that of the whole matrix', () => {
  // The path of five nodes: 2 on the diagonal, -1 beside it, whose eigenvalues are 2 - 2 cos(k pi / 6).
  const row = (...values: number[]) => Float64Array.from(values);
  const diagonal = [[row(2, -1), row(-1, 2)], [row(2, -1), row(-1, 2)], [row(2)]];
  const below = [[row(0, -1), row(0, 0)], [row(0, -1)]];
  expect(smallestRitzValue({ diagonal, below })).toBeCloseTo(2 - Math.sqrt(3), 13);
});
