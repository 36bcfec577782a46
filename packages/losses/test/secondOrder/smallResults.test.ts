import { type Backend, combine, formula, type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { directionOf, relative } from '../support/directions.js';
import { backend, float32Alone } from './problems.js';

let single: Backend;
beforeAll(async () => {
  single = await float32Alone();
});
afterAll(() => single.dispose());

const exactly = { method: 'newton', tolerance: 1e-13, backend, onInaccurate: 'ignore' } as const;

/** A solve, and the same in float64 to rounding. */
const solves = (options: Partial<SinkhornDivergenceOptions>, from: TestCloud, to: TestCloud) =>
  Promise.all(
    [{ backend, onInaccurate: 'ignore', ...options } as const, { ...options, ...exactly }].map((one) =>
      sinkhornDivergence(one).solve(from, to),
    ),
  );

/** Numbers to multiply by. */
const numbers = (count: number, seed: number) => {
  const next = random(seed);
  return Float64Array.from({ length: count }, () => next() - 0.3);
};

const near = (from: TestCloud, by: number): TestCloud => ({
  ...from,
  points: from.points.map((value, k) => value + by * Math.sin(7 * k + 1)),
});

const SMALL = { tolerance: 1e-12 };

describe('what is left of large numbers is told to be as far off as it is', () => {
  test('of plans that cannot move, backwards and forwards', async () => {
    for (const options of [{}, { method: 'alternating' }, { p: 1 }, { debias: false }] as const) {
      // All of y goes to the one point of x, wherever it is.
      const [from, to] = [cloud(1, 2, 3), cloud(7, 2, 4)];
      const [found] = await solves({ blur: 0.3, ...options }, from, to);
      const moved = await found.plan.applyJvp(numbers(7, 1), { x: { points: [1, 2] } });
      expect(Math.abs(moved.values[0])).toBeLessThan(1e-9);
      expect(moved.diagnostics.estimatedError).toBeGreaterThan(0.5);
      const back = await found.plan.applyVjp(numbers(7, 1), [1]);
      expect(back.diagnostics.estimatedError).toBeGreaterThan(0.5);
    }
  });

  test('of plans of clouds that lie far from each other, in float32', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const [from, to] = [cloud(8, 3, seed), cloud(11, 3, 20 + seed, 1 + (seed % 4))];
      const [found, wanted] = await solves({ blur: 0.5, backend: single }, from, to);
      const [values, cotangent] = [numbers(22, seed), numbers(16, 50 + seed)];
      const [back, truth] = [
        await found.plan.applyVjp(values, cotangent),
        await wanted.plan.applyVjp(values, cotangent, SMALL),
      ];
      const error = Math.max(relative(back.x.points, truth.x.points), relative(back.y.points, truth.y.points));
      expect(error, `seed ${seed}`).toBeLessThan(2 * back.diagnostics.estimatedError);
      const inLength = Math.abs(back.blur[0] / truth.blur[0] - 1);
      expect(inLength, `seed ${seed}, blur`).toBeLessThan(2 * back.diagnostics.estimatedError);
    }
  });

  test('of potentials, as weights and blur move where the blur is large', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const [from, to] = [cloud(6, 3, seed), cloud(8, 3, 30 + seed)];
      const options = seed % 2 ? { backend: single } : { method: 'alternating' as const, tolerance: 1e-6 };
      const [found, wanted] = await solves({ blur: 4, ...options }, from, to);
      const direction = { x: { weights: directionOf(from, seed).weights }, ...(seed > 4 && { blur: 1 }) };
      const [moves, truth] = [await found.potentialsJvp(direction), await wanted.potentialsJvp(direction, SMALL)];
      for (const name of ['f_ba', 'g_ab', 'f_aa'] as const) {
        const error = relative(moves[name] ?? [], truth[name] ?? []);
        expect(error, `${name}, seed ${seed}`).toBeLessThan(2 * moves.diagnostics.estimatedError);
      }
    }
  });

  test('of reach, in which what maps are worth cancels but for rounding', async () => {
    let most = 0;
    for (let seed = 1; seed <= 8; seed++) {
      const from = cloud(12, 1, seed);
      const to = { ...from, weights: from.weights.map((weight, i) => 600 * weight * (1 + (i % 3))) };
      const options = { p: 1, blur: 0.1, reach: [5, 2][seed % 2], backend: single } as const;
      const [found, wanted] = await solves({ ...options, tolerance: seed % 2 ? 1e-6 : 1e-3 }, from, to);
      const [back, truth] = [
        await found.plan.barycentricMapVjp(numbers(12, seed)),
        await wanted.plan.barycentricMapVjp(numbers(12, seed), SMALL),
      ];
      for (const side of ['x', 'y'] as const) {
        const error = Math.min(1, relative(back.reach[side], truth.reach[side]));
        expect(error, `${side}, seed ${seed}`).toBeLessThan(2 * back.diagnostics.estimatedError);
        most = Math.max(most, error);
      }
    }
    expect(most).toBeGreaterThan(1e-3);
  });

  test('of points next to each other at p = 1, whose slopes float32 rounds', async () => {
    let most = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const from = cloud(6, 1 + (seed % 3), seed);
      const [found, wanted] = await solves(
        { p: 1, blur: 0.3, backend: single, debias: seed % 2 === 0 },
        from,
        near(from, [1e-2, 1e-4, 1e-5, 1e-8][seed % 4]),
      );
      const along = { points: directionOf(from, 3).points };
      const product = await found.hessianVectorProduct(along);
      const truth = await wanted.hessianVectorProduct(along, SMALL);
      const error = Math.min(1, relative(product.points, truth.points));
      expect(error, `seed ${seed}`).toBeLessThan(2 * product.diagnostics.estimatedError);
      most = Math.max(most, error);
    }
    expect(most).toBeGreaterThan(1e-3);
  });

  test('of parameters of a cost, which are sums over all points', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const from = cloud(6, 1, seed);
      const { dot, mul, squaredDistance, sub, add, square } = formula;
      const options = {
        blur: 1.6,
        parameters: { scale: 1, rows: [0.3] },
        cost: (x: formula.Expression, y: formula.Expression, { scale, rows }: Record<string, formula.Expression>) =>
          add(mul(scale, squaredDistance(x, y)), square(dot(rows, sub(x, y)))),
      } as Partial<SinkhornDivergenceOptions>;
      const [found, wanted] = await solves(options, from, near(from, 5e-5));
      const along = { x: { points: directionOf(from, 4).points } };
      const product = await found.hessianVectorProduct(along);
      const truth = await wanted.hessianVectorProduct(along, SMALL);
      for (const name of ['scale', 'rows']) {
        const error = relative(product.parameters?.[name] ?? [], truth.parameters?.[name] ?? []);
        expect(error, `${name}, seed ${seed}`).toBeLessThan(2 * product.diagnostics.estimatedError);
      }
    }
  });

  test('of differences of losses', async () => {
    const [from, to] = [cloud(9, 2, 1), cloud(8, 2, 2, 0.4)];
    const along = { points: directionOf(from, 3).points };
    for (const by of [0.1, 1e-4]) {
      const difference = (options: object) =>
        combine([
          { loss: sinkhornDivergence({ backend, blur: 0.5, ...options }), weight: 1 },
          { loss: sinkhornDivergence({ backend, blur: 0.5 + by, ...options }), weight: -1 },
        ]).solve(from, to);
      const loose = { backend: single, onInaccurate: 'ignore' };
      const product = await (await difference(loose)).hessianVectorProduct(along);
      const truth = await (await difference(exactly)).hessianVectorProduct(along, SMALL);
      const error = relative(product.points, truth.points);
      expect(error, `${by}`).toBeLessThan(2 * product.diagnostics.estimatedError);
    }
  });
});
