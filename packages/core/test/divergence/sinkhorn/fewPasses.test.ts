import { cpu } from '@sinkhorn/backend-cpu';
import { checkMeasure, powerCost, runSync, type SinkhornOptions, solveSinkhorn } from '@sinkhorn/core';
import { describe, expect, test } from 'vitest';
import { solveNewton } from '../../../src/divergence/sinkhorn/solveNewton.js';
import { draws } from '../../support/draws.js';

// Newton's method is for what takes sweeps hundreds to thousands of passes over all pairs, or for ever.

const optionsWith = (blur: number, changes: Partial<SinkhornOptions> = {}): SinkhornOptions => ({
  cost: powerCost(2),
  p: 2,
  homogeneous: true,
  blur,
  reach: { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY },
  scaling: 0.5,
  debias: false,
  tolerance: 1e-6,
  maxIterations: 5000,
  ...changes,
});

const uniform = (count: number, dimension: number, seed: number) => draws(count * dimension, seed);

/** Points around the corners of a triangle, so many at each. */
function clusters(counts: readonly number[], seed: number): Float64Array {
  const corners = [0.1, 0.2, 0.9, 0.3, 0.4, 0.8];
  const offsets = draws(2 * counts.reduce((sum, count) => sum + count, 0), seed);
  let at = 0;
  return Float64Array.from(
    counts.flatMap((count, corner) =>
      Array.from({ length: 2 * count }, (_, k) => corners[2 * corner + (k % 2)] + 0.03 * offsets[at++]),
    ),
  );
}

const pairOf = (x: ArrayLike<number>, y: ArrayLike<number>, dimension: number) => ({
  x: checkMeasure('x', { points: Float64Array.from(x), dimension }),
  y: checkMeasure('y', { points: Float64Array.from(y), dimension }),
});

describe('300 points', () => {
  test.each([
    [3, 0.005],
    [3, 0.001],
    [10, 0.002],
    [64, 0.005],
  ])('in %i dimensions, at a blur of %f', (dimension, blur) => {
    const pair = pairOf(uniform(300, dimension, 1), uniform(300, dimension, 2), dimension);
    const result = runSync(solveNewton(pair, optionsWith(blur)));
    expect(result?.converged).toBe(true);
    expect(result?.errors.value).toBeLessThan(1e-6);
    expect(result?.reductions).toBeLessThanOrEqual(40);
  });
});

describe('of more points a sample goes through the high temperatures', () => {
  const cubes = pairOf(uniform(700, 3, 3), uniform(640, 3, 4), 3);

  test.each([0.02, 0.002])('in a cube, at a blur of %f', (blur) => {
    const result = runSync(solveNewton(cubes, optionsWith(blur)));
    expect(result?.converged).toBe(true);
    expect(result?.reductions).toBeLessThanOrEqual(25);
  });

  test('to the potentials that sweeps come to', () => {
    const options = optionsWith(0.05, { tolerance: 1e-9 });
    const found = runSync(solveNewton(cubes, options));
    const { values } = runSync(solveSinkhorn(cpu(), cubes, options));
    expect(Math.abs((found?.values[0] ?? 0) / values[0] - 1)).toBeLessThan(1e-9);
  });

  test('where clusters have unequal masses, of which a sample knows but a share', () => {
    const pair = pairOf(clusters([300, 211, 129], 5), clusters([205, 302, 133], 6), 2);
    for (const reach of [Number.POSITIVE_INFINITY, 0.5]) {
      const result = runSync(solveNewton(pair, optionsWith(0.003, { reach: { x: reach, y: reach } })));
      expect(result?.converged).toBe(true);
      expect(result?.errors.value).toBeLessThan(1e-6);
    }
  });

  test('where a few points have next to all the mass', () => {
    const powers = draws(700, 7).map((value) => value ** 12);
    const mass = powers.reduce((sum, weight) => sum + weight, 0);
    const weights = powers.map((weight) => weight / mass);
    const x = checkMeasure('x', { points: Float64Array.from(cubes.x.points), dimension: 3, weights });
    const result = runSync(solveNewton({ x, y: cubes.y }, optionsWith(0.01, { debias: true })));
    expect(result?.converged).toBe(true);
    expect(result?.errors.value).toBeLessThan(1e-6);
  });

  test('unless nearly all pairs count at the last one', () => {
    const pair = pairOf(uniform(1200, 3, 8), uniform(1000, 3, 9), 3);
    expect(runSync(solveNewton(pair, optionsWith(1))) === undefined).toBe(true);
  });
});

describe('points so far beyond the reach that no number says what mass they keep', () => {
  // exp(-f / rho) of f = 100 and rho = .09 is less than the least float64.
  const strays = (count: number, seed: number, apart: number) =>
    uniform(count, 3, seed).map((value, i) => value + (i % 9 === 0 ? apart : 0));

  test.each([
    [60, 50, 0.1],
    [700, 600, 0.005],
  ])('keep no step from going on: %i and %i points at a blur of %f', (n, m, blur) => {
    const pair = pairOf(strays(n, 5, 0), strays(m, 6, 12), 3);
    const options = optionsWith(blur, { reach: { x: 0.3, y: 0.3 } });
    const result = runSync(solveNewton(pair, options));
    expect(result?.converged).toBe(true);
    expect(result?.errors.gradient).toBeLessThan(1e-6);
    expect(result?.iterations).toBeLessThanOrEqual(150);
    if (n > 60) return;
    const alternating = runSync(solveSinkhorn(cpu(), pair, options));
    expect(result?.values[0]).toBeCloseTo(alternating.values[0], 6);
  });

  // A list by what pairs weigh of all mass left such points without a pair, and was made anew for ever: 2,700 passes, and a gradient 8,000 times off.
  test('keep the pairs that count for what is left of them', () => {
    const pair = pairOf(uniform(600, 3, 7), strays(560, 8, 30), 3);
    const result = runSync(solveNewton(pair, optionsWith(0.002, { reach: { x: 0.3, y: 0.3 } })));
    expect(result?.converged).toBe(true);
    expect(result?.errors.gradient).toBeLessThan(1e-6);
    expect(result?.reductions).toBeLessThanOrEqual(60);
  });
});
