import { type Backend, type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { directionOf, dot, relative } from '../support/directions.js';
import { backend, float32Alone } from './problems.js';

let single: Backend;
beforeAll(async () => {
  single = await float32Alone();
});
afterAll(() => single.dispose());

/** Gradients in weights are told up to a number. */
const withoutMean = (values = new Float64Array(0)) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
};

const norm = (values: ArrayLike<number>) => Math.sqrt(dot(values, values));

/** A solve on the way to a result, and one that is exact to rounding. */
const solves = (options: Partial<SinkhornDivergenceOptions>, from: TestCloud, to: TestCloud) => {
  const common = { backend, onInaccurate: 'ignore', ...options } as const;
  const exactly = { ...common, backend, method: 'newton', tolerance: 1e-13 } as const;
  return Promise.all([common, exactly].map((one) => sinkhornDivergence(one).solve(from, to)));
};

describe('no error is three times what is told', () => {
  /** Weights from 1 to 1e-10: what is small in all is not small at each point. */
  const uneven = (count: number, dimension: number, seed: number, shift = 0): TestCloud => {
    const next = random(seed + 100);
    const raw = Float64Array.from({ length: count }, () => 10 ** (-10 * next()));
    const total = raw.reduce((sum, weight) => sum + weight);
    return { ...cloud(count, dimension, seed, shift), weights: raw.map((weight) => weight / total) };
  };

  test.each([
    ["Newton's method", {}],
    ["Newton's method, p = 1", { p: 1 }],
    ["Newton's method, unbalanced", { reach: 0.7 }],
    ['sweeps', { method: 'alternating' }],
    ['sweeps, to a smaller tolerance', { method: 'alternating', tolerance: 1e-6 }],
  ] as [string, Partial<SinkhornDivergenceOptions>][])(
    'of potentials where weights have many orders of magnitude: %s',
    async (_, options) => {
      for (let seed = 1; seed <= 8; seed++) {
        const [from, to] = [uneven(5 + seed, 3, seed), uneven(3 + seed, 3, 50 + seed, 0.3)];
        const [found, exactly] = await solves({ blur: 0.3, ...options }, from, to);
        const direction = { x: { points: directionOf(from, seed).points }, y: { points: directionOf(to, 9).points } };
        const moves = await found.potentialsJvp(direction);
        const wanted = await exactly.potentialsJvp(direction, { tolerance: 1e-12 });
        for (const name of ['f_aa', 'g_bb'] as const) {
          const error = relative(moves[name] ?? [], wanted[name] ?? []);
          expect(error, `${name}, seed ${seed}`).toBeLessThan(3 * moves.diagnostics.estimatedError);
        }
        const cotangents = {
          f_ba: from.weights.map((_, i) => Math.sin(i) - Math.sin(i + 1)),
          f_aa: from.weights.map((_, i) => Math.cos(3 * i)),
        };
        const mean = cotangents.f_ba.reduce((sum, value) => sum + value, 0) / from.weights.length;
        const balanced = { ...cotangents, f_ba: cotangents.f_ba.map((value) => value - mean) };
        const back = await found.potentialsVjp(balanced);
        const slope = dot(back.x.points, direction.x.points) + dot(back.y.points, direction.y.points);
        const [moved, own] = [wanted.f_ba, wanted.f_aa ?? []];
        const size = norm(balanced.f_ba) * norm(moved) + norm(balanced.f_aa) * norm(own);
        const error = Math.abs(slope - dot(balanced.f_ba, moved) - dot(balanced.f_aa, own)) / size;
        expect(error, `backwards, seed ${seed}`).toBeLessThan(3 * back.diagnostics.estimatedError);
      }
    },
  );

  test('of products where both clouds are about the same, and gradients cancel', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const from = cloud(12, 2, seed);
      const to = { ...from, points: from.points.map((value, k) => value + 1e-3 * Math.sin(7 * k + seed)) };
      for (const options of [{}, { method: 'alternating' }, { p: 1 }] as const) {
        const [found, exactly] = await solves({ blur: 1, ...options }, from, to);
        const along = { x: { points: from.points }, y: { points: to.points } };
        const product = await found.hessianVectorProduct(along);
        const wanted = await exactly.hessianVectorProduct(along, { tolerance: 1e-12 });
        const error = relative(product.x?.points ?? [], wanted.x?.points ?? []);
        expect(error, `seed ${seed}`).toBeLessThan(3 * product.diagnostics.estimatedError);
      }
    }
  });

  test.each([3, 16])('of float32, where clouds in %d dimensions are many blurs apart', async (dimension) => {
    const ratios: number[] = [];
    for (let seed = 1; seed <= 8; seed++) {
      const by = (1 + 2 * (seed % 4)) * Math.sqrt(3 / dimension);
      const [from, to] = [cloud(6, dimension, seed), cloud(1 + (seed % 3), dimension, 30 + seed, by)];
      const options = { blur: 0.3, debias: seed % 2 === 0, backend: single };
      const [found, exactly] = await solves(options, from, to);
      const along = { x: { points: directionOf(from, 3).points }, y: { points: directionOf(to, 4).points } };
      const product = await found.hessianVectorProduct(along);
      const wanted = await exactly.hessianVectorProduct(along, { tolerance: 1e-12 });
      const { estimatedError } = product.diagnostics;
      const error = Math.max(
        relative(product.x?.points ?? [], wanted.x?.points ?? []),
        relative(product.y?.points ?? [], wanted.y?.points ?? []),
      );
      expect(error, `seed ${seed}`).toBeLessThan(3 * estimatedError);
      ratios.push(error / estimatedError);
    }
    ratios.sort((one, other) => one - other);
    expect(ratios[4]).toBeGreaterThan(0.02);
  });

  test('of gradients in weights, which are differences of two solutions', async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      // Of points on a lattice, at a large blur.
      const from = cloud(8, 5, seed);
      const on = { ...from, points: from.points.map((value) => Math.round(3 * value) / 3) };
      const to = { ...on, points: on.points.map((value, k) => value + (k % 5 === seed % 5 ? 1 / 3 : 0)) };
      const [found, exactly] = await solves({ blur: 1.8 }, on, to);
      const along = { points: directionOf(on, seed).points };
      const [product, wanted] = [
        await found.hessianVectorProduct(along),
        await exactly.hessianVectorProduct(along, { tolerance: 1e-12 }),
      ];
      const error = relative(product.weights, wanted.weights);
      expect(error, `seed ${seed}`).toBeLessThan(1.5 * product.diagnostics.estimatedError);
    }
  });

  test('of potentials of many points, whose errors are far larger than residuals: and not thirty times above it', async () => {
    const ratios: number[] = [];
    for (const [count, blur, seed] of [
      [120, 0.05, 1],
      [120, 0.03, 2],
      [160, 0.03, 3],
    ]) {
      const [from, to] = [cloud(count, 3, seed), cloud(count, 3, 20 + seed)];
      const [found, exactly] = await solves({ blur }, from, to);
      const turned = from.points.map((_, k) =>
        k % 3 === 0 ? -from.points[k + 1] : k % 3 === 1 ? from.points[k - 1] : 0,
      );
      const one = from.points.map((_, k) => (k < 3 ? 1 : 0));
      for (const points of [turned, one]) {
        const [product, wanted] = [
          await found.hessianVectorProduct({ x: { points } }, { wrt: 'both' }),
          await exactly.hessianVectorProduct({ x: { points } }, { wrt: 'both', tolerance: 1e-12 }),
        ];
        const errors = (['x', 'y'] as const).flatMap((side) => [
          relative(product[side]?.points ?? [], wanted[side]?.points ?? []),
          relative(withoutMean(product[side]?.weights), withoutMean(wanted[side]?.weights)),
        ]);
        const { estimatedError, residual } = product.diagnostics;
        expect(Math.max(...errors), `${count} points, blur ${blur}`).toBeLessThan(1.5 * estimatedError);
        ratios.push(Math.max(...errors) / estimatedError);
        expect(estimatedError).toBeGreaterThan(residual);
      }
    }
    ratios.sort((one, other) => one - other);
    expect(ratios[3]).toBeGreaterThan(1 / 30);
  });

  test('of blur, a sum over all points: and not a hundred times above it', async () => {
    const [from, to] = [cloud(150, 3, 1), cloud(150, 3, 2, 0.2)];
    for (const options of [{ blur: 0.05 }, { blur: 0.1, p: 1 }] as const) {
      const [found, exactly] = await solves(options, from, to);
      const cotangent = directionOf(from, 3).points;
      const [back, wanted] = [
        await found.plan.barycentricMapVjp(cotangent),
        await exactly.plan.barycentricMapVjp(cotangent, { tolerance: 1e-12 }),
      ];
      const error = Math.max(
        relative(back.blur, wanted.blur),
        relative(back.x.points, wanted.x.points),
        relative(back.y.points, wanted.y.points),
      );
      expect(error).toBeLessThan(back.diagnostics.estimatedError);
      expect(error).toBeGreaterThan(back.diagnostics.estimatedError / 50);
    }
  });
});
