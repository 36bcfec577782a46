import { cpu } from '@sinkhorn/backend-cpu';
import type { Backend } from '@sinkhorn/core';
import {
  energyDistance,
  formula,
  gaussianMmd,
  hausdorffDivergence,
  kernelMmd,
  type Loss,
  laplacianMmd,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { describe, expect, it } from 'vitest';
import { permutationTest } from '../src/permutationTest.js';
import { answers, backends, column, float32, float32Alone, float64, numbers, ofTable } from './smallSamples.js';

/** What the types forbid, as a caller without types may give it. */
const wrong = (value: unknown) => value as never;

/** The energy distance of numbers in one dimension, in float64. */
function energy(x: readonly number[], y: readonly number[]): number {
  const mean = (u: readonly number[], v: readonly number[]) =>
    u.reduce((all, a) => all + v.reduce((total, b) => total + Math.abs(a - b), 0), 0) / (u.length * v.length);
  return mean(x, y) - mean(x, x) / 2 - mean(y, y) / 2;
}

/** The share of all divisions that are at least as far apart, by going through the subsets. */
function enumerated(x: readonly number[], y: readonly number[], tie = 1e-12): number {
  const pool = [...x, ...y];
  const observed = energy(x, y);
  let [atLeast, all] = [0, 0];
  for (let bits = 0; bits < 2 ** pool.length; bits++) {
    const left = pool.filter((_, index) => (bits >> index) & 1);
    if (left.length !== x.length) continue;
    all++;
    const right = pool.filter((_, index) => !((bits >> index) & 1));
    if (energy(left, right) >= observed - tie) atLeast++;
  }
  return atLeast / all;
}

describe.each(backends)('exact p-values of the energy distance: %s', (_, backend) => {
  const loss = energyDistance({ backend });

  it.each([
    [30, 20, 30, 12],
    [23, 15, 23, 9],
    [41, 21, 41, 12],
    [11, 8, 11, 3],
    [50, 24, 70, 21],
  ])('%i answers with %i yes against %i with %i', async (n, kx, m, ky) => {
    const { pValue, exact } = await permutationTest(loss, answers(n, kx), answers(m, ky));
    expect(exact).toBe(true);
    expect(pValue).toBeCloseTo(ofTable(n, kx, m, ky), 12);
  });

  it.each(Array.from({ length: 10 }, (_, table) => table))('small table %i of whole numbers', async (table) => {
    const next = numbers(table + 1);
    const draw = (count: number, most: number) => Array.from({ length: count }, () => Math.floor(next() * most));
    const x = draw(3 + (table % 4), 4);
    const y = draw(4 + (table % 3), 6);
    const { pValue, exact } = await permutationTest(loss, column(x), column(y));
    expect(exact).toBe(true);
    expect(pValue).toBeCloseTo(enumerated(x, y), 12);
  });

  it.each([1, 2, 3])('small table %i of tenths, far from 0', async (table) => {
    const next = numbers(100 + table);
    const draw = () => Array.from({ length: 5 }, () => 1000 + Math.floor(next() * 5) / 10);
    const [x, y] = [draw(), draw()];
    expect((await permutationTest(loss, column(x), column(y))).pValue).toBeCloseTo(enumerated(x, y), 12);
  });

  it.each([1, 2, 3, 4, 5, 6])('small table %i of tiny numbers beside huge ones', async (table) => {
    const next = numbers(300 + table);
    const draw = () => Array.from({ length: 5 }, () => (next() < 0.5 ? 1 : 1e7) * Math.floor(next() * 3));
    const [x, y] = [draw(), draw()];
    const { pValue, exact } = await permutationTest(loss, column(x), column(y));
    expect(exact).toBe(true);
    expect(pValue).toBeCloseTo(enumerated(x, y, 1e-6), 12);
  });

  it('finds ties through a function, and where there are more tables than shuffles', async () => {
    const statistic = (permutations: number) =>
      permutationTest((a, b) => loss.value(a, b), answers(30, 20), answers(30, 12), { permutations, seed: 3 });
    expect((await statistic(999)).pValue).toBeCloseTo(ofTable(30, 20, 30, 12), 12);
    // Fewer shuffles than tables.
    const { pValue, exact } = await permutationTest(loss, answers(300, 160), answers(300, 140), { permutations: 199 });
    expect(exact).toBe(false);
    const share = ofTable(300, 160, 300, 140);
    expect(Math.abs(pValue - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 199) + 1 / 199);
  });

  it('gives 1 to identical samples', async () => {
    const next = numbers(7);
    const points = Array.from({ length: 60 }, () => [next(), next()]);
    for (const tested of [loss, gaussianMmd({ backend, blur: 0.3 })]) {
      expect((await permutationTest(tested, points, points, { permutations: 99 })).pValue).toBe(1);
    }
    const few = points.slice(0, 12);
    const sinkhorn = sinkhornDivergence({ backend, blur: 0.2 });
    expect((await permutationTest(sinkhorn, few, few, { permutations: 9 })).pValue).toBe(1);
  });

  it.each([
    ['whole numbers', (next: () => number) => Math.floor(next() * 3)],
    ['reals', (next: () => number) => next()],
  ])(
    'errs in no more cases than it says: 200 pairs from one law, %s',
    async (_, draw) => {
      const next = numbers(11);
      let rejected = 0;
      for (let pair = 0; pair < 200; pair++) {
        const sample = () => Array.from({ length: 15 }, () => [draw(next)]);
        const { pValue } = await permutationTest(loss, sample(), sample(), { permutations: 99, seed: pair });
        if (pValue <= 0.05) rejected++;
      }
      // Binomial, 200 at 0.05: 10 are expected, and 21 or more have probability 0.001. Ties make rejections fewer.
      expect(rejected).toBeLessThanOrEqual(20);
      expect(rejected).toBeGreaterThanOrEqual(2);
    },
    60_000,
  );

  const losses: [string, Loss][] = [
    ['energy', energyDistance({ backend })],
    ['gaussian', gaussianMmd({ backend, blur: 0.4 })],
    ['laplacian', laplacianMmd({ backend, blur: 0.4 })],
    ['a kernel of its own', kernelMmd({ backend, kernel: (x, y) => formula.dot(x, y) })],
  ];
  it.each(losses)('gives the values of the loss itself: %s', async (_, tested) => {
    const next = numbers(5);
    const cloud = (count: number) => ({
      points: Float32Array.from({ length: 3 * count }, () => next()),
      dimension: 3,
      weights: Float64Array.from({ length: count }, () => 0.5 + next()),
    });
    const normal = (measure: ReturnType<typeof cloud>) => {
      const total = measure.weights.reduce((sum, weight) => sum + weight, 0);
      return { ...measure, weights: measure.weights.map((weight) => weight / total) };
    };
    // 3 against 200 takes the way over the small side.
    for (const [n, m] of [
      [20, 25],
      [3, 200],
      [200, 3],
    ]) {
      const [x, y] = [normal(cloud(n)), normal(cloud(m))];
      const options = { permutations: 30, seed: 4 };
      const fast = await permutationTest(tested, x, y, options);
      const slow = await permutationTest((a, b) => tested.value(a, b), x, y, options);
      const precision = backend.precision === 'float32' ? 2e-6 : 1e-13;
      expect(Math.abs(fast.observed - slow.observed)).toBeLessThan(precision);
      expect(fast.permuted).toHaveLength(30);
      const apart = fast.permuted.map((value, k) => Math.abs(value - slow.permuted[k]));
      expect(Math.max(...apart)).toBeLessThan(precision);
      expect(fast.pValue).toBe(slow.pValue);
    }
  });
});

describe('losses that iterate', () => {
  const backend = cpu();
  const next = numbers(21);
  const cloud = (count: number, weighted: boolean) => ({
    points: Float64Array.from({ length: 2 * count }, () => next()),
    dimension: 2,
    ...(weighted && { weights: Float64Array.from({ length: count }, () => (1 + Math.abs(next())) / count) }),
  });
  const iterated: [string, Loss][] = [
    ['Sinkhorn', sinkhornDivergence({ backend, blur: 0.2 })],
    ['Sinkhorn, unbalanced', sinkhornDivergence({ backend, blur: 0.2, reach: 1 })],
    ['Hausdorff', hausdorffDivergence({ backend, blur: 0.2, reach: 1 })],
  ];

  it.each(iterated)('are computed for many shuffles in a call, with the p-value of one by one: %s', async (_, loss) => {
    let calls = 0;
    const counting = {
      ...loss,
      value: (...given: Parameters<Loss['value']>) => {
        calls++;
        return loss.value(...given);
      },
    } as Loss;
    for (const weighted of loss === iterated[0][1] ? [false] : [false, true]) {
      calls = 0;
      const [x, y] = [cloud(12, weighted), cloud(15, weighted)];
      const options = { permutations: 40, seed: 2 };
      const batched = await permutationTest(counting, x, y, options);
      const called = await permutationTest((a, b) => loss.value(a, b), x, y, options);
      // The observed one, 40 shuffles with it once more, and six for what rounding does to it.
      expect(calls).toBeLessThanOrEqual(9);
      expect(batched.observed).toBe(called.observed);
      batched.permuted.forEach((value, index) => {
        expect(Math.abs(value - called.permuted[index])).toBeLessThan(1e-3 * called.observed);
      });
      expect(batched.pValue).toBe(called.pValue);
    }
  });

  it('are computed one by one where there are no batches, as over cells', async () => {
    const [x, y] = [cloud(12, false), cloud(15, false)];
    const options = { permutations: 6, seed: 2 };
    const loss = sinkhornDivergence({ backend, blur: 0.2, strategy: 'multiscale' });
    const { observed, permuted } = await permutationTest(loss, x, y, options);
    expect(permuted).toHaveLength(6);
    const called = await permutationTest((a, b) => loss.value(a, b), x, y, options);
    expect(permuted).toEqual(called.permuted);
    expect(observed).toBe(called.observed);
  });
});

it('a point comes with its count where a loss compares shares', async () => {
  const next = numbers(8);
  const cloud = (count: number) => ({
    points: Float64Array.from({ length: 2 * count }, () => next()),
    dimension: 2,
    weights: Float64Array.from({ length: count }, () => 1 + Math.floor(5 * Math.abs(next()))),
  });
  const loss = energyDistance({ backend: cpu(), normalize: true });
  for (const [n, m] of [
    [20, 25],
    [3, 200],
  ]) {
    const [x, y] = [cloud(n), cloud(m)];
    const options = { permutations: 30, seed: 4 };
    const fast = await permutationTest(loss, x, y, options);
    const slow = await permutationTest((a, b) => loss.value(a, b), x, y, options);
    expect(fast.observed).toBeCloseTo(await loss.value(x, y), 12);
    fast.permuted.forEach((value, index) => {
      expect(value).toBeCloseTo(slow.permuted[index], 12);
    });
    expect(fast.pValue).toBe(slow.pValue);
  }
});

describe('one sample alone with weights', () => {
  const x = { points: [0, 0, 1, 4], dimension: 1 };
  const y = { points: [1, 0, 3, 5, 6], dimension: 1 };
  const all = { permutations: 200 };
  const ofLosses = (backend: Backend) => [
    energyDistance({ backend, normalize: true }),
    sinkhornDivergence({ backend, blur: 0.5, normalize: true }),
  ];

  it.each(backends)('counts are beside points that count once, %s', async (_, backend) => {
    for (const loss of ofLosses(backend)) {
      const counts = { ...x, weights: [3, 2, 1, 1] };
      const { pValue } = await permutationTest(loss, counts, y, all);
      expect(pValue).toBe((await permutationTest(loss, counts, { ...y, weights: [1, 1, 1, 1, 1] }, all)).pValue);
      expect(pValue).toBe((await permutationTest(loss, y, counts, all)).pValue);
    }
  });

  it.each(backends)('equal weights of any size are no weights, %s', async (_, backend) => {
    for (const loss of ofLosses(backend)) {
      const { pValue, permuted } = await permutationTest(loss, x, y, all);
      for (const weight of [1, 0.1, 0.25]) {
        const even = { ...x, weights: [weight, weight, weight, weight] };
        const found = await permutationTest(loss, even, y, all);
        expect([found.pValue, found.permuted.length]).toEqual([pValue, permuted.length]);
        expect(found.observed).toBeCloseTo(await loss.value(even, y), 5);
      }
    }
  });
});

describe('permutationTest of a loss', () => {
  const backend = cpu();
  const loss = energyDistance({ backend });

  it('takes the three forms of a measure', async () => {
    const rows = await permutationTest(loss, [[0], [1], [3]], [[2], [7]]);
    const points = await permutationTest(loss, { points: [0, 1, 3], dimension: 1 }, { points: [2, 7], dimension: 1 });
    const shaped = await permutationTest(loss, { data: [0, 1, 3], shape: [3, 1] }, { data: [2, 7], shape: [2, 1] });
    expect(points).toEqual(rows);
    expect(shaped).toEqual(rows);
  });

  it.each([
    ['NaN', () => permutationTest(loss, [[Number.NaN]], [[1]]), 'INVALID_MEASURE', /x: coordinate 0 of point 0 is NaN/],
    ['dimensions', () => permutationTest(loss, [[0, 1]], [[1]]), 'INVALID_MEASURE', /dimension 2 .* dimension 1/],
    ['a batch', () => permutationTest(loss, { data: [0], shape: [1, 1, 1] }, [[1]]), 'INVALID_MEASURE', /x is a batch/],
    ['no loss', () => permutationTest({} as Loss, [[0]], [[1]]), 'INVALID_OPTION', /neither a loss nor a function/],
    [
      'permutations',
      () => permutationTest(loss, [[0]], [[1]], { permutations: 0 }),
      'INVALID_OPTION',
      /permutations is 0/,
    ],
    ['seed', () => permutationTest(loss, [[0]], [[1]], { seed: 0.5 }), 'INVALID_OPTION', /seed is 0.5/],
    [
      'a misspelt option',
      () => permutationTest(loss, [[0]], [[1]], { permutation: 9 } as object),
      'INVALID_OPTION',
      /no option 'permutation'/,
    ],
    [
      'weights of 0',
      () => permutationTest(loss, { points: [0, 1, 2], dimension: 1, weights: [0, 0, 1] }, [[1], [2]]),
      'INVALID_MEASURE',
      /x\.weights\[0\] is 0/,
    ],
    [
      'options of null',
      () => permutationTest(loss, [[0]], [[1]], wrong(null)),
      'INVALID_OPTION',
      /options is null: give/,
    ],
    [
      'a signal that is none',
      () => permutationTest(loss, [[0]], [[1]], { signal: wrong('stop') }),
      'INVALID_OPTION',
      /signal is no AbortSignal/,
    ],
    [
      'progress to what is no function',
      () => permutationTest(loss, [[0]], [[1]], { onProgress: wrong(3) }),
      'INVALID_OPTION',
      /onProgress is 3: give a function/,
    ],
    ['a statistic of NaN', () => permutationTest(async () => Number.NaN, [[0]], [[1]]), 'INVALID_OPTION', /gave NaN/],
  ])('refuses %s', async (_, call, code, message) => {
    await expect(call()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('hears an abort inside a statistic', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 20);
    const never = () => new Promise<number>(() => {});
    await expect(permutationTest(never, [[0]], [[1]], { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('hears an abort where so many shuffles are wanted that all divisions could be counted', async () => {
    const points = { points: Float64Array.from({ length: 20 }, numbers(5)), dimension: 1 };
    const other = { points: Float64Array.from({ length: 20 }, numbers(6)), dimension: 1 };
    const options = { permutations: 1e11, signal: AbortSignal.timeout(20) };
    await expect(permutationTest(loss, points, other, options)).rejects.toThrow(/timeout/);
  });

  it('hears an abort between the passes of a kernel norm', async () => {
    const next = numbers(3);
    const cloud = () => ({ points: Float64Array.from({ length: 400 * 40 }, next), dimension: 40 });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 20);
    const running = permutationTest(loss, cloud(), cloud(), { permutations: 1e5, signal: controller.signal });
    await expect(running).rejects.toThrow('enough');
  });
});

describe('p-values of many points, whose rounding in float32 is as large as what chance makes', () => {
  const samples = (seed: number, countX: number, countY: number) => {
    const next = numbers(seed);
    const draw = (count: number, shift: number) =>
      Array.from({ length: count }, () => [next() + next() + shift, next() + next(), next()]);
    return [draw(countX, 0), draw(countY, 0.01)] as const;
  };
  const losses: [string, (backend: Backend) => Loss][] = [
    ['energy', (backend) => energyDistance({ backend })],
    ['gaussian', (backend) => gaussianMmd({ backend, blur: 0.5 })],
    ['laplacian', (backend) => laplacianMmd({ backend, blur: 0.5 })],
  ];

  it.each(losses)('are those of float64: %s', async (_, make) => {
    for (const [seed, x, y] of [1, 2].map((seed) => [seed, ...samples(seed, 1200, 1300)] as const)) {
      const { pValue } = await permutationTest(make(float64), x, y, { permutations: 99, seed });
      for (const backend of [float32, float32Alone])
        expect((await permutationTest(make(backend), x, y, { permutations: 99, seed })).pValue).toBe(pValue);
    }
  });

  it('are those of float64 where one sample is small, and where points have weights', async () => {
    const [x, y] = samples(5, 12, 3000);
    const weighted = (points: readonly number[][]) => ({ points, weights: points.map((_, k) => 1 + (k % 3)) });
    const ofX = { points: x, weights: x.map(() => 1 / 12) };
    for (const [left, right] of [
      [x, y],
      [ofX, { points: y, weights: y.map(() => 1 / 3000) }],
      [weighted(x.slice(0, 4)), weighted(y.slice(0, 4))],
    ] as const) {
      const p = async (backend: Backend) =>
        (await permutationTest(energyDistance({ backend, normalize: true }), left, right, { permutations: 99 })).pValue;
      const wanted = await p(float64);
      expect(await p(float32)).toBe(wanted);
      expect(await p(float32Alone)).toBe(wanted);
    }
  });

  it('are no smaller for a kernel of your own without float64, and the same with it or with few points', async () => {
    const make = (backend: Backend) =>
      kernelMmd({ backend, kernel: (a, b) => formula.exp(formula.neg(formula.distance(a, b))) });
    const p = async (backend: Backend, x: number[][], y: number[][]) =>
      (await permutationTest(make(backend), x, y, { permutations: 99 })).pValue;
    const [x, y] = samples(7, 1000, 1000);
    const wanted = await p(float64, x, y);
    expect(await p(float32, x, y)).toBe(wanted);
    expect(await p(float32Alone, x, y)).toBeGreaterThanOrEqual(wanted);
    const few = [x.slice(0, 200), y.slice(0, 200)] as const;
    expect(await p(float32Alone, ...few)).toBe(await p(float64, ...few));
  });
});
