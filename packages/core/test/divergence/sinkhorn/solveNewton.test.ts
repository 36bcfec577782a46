import { cpu } from '@sinkhorn/backend-cpu';
import { checkMeasure, powerCost, runSync, type SinkhornOptions, solveSinkhorn } from '@sinkhorn/core';
import { describe, expect, test } from 'vitest';
import { solveNewton } from '../../../src/divergence/sinkhorn/solveNewton.js';
import { draws } from '../../support/draws.js';

const backend = cpu();

const optionsWith = (changes: Partial<SinkhornOptions>): SinkhornOptions => ({
  cost: powerCost(changes.homogeneous === false ? 2 : ((changes.p ?? 2) as 1 | 2)),
  p: 2,
  homogeneous: true,
  blur: 0.1,
  reach: { x: Number.POSITIVE_INFINITY, y: Number.POSITIVE_INFINITY },
  scaling: 0.5,
  debias: true,
  tolerance: 1e-3,
  maxIterations: 5000,
  ...changes,
});

const cloud = (name: string, count: number, dimension: number, seed: number, weights?: ArrayLike<number>) =>
  checkMeasure(name, { points: Float64Array.from(draws(count * dimension, seed)), dimension, weights });

function solved(pair: Parameters<typeof solveNewton>[0], options: SinkhornOptions) {
  const result = runSync(solveNewton(pair, options));
  if (!result) throw new Error('it was to be solved');
  return result;
}

const close = (found: ArrayLike<number>, truth: ArrayLike<number>, tolerance: number) => {
  const size = Math.hypot(...Array.from(truth));
  const error = Math.hypot(...Array.from(found, (value, k) => value - truth[k]));
  expect(error / size).toBeLessThan(tolerance);
};

describe('solves on the host what sweeps solve on a backend, whatever', () => {
  const pair = { x: cloud('x', 25, 2, 1), y: cloud('y', 31, 2, 2) };
  const uneven = {
    x: cloud('x', 12, 3, 3, [0, 1e-9, 3, 2, 0, 1, 5, 1e-3, 1, 1, 2, 0]),
    y: cloud(
      'y',
      15,
      3,
      4,
      Array.from({ length: 15 }, (_, j) => (j % 4 === 0 ? 0 : 1.2 + j / 20)),
    ),
  };
  test.each<[string, typeof pair, Partial<SinkhornOptions>]>([
    ['balanced', pair, {}],
    ['without debiasing', pair, { debias: false }],
    ['p = 1', pair, { p: 1 }],
    ['a wide blur', pair, { blur: 20 }],
    ['reach', uneven, { reach: { x: 0.5, y: 0.5 } }],
    ['reach on one side, and masses of 15 and 14', uneven, { reach: { x: 0.7, y: Number.POSITIVE_INFINITY } }],
    ['a formula for a cost', pair, { homogeneous: false }],
  ])('%s', (_name, measures, changes) => {
    const options = optionsWith({ ...changes, tolerance: 1e-13 });
    const found = solved(measures, options);
    const truth = runSync(solveSinkhorn(backend, measures, options, ['x', 'y']));
    expect(Math.abs(found.values[0] / truth.values[0] - 1)).toBeLessThan(1e-8);
    close(found.potentials.f_ba, truth.potentials.f_ba, 1e-8);
    for (const side of ['x', 'y'] as const) {
      close(found.gradients[side]?.points ?? [], truth.gradients[side]?.points ?? [], 1e-7);
    }
    expect(found.method).toBe('newton');
    expect(found.errors.value).toBeLessThan(1e-6);
  });
});

describe('mass between far clusters', () => {
  const near = (centre: number, seed: number) => Array.from(draws(8, seed), (value) => centre + value / 100);

  test.each([1e-2, 4e-4, 1e-6])('that differ by %f moves from one to the other', (difference) => {
    const weights = (first: number) => [...Array(8).fill(first / 8), ...Array(8).fill((1 - first) / 8)];
    const pair = {
      x: checkMeasure('x', {
        points: [...near(0, 1), ...near(1, 2)],
        dimension: 1,
        weights: weights(0.5 + difference),
      }),
      y: checkMeasure('y', { points: [...near(0, 3), ...near(1, 4)], dimension: 1, weights: weights(0.5) }),
    };
    const { values, marginalError, errors } = solved(pair, optionsWith({ blur: 0.02 }));
    expect(marginalError).toBeLessThan(1e-8);
    // The same mass over the same distance, but for what happens within the clusters.
    const within = solved(
      { ...pair, x: checkMeasure('x', { points: pair.x.points, dimension: 1, weights: weights(0.5) }) },
      optionsWith({ blur: 0.02 }),
    );
    const moved = values[0] - within.values[0];
    expect(moved / difference).toBeGreaterThan(0.45);
    expect(moved / difference).toBeLessThan(0.55);
    expect(errors.value).toBeLessThan(1e-6);
  });

  test('an outlier far away does not hide what is near', () => {
    const points = Array.from(draws(20, 5));
    const pair = {
      x: checkMeasure('x', { points: [...points, 999_999], dimension: 1 }),
      y: checkMeasure('y', { points: [...points.map((value) => value + 0.25), 999_999], dimension: 1 }),
    };
    const { gradients, errors } = solved(pair, optionsWith({ blur: 0.05 }));
    // Every point but the last is to go the same way.
    const found = gradients.x?.points.subarray(0, 20) ?? [];
    for (const slope of found) expect(slope).toBeCloseTo(-0.25 / 21, 5);
    // Costs of 5e11 leave 1e-4 of potentials, of which the temperature is 25 times as much: that is told.
    const off = Math.hypot(...Array.from(found, (slope) => slope + 0.25 / 21)) / Math.hypot(...found);
    expect(errors.gradient).toBeGreaterThan(off / 2);
  });
});

