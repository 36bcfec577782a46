import { sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { directionOf, relative } from '../support/directions.js';
import { backend, exact } from './problems.js';

describe('what a product costs at blur 0.05, 300 points', () => {
  const sphere = (count: number, seed: number): TestCloud => {
    const next = random(seed);
    const points = Float64Array.from({ length: 3 * count }, () => next() - 0.5);
    return { points, dimension: 3, weights: new Float64Array(count).fill(1 / count) };
  };
  const onSphere = (one: TestCloud): TestCloud => ({
    ...one,
    points: one.points.map((value, k) => {
      const first = k - (k % 3);
      return (0.5 * value) / Math.hypot(...one.points.subarray(first, first + 3));
    }),
  });
  const [from, to] = [onSphere(sphere(300, 1)), sphere(300, 2)];
  const { points } = directionOf(from, 3);

  test('is at most 50 passes at a tolerance of 1e-3, and its error under 5e-3', async () => {
    const loss = sinkhornDivergence({ backend, blur: 0.05 });
    const exactly = await sinkhornDivergence({ ...exact, tolerance: 1e-12, blur: 0.05 }).solve(from, to);
    const wanted = await exactly.hessianVectorProduct({ points });
    const found = await (await loss.solve(from, to)).hessianVectorProduct({ points });
    expect(found.diagnostics.converged).toBe(true);
    expect(found.diagnostics.reductions).toBeLessThanOrEqual(50);
    expect(relative(found.points, wanted.points)).toBeLessThan(5e-3);
    const finer = await (
      await sinkhornDivergence({ backend, blur: 0.05, tolerance: 1e-6 }).solve(from, to)
    ).hessianVectorProduct({ points });
    expect(relative(finer.points, wanted.points)).toBeLessThan(1e-6);
  });

  test('is as exact where clouds lie apart: the distance is no part of the error', async () => {
    const [near, few] = [
      { ...from, points: from.points.subarray(0, 180), weights: from.weights.slice(0, 60).fill(1 / 60) },
      { ...to, points: to.points.subarray(0, 180), weights: to.weights.slice(0, 60).fill(1 / 60) },
    ];
    const along = points.subarray(0, 180);
    for (const shift of [0, 0.5, 3]) {
      const far = { ...few, points: few.points.map((value, k) => value + (k % 3 === 0 ? shift : 0)) };
      const exactly = await sinkhornDivergence({ ...exact, blur: 0.05 }).solve(near, far);
      const wanted = await exactly.hessianVectorProduct({ points: along }, { tolerance: 1e-12 });
      for (const tolerance of [1e-3, 1e-6]) {
        const solution = await sinkhornDivergence({ backend, blur: 0.05, tolerance }).solve(near, far);
        const found = await solution.hessianVectorProduct({ points: along });
        expect(found.diagnostics.converged).toBe(true);
        expect(relative(found.points, wanted.points)).toBeLessThan(3 * tolerance);
        // Of both sides at once, each has its conditions met.
        const both = await solution.hessianVectorProduct({ x: { points: along } }, { wrt: 'both' });
        const wantedOfBoth = await exactly.hessianVectorProduct(
          { x: { points: along } },
          { wrt: 'both', tolerance: 1e-12 },
        );
        for (const side of ['x', 'y'] as const) {
          expect(relative(both[side]?.points ?? [], wantedOfBoth[side]?.points ?? [])).toBeLessThan(5 * tolerance);
        }
      }
    }
  });

  test.each([
    [8, 3, 0.005],
    [30, 2, 0.005],
    [8, 1, 0.012],
  ])(
    'is within ten times the tolerance where the blur is far below distances: %s points, %s-D',
    async (count, dimension, blur) => {
      for (const seed of [1, 2, 3]) {
        const [one, other] = [cloud(count, dimension, seed), cloud(count + 3, dimension, 20 + seed, 0.2)];
        const along = directionOf(one, seed).points;
        const solution = await sinkhornDivergence({ backend, blur, onInaccurate: 'ignore' }).solve(one, other);
        const found = await solution.hessianVectorProduct({ points: along });
        const wanted = await solution.hessianVectorProduct(
          { points: along },
          { tolerance: 1e-12, maxIterations: 5000 },
        );
        expect(relative(found.points, wanted.points)).toBeLessThan(1e-2);
      }
    },
  );

  test('says where the steps ran out', async () => {
    const solution = await sinkhornDivergence({ backend, blur: 0.05 }).solve(from, to);
    const { diagnostics } = await solution.hessianVectorProduct({ points }, { maxIterations: 2 });
    expect(diagnostics.iterations).toBe(2);
    expect(diagnostics.converged).toBe(false);
    expect(diagnostics.residual).toBeGreaterThan(diagnostics.tolerance);
  });
});
