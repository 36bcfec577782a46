import { type Backend, formula, type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { directionOf, dot, relative } from '../support/directions.js';
import { backend, float32Alone } from './problems.js';

const { distance, power } = formula;

let single: Backend;
beforeAll(async () => {
  single = await float32Alone();
});
afterAll(() => single.dispose());

describe('parts that exchange next to no mass', () => {
  const numbersOf = (count: number) => Array.from({ length: count }, (_, k) => Math.sin(k));

  /** Two clusters of equal mass that lie apart, in either cloud: nothing has to go from one to the other. */
  const apart = (seed: number, gap: number): TestCloud => {
    const one = cloud(24, 2, seed);
    return {
      ...one,
      points: one.points.map((value, k) => 0.3 * value + (k >= 24 && k % 2 === 0 ? gap : 0)),
      weights: new Float64Array(24).fill(1 / 24),
    };
  };
  const move = directionOf(apart(1, 0), 3).points;
  const productAt = async (gap: number, tolerance: number) => {
    const loss = sinkhornDivergence({ backend, blur: 0.1, method: 'alternating', onInaccurate: 'ignore', tolerance });
    return (await loss.solve(apart(1, gap), apart(2, gap))).hessianVectorProduct({ points: move });
  };

  test('make weights wrong at a loose tolerance, and diagnostics say so; points are right', async () => {
    const [loose, tight] = [await productAt(0.7, 1e-3), await productAt(0.7, 1e-9)];
    expect(relative(loose.points, tight.points)).toBeLessThan(1e-2);
    expect(relative(loose.weights, tight.weights)).toBeGreaterThan(0.1);
    expect(loose.diagnostics).toMatchObject({ converged: true, determined: false });
    expect(loose.diagnostics.smallestEigenvalue).toBeLessThan(1e-4);
    expect(tight.diagnostics.determined).toBe(true);
  });

  test.each([0, 0.3, 0.5])(
    'are not there at a distance of %s: diagnostics say nothing, and weights are right',
    async (gap) => {
      const [loose, tight] = [await productAt(gap, 1e-3), await productAt(gap, 1e-9)];
      expect(loose.diagnostics.determined).toBe(true);
      expect(relative(loose.weights, tight.weights)).toBeLessThan(2e-2);
    },
  );

  test('are told where they are the points themselves', async () => {
    const points = Float64Array.of(0, 0, 1, 0.5);
    const two = { points, dimension: 2, weights: Float64Array.of(0.4, 0.6) };
    const solution = await sinkhornDivergence({ backend, blur: 0.037, p: 1, debias: false }).solve(two, two);
    const { diagnostics } = await solution.hessianVectorProduct({ points: [1, 0, 0, 1] });
    expect(diagnostics.determined).toBe(false);
  });

  test('have right products at the default tolerance where little goes between them', async () => {
    // The residual is small from the first steps on, and the solution is not there yet.
    const [from, to] = [cloud(10, 1, 4), cloud(2, 1, 9)];
    const direction = directionOf(from, 3);
    const loss = sinkhornDivergence({ backend, blur: 0.05, reach: 2 });
    const coarse = await (await loss.solve(from, to)).plan.transpose().applyVjp(numbersOf(10), [1, -1]);
    const fine = await (await loss.solve(from, to)).plan
      .transpose()
      .applyVjp(numbersOf(10), [1, -1], { tolerance: 1e-12 });
    expect(dot(coarse.x.points, direction.points)).toBeCloseTo(dot(fine.x.points, direction.points), 4);
    expect(coarse.diagnostics.smallestEigenvalue).toBeLessThan(0.005);
  });

  describe('are told where nothing of the direction shows them', () => {
    const told = async (from: TestCloud, to: TestCloud, options: Partial<SinkhornDivergenceOptions> = {}) => {
      const solution = await sinkhornDivergence({ backend, blur: 0.1, onInaccurate: 'ignore', ...options }).solve(
        from,
        to,
      );
      const { points } = directionOf(from, 3);
      const { diagnostics } = await solution.potentialsJvp({ x: { points } });
      return diagnostics;
    };
    const clouds = (
      points: readonly number[],
      dimension: number,
      by: number,
      masses: (k: number) => number = () => 1,
    ) => {
      const weights = Float64Array.from({ length: points.length / dimension }, (_, k) => masses(k));
      const total = weights.reduce((sum, weight) => sum + weight);
      const at = (shift: number) => Float64Array.from(points, (value) => value + shift);
      const shares = weights.map((weight) => weight / total);
      return [0, by].map((shift) => ({ points: at(shift), dimension, weights: shares })) as [TestCloud, TestCloud];
    };
    const two = clouds([0, 5], 1, 0.03);
    const circle = (count: number, radius: number) =>
      Array.from(
        { length: 2 * count },
        (_, k) => radius * (k % 2 ? Math.sin : Math.cos)((2 * Math.PI * (k >> 1)) / count),
      );
    const rings = clouds([...circle(8, 0.03), ...circle(60, 3)], 2, 0.01);
    const line = clouds(
      Array.from({ length: 24 }, (_, k) => 5 * (k >> 1) + 0.3 * (k % 2)),
      1,
      0.05,
      (k) => 10 ** -((k >> 1) % 4) * (1 + (k % 2)),
    );

    test.each([
      ['two points', two, {}],
      ['two points, without debiasing', two, { debias: false }],
      ['two points, by sweeps', two, { method: 'alternating' }],
      ['a ring around a ring', rings, {}],
      ['twelve parts of masses from 1 to 1e-3', line, {}],
      ['twelve parts, p = 1', line, { p: 1 }],
      ['twelve parts, a cost of your own', line, { cost: (u, v) => power(distance(u, v), 1.5), p: 1.5, diameter: 60 }],
    ] as [string, [TestCloud, TestCloud], Partial<SinkhornDivergenceOptions>][])(
      '%s',
      async (_, [from, to], options) => {
        expect((await told(from, to, options)).determined).toBe(false);
      },
    );

    test('in float32', async () => {
      for (const [from, to] of [two, rings, line]) {
        expect((await told(from, to, { backend: single, tolerance: 1e-4 })).determined).toBe(false);
      }
    });

    test('in one element of a batch', async () => {
      const joinedOf = (one: TestCloud, other: TestCloud) => ({
        data: Float64Array.of(...one.points, ...other.points),
        shape: [2, 2, 1],
      });
      const [from, to] = two;
      const near = { ...from, points: from.points.map((value) => 0.02 * value) };
      const loss = sinkhornDivergence({ backend, blur: 0.1 });
      const direction = { x: { points: [1, 0, 1, 0] } };
      const mixed = await loss.solve(joinedOf(near, from), joinedOf(near, to));
      expect((await mixed.potentialsJvp(direction)).diagnostics.determined).toBe(false);
      const tied = await loss.solve(joinedOf(near, near), joinedOf(near, near));
      expect((await tied.potentialsJvp(direction)).diagnostics.determined).toBe(true);
    });

    test('where the steps ran out before they saw enough', async () => {
      const solution = await sinkhornDivergence({ backend, blur: 0.05 }).solve(cloud(60, 2, 1), cloud(60, 2, 2));
      const { diagnostics } = await solution.potentialsJvp({ blur: 1 }, { maxIterations: 2 });
      expect(diagnostics).toMatchObject({ smallestEigenvalue: 0, determined: false });
    });

    test('and not where a reach ties each to its place, nor in a single part', async () => {
      for (const [from, to] of [two, rings, line]) {
        expect((await told(from, to, { reach: 0.5 })).determined).toBe(true);
      }
      for (let seed = 1; seed <= 10; seed++) {
        const [from, to] = [cloud(5 * seed, 2, seed), cloud(3 * seed, 2, 50 + seed)];
        expect((await told(from, to, { blur: 0.15 })).determined, `seed ${seed}`).toBe(true);
      }
      const one = clouds([0, 0], 2, 1);
      expect((await told(...one)).determined).toBe(true);
    });
  });

  test('are told where sweeps have not settled what goes between them', async () => {
    let settled = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const next = random(seed);
      const gap = 0.5 + 0.8 * next();
      const blur = [0.05, 0.1, 0.2][seed % 3];
      /** Two intervals of half the mass each. */
      const halves = (count: number, by: number): TestCloud => {
        const points = Float64Array.from({ length: count }, (_, i) => 0.4 * next() + by + (i % 2) * gap);
        const raw = points.map(() => 0.2 + next());
        const masses = [0, 1].map((part) => raw.reduce((sum, weight, i) => sum + (i % 2 === part ? weight : 0), 0));
        return { points, dimension: 1, weights: raw.map((weight, i) => weight / masses[i % 2] / 2) };
      };
      const [from, to] = [halves(6 + (seed % 4), 0), halves(8, 0.05)];
      const along = { x: { points: from.points.map(() => next() - 0.5) } };
      const transport = { blur, backend, debias: false, onInaccurate: 'ignore' } as const;
      const exactly = await sinkhornDivergence({ ...transport, method: 'newton', tolerance: 1e-13 }).solve(from, to);
      const wanted = await exactly.potentialsJvp(along, { tolerance: 1e-12 });
      if (!wanted.diagnostics.determined) continue;
      for (const tolerance of [1e-3, 1e-4]) {
        const swept = await sinkhornDivergence({ ...transport, method: 'alternating', tolerance }).solve(from, to);
        const found = await swept.potentialsJvp(along);
        if (!found.diagnostics.determined) continue;
        settled += 1;
        const mean = (values: ArrayLike<number>) =>
          Array.from(values).reduce((sum, value) => sum + value) / values.length;
        const [a, b] = [found.f_ba, wanted.f_ba].map((values) => values.map((value) => value - mean(values)));
        expect(relative(a, b), `seed ${seed}, tolerance ${tolerance}`).toBeLessThan(0.3);
      }
    }
    expect(settled).toBeGreaterThan(20);
  });

  test('are told at any distance', async () => {
    for (const gap of [1, 2, 5]) expect((await productAt(gap, 1e-3)).diagnostics.determined).toBe(false);
  });
});