describe('groups of points that are very far from each other', () => {
  const near = [2.2, 2.3, 2.8, 3.5, 0.94, 4.08, 1.7, 0.2];
  const across = [5.7, 18.1, 3.7, 21.7, 14.9, 51.4, 9.5, 30.2];
  const at = (points: readonly number[], far: number) => points.map((value, k) => (k % 2 === 1 ? value + far : value));
  // Each group's own plan is that of the group alone, and the value is their mean.
  test.each([1e8, 1e10, 1e12])('%f units: values and gradients are those of the groups alone', (far) => {
    const options = optionsWith({ blur: 0.5, tolerance: 1e-9 });
    // A multiple of 2^20 is added without rounding.
    const away = 2 ** Math.round(Math.log2(far));
    const scale = 2 ** 20;
    const whole = (points: readonly number[]) => points.map((value) => Math.round(value * scale) / scale);
    const pair = {
      x: checkMeasure('x', { points: [...near, ...at(whole(near), 0), ...at([2, 3], away)], dimension: 2 }),
      y: checkMeasure('y', { points: [...across, ...at(whole(across), 0), ...at([7, 5], away)], dimension: 2 }),
    };
    const twice = {
      x: checkMeasure('x', { points: [...near, ...whole(near)], dimension: 2 }),
      y: checkMeasure('y', { points: [...across, ...whole(across)], dimension: 2 }),
    };
    const [found, expected] = [solved(pair, options), solved(twice, options)];
    const [lone, share] = [(5 ** 2 + 2 ** 2) / 2, 8 / 9];
    expect(found.values[0]).toBeCloseTo(share * expected.values[0] + (1 - share) * lone, 6);
    close(
      found.gradients.x?.points.subarray(0, 16) ?? [],
      (expected.gradients.x?.points ?? []).map((v) => v * share),
      1e-8,
    );
    expect(found.converged).toBe(true);
  });
});

describe('a warm start', () => {
  test.each([
    [13, 1e-4, 0.01],
    [60, 1e-4, 0.01],
    [100, 3e-3, 0.01],
    [200, 1e-4, 1e-3],
    [60, 0.01, 0.1],
    [60, 0.01, 1e-4],
  ])('of %i points at blur %f that moved by %f takes hardly more passes than a cold one', (count, blur, move) => {
    const options = optionsWith({ blur });
    const x = cloud('x', count, 2, 1);
    const y = cloud('y', count, 2, 2);
    const steps = draws(2 * count, 3);
    const moved = checkMeasure('x', {
      points: x.points.map((value, k) => value + move * (steps[k] - 0.5)),
      dimension: 2,
    });
    const { iterates } = solved({ x, y }, options);
    const cold = solved({ x: moved, y }, options);
    const warm = runSync(solveNewton({ x: moved, y }, options, { iterates }));
    expect(warm?.converged).toBe(true);
    expect(warm?.reductions).toBeLessThanOrEqual(1.5 * cold.reductions);
    expect(Math.abs((warm?.values[0] ?? 0) / cold.values[0] - 1)).toBeLessThan(1e-9);
  });
});

test('a list of the pairs that count gives what all pairs give, and far fewer of them', () => {
  // 600 x 600 pairs are too many to be kept all.
  const pair = { x: cloud('x', 600, 2, 7), y: cloud('y', 600, 2, 8) };
  const options = optionsWith({ blur: 0.01, debias: false });
  const warm = runSync(solveSinkhorn(backend, pair, { ...options, blur: 0.04, tolerance: 1e-2 }));
  const result = runSync(
    solveNewton(pair, options, { iterates: warm.iterates, epsilons: [0.04 ** 2, 0.02 ** 2, 0.01 ** 2] }),
  );
  expect(result?.marginalError).toBeLessThan(1e-8);
  expect(result?.reductions).toBeLessThan(30);
  const { f_ba = new Float64Array(), g_ab = new Float64Array() } = result?.potentials ?? {};
  // The rows' marginals, by a loop.
  let error = 0;
  for (let i = 0; i < 600; i++) {
    let mass = 0;
    for (let j = 0; j < 600; j++) {
      const square =
        (pair.x.points[2 * i] - pair.y.points[2 * j]) ** 2 + (pair.x.points[2 * i + 1] - pair.y.points[2 * j + 1]) ** 2;
      mass += Math.exp((f_ba[i] + g_ab[j] - square / 2) / 1e-4) / 600;
    }
    error += Math.abs(mass - 1) / 600;
  }
  expect(error).toBeLessThan(1e-7);
});

test('a measure from itself is at a distance of 0, and a batch is solved one by one', () => {
  const x = cloud('x', 9, 2, 1);
  expect(solved({ x, y: x }, optionsWith({})).values[0]).toBe(0);
  const points = (seeds: number[]) => Float64Array.from(seeds.flatMap((seed) => [...draws(10, seed)]));
  const batched = (name: string, seeds: number[]) =>
    checkMeasure(name, { data: points(seeds), shape: [seeds.length, 5, 2] });
  const both = solved({ x: batched('x', [1, 2]), y: batched('y', [3, 4]) }, optionsWith({}));
  const second = solved({ x: batched('x', [2]), y: batched('y', [4]) }, optionsWith({}));
  expect(both.values[1]).toBeCloseTo(second.values[0], 12);
});
