import { readFileSync } from 'node:fs';
import { formula, UnsupportedError } from '@sinkhorn/core';
import { exactTransport } from '@sinkhorn/losses/exact';
import { transportOnLine } from '@sinkhorn/losses/line';
import { describe, expect, it, test } from 'vitest';
import { certificate } from '../support/certificate.js';
import { changed, cloud } from '../support/clouds.js';

interface ExactCase {
  id: string;
  p: number;
  d: number;
  x: number[][];
  a: number[];
  y: number[][];
  b: number[];
  OT0: number;
  grad_x: number[][];
}
const file = new URL('../reference/exact_ot.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: ExactCase[] };

const costOf = (p: number, dimension: number, x: ArrayLike<number>, y: ArrayLike<number>) => (i: number, j: number) => {
  let squares = 0;
  for (let c = 0; c < dimension; c++) squares += (x[i * dimension + c] - y[j * dimension + c]) ** 2;
  return Math.sqrt(squares) ** p / p;
};

describe.each(cases)('$id', ({ p, d, x, a, y, b, OT0, grad_x }) => {
  it('has the value and the gradient of the reference', () => {
    const solution = exactTransport({ p }).solveSync(
      { points: x.flat(), dimension: d, weights: a },
      { points: y.flat(), dimension: d, weights: b },
    );
    expect(Math.abs(solution.value - OT0)).toBeLessThan(1e-13);
    const wanted = grad_x.flat();
    // On the line |x - y| has many optimal plans.
    if (p === 2) {
      solution.gradientsSync().x.points.forEach((slope, k) => {
        expect(Math.abs(slope - wanted[k])).toBeLessThan(1e-13);
      });
    }
    const [proof] = solution.certificates;
    expect(proof.gap).toBeLessThan(1e-13);
    expect(proof.primal).toBe(solution.value);
  });
});

it('points that are all in one place cost nothing, for certain', () => {
  const { value, diagnostics } = exactTransport().solveSync(
    { points: [0.1, 0.7, 0.1, 0.7], dimension: 2, weights: [1, 2] },
    { points: [0.1, 0.7, 0.1, 0.7], dimension: 2, weights: [2, 1] },
  );
  expect(value).toBe(0);
  expect(diagnostics.accurate).toBe(true);
  expect(diagnostics.estimatedError).toBeLessThan(1e-12);
});

describe.each([1, 1.5, 2, 3])('p = %s', (p) => {
  it('plans are optimal, as their potentials prove, on data with ties and weights of any size', () => {
    for (let seed = 0; seed < 60; seed++) {
      const dimension = 1 + (seed % 3);
      const x = cloud(1 + ((seed * 7) % 23), dimension, seed);
      const y = cloud(1 + ((seed * 11) % 19), dimension, seed + 100);
      for (const { points, weights } of [x, y]) {
        const kind = seed % 6;
        if (kind === 0) weights.fill(1);
        if (kind === 1) for (let k = 0; k < points.length; k++) points[k] = Math.floor(3 * points[k]);
        if (kind === 2) for (let k = 1; k < weights.length; k++) weights[k] *= k % 2 ? 0 : 1e-15;
        if (kind === 3) for (let k = 1; k < weights.length; k++) weights[k] = Math.floor(40 * weights[k]);
        if (kind === 4) points.fill(0.5);
        weights[0] ||= 1;
        const mass = weights.reduce((sum, weight) => sum + weight, 0);
        for (let k = 0; k < weights.length; k++) weights[k] /= mass;
      }
      const solution = exactTransport({ p }).solveSync(x, y);
      const proof = certificate(solution, x.weights, y.weights, costOf(p, dimension, x.points, y.points));
      expect(proof.marginal, `seed ${seed}`).toBeLessThan(1e-14);
      expect(proof.infeasible, `seed ${seed}`).toBeLessThan(1e-12);
      expect(Math.abs(proof.primal - proof.dual), `seed ${seed}`).toBeLessThan(1e-12);
      expect(Math.abs(proof.primal - solution.value), `seed ${seed}`).toBeLessThan(1e-13);
      if (dimension === 1) {
        expect(Math.abs(transportOnLine({ p }).valueSync(x, y) - solution.value), `seed ${seed}`).toBeLessThan(1e-13);
      }
    }
  });

  it('gradients are those of central differences', () => {
    const [x, y] = [cloud(9, 2, 3), cloud(7, 2, 4)];
    const loss = exactTransport({ p });
    const both = loss.valueAndGradientsSync(x, y, { wrt: 'both' });
    x.points.forEach((_, k) => {
      const at = (h: number) => loss.valueSync(changed(x, 'points', k, h), y);
      expect(Math.abs((at(1e-6) - at(-1e-6)) / 2e-6 - both.x.points[k])).toBeLessThan(1e-7);
    });
    y.points.forEach((_, k) => {
      const at = (h: number) => loss.valueSync(x, changed(y, 'points', k, h));
      expect(Math.abs((at(1e-6) - at(-1e-6)) / 2e-6 - both.y.points[k])).toBeLessThan(1e-7);
    });
    const at = (h: number) => loss.valueSync(changed(changed(x, 'weights', 1, h), 'weights', 4, -h), y);
    expect(Math.abs((at(1e-7) - at(-1e-7)) / 2e-7 - (both.x.weights[1] - both.x.weights[4]))).toBeLessThan(1e-7);
  });
});

test('an assignment is the cheapest of all permutations', () => {
  const permutations = (list: number[]): number[][] =>
    list.length === 0
      ? [[]]
      : list.flatMap((one) => permutations(list.filter((other) => other !== one)).map((rest) => [one, ...rest]));
  for (let seed = 0; seed < 10; seed++) {
    const [x, y] = [cloud(6, 2, seed), cloud(6, 2, seed + 50)].map(({ points }) => ({ points, dimension: 2 }));
    const cost = costOf(2, 2, x.points, y.points);
    const least = Math.min(
      ...permutations([0, 1, 2, 3, 4, 5]).map((to) => to.reduce((sum, j, i) => sum + cost(i, j) / 6, 0)),
    );
    expect(Math.abs(exactTransport().valueSync(x, y) - least)).toBeLessThan(1e-15);
  }
});

test('a thousand points end, with a proof', async () => {
  const [x, y] = [cloud(1000, 3, 1), cloud(900, 3, 2, 0.2)];
  const { certificates, value, diagnostics } = await exactTransport().solve(x, y);
  expect(certificates[0].gap).toBeLessThan(1e-12 * value + 1e-13);
  expect(diagnostics.accurate).toBe(true);
});

test('few points against very many: all of one point goes everywhere', async () => {
  const { points } = cloud(200_000, 2, 7);
  const many = { points, dimension: 2 };
  const solution = await exactTransport({ p: 1 }).solve([[0.5, 0.5]], many);
  const lengths = Array.from({ length: 200_000 }, (_, j) => Math.hypot(points[2 * j] - 0.5, points[2 * j + 1] - 0.5));
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  expect(Math.abs(solution.value - mean)).toBeLessThan(1e-12);
  expect(solution.certificates[0].gap).toBeLessThan(1e-11);
  const few = exactTransport({ p: 1 }).solve(cloud(4, 2, 1), many, { signal: AbortSignal.timeout(200) });
  await expect(few).rejects.toThrow(/abort/);
});

test.each([
  [10, 40_000],
  [40_000, 10],
])('%i against %i points take few pivots, with a proof', async (n, m) => {
  const { certificates, value, diagnostics } = await exactTransport().solve(cloud(n, 2, 3), cloud(m, 2, 4));
  expect(certificates[0].gap).toBeLessThan(1e-11 * value);
  expect(certificates[0].infeasibility).toBeLessThan(1e-12);
  // Four times as many as there are points without a first tree from fewer of them.
  expect(diagnostics.iterations).toBeLessThan(20_000);
});

test('costs of your own, batches, and what is refused', () => {
  const manhattan = exactTransport({ cost: (x, y) => formula.sum(formula.abs(formula.sub(x, y))) });
  expect(manhattan.valueSync([[0, 0]], [[3, 4]])).toBe(7);
  const batch = exactTransport({ p: 1 }).valueSync(
    { data: [0, 1, 5, 2], shape: [2, 2, 1] },
    { data: [1, 3, 2, 5], shape: [2, 2, 1] },
  );
  expect([...batch]).toEqual([1.5, 0]);
  const many = { points: new Float64Array(2001), dimension: 1 };
  expect(() => exactTransport().valueSync(many, many)).toThrow(UnsupportedError);
  expect(() => exactTransport().valueSync([[0], [1]], { points: [0], dimension: 1, weights: [2] })).toThrow(
    /normalize: true/,
  );
  expect(() => exactTransport({ p: 0 })).toThrow(/p is 0/);
  expect(() => exactTransport().valueSync([[1e200]], [[-1e200]])).toThrow(/rescale/);
});
