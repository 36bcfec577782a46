import { readFileSync } from 'node:fs';
import { InvalidMeasureError, InvalidOptionError } from '@sinkhorn/core';
import { type Gaussian, gaussianBarycenter, gaussianTransport } from '@sinkhorn/losses/gaussian';
import { describe, expect, it, test } from 'vitest';

interface PairCase {
  id: string;
  blur: number;
  mean_x: number[];
  covariance_x: number[][];
  mean_y: number[];
  covariance_y: number[][];
  bures: { value: number; map: number[][]; grad_mean_x: number[]; grad_covariance_x: number[][] };
  entropic: {
    S: number;
    grad_mean_x: number[];
    grad_covariance_x: number[][];
    conditional_mean_ab: number[][];
    conditional_mean_aa: number[][];
  };
}
interface BarycenterCase {
  id: string;
  blur: number;
  means: number[][];
  covariances: number[][][];
  weights: number[];
  mean: number[];
  bures_covariance: number[][];
  bures_objective: number;
  entropic_covariance: number[][];
  entropic_objective: number;
}
const file = new URL('../reference/gaussian_labels.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: object[] };
const pairs = cases.filter((one): one is PairCase => 'covariance_x' in one);
const barycenters = cases.filter((one): one is BarycenterCase => 'means' in one);

const apart = (found: ArrayLike<number>, wanted: readonly number[] | readonly (readonly number[])[]) => {
  const flat = wanted.flat() as number[];
  expect(found.length).toBe(flat.length);
  return Array.from(found, (value, k) => Math.abs(value - flat[k])).reduce((a, b) => Math.max(a, b), 0);
};

describe.each(pairs)('$id', ({ blur, mean_x, covariance_x, mean_y, covariance_y, bures, entropic }) => {
  const x = { mean: mean_x, covariance: covariance_x };
  const y = { mean: mean_y, covariance: covariance_y };

  it('has the distance, the map and the gradients of Bures and Wasserstein', () => {
    const { value, conditionalMean, gradients, map } = gaussianTransport(x, y);
    expect(Math.abs(value - bures.value)).toBeLessThan(1e-13);
    expect(apart(conditionalMean, bures.map)).toBeLessThan(1e-11);
    expect(apart(gradients.x.mean, bures.grad_mean_x)).toBeLessThan(1e-14);
    expect(apart(gradients.x.covariance, bures.grad_covariance_x)).toBeLessThan(1e-11);
    expect(apart(map(mean_x), mean_y)).toBeLessThan(1e-15);
  });

  it('has the Sinkhorn divergence, its conditional means and gradients', () => {
    const { value, conditionalMean, gradients } = gaussianTransport(x, y, { blur });
    expect(Math.abs(value - entropic.S)).toBeLessThan(1e-13);
    expect(apart(conditionalMean, entropic.conditional_mean_ab)).toBeLessThan(1e-12);
    expect(apart(gradients.x.mean, entropic.grad_mean_x)).toBeLessThan(1e-14);
    expect(apart(gradients.x.covariance, entropic.grad_covariance_x)).toBeLessThan(1e-12);
    expect(apart(gaussianTransport(x, x, { blur }).conditionalMean, entropic.conditional_mean_aa)).toBeLessThan(1e-12);
  });

  it.each([0, blur])('has the derivatives of its value on both sides: blur %f', (at) => {
    const { gradients } = gaussianTransport(x, y, { blur: at });
    const h = 1e-4;
    const size = mean_x.length;
    const slope = (change: (by: number) => number) => (change(h) - change(-h)) / (2 * h);
    for (const [i, j] of [
      [0, 0],
      [size - 1, 0],
      [size - 1, size - 1],
    ]) {
      const moved = (of: Gaussian, by: number): Gaussian => {
        const covariance = (of.covariance as number[][]).map((row) => [...row]);
        covariance[i][j] += by / 2;
        covariance[j][i] += by / 2;
        return { mean: of.mean, covariance };
      };
      const ofX = slope((by) => gaussianTransport(moved(x, by), y, { blur: at }).value);
      const ofY = slope((by) => gaussianTransport(x, moved(y, by), { blur: at }).value);
      expect(Math.abs(ofX - gradients.x.covariance[i * size + j])).toBeLessThan(1e-6);
      expect(Math.abs(ofY - gradients.y.covariance[i * size + j])).toBeLessThan(1e-6);
    }
  });

  it('maps one covariance to the other', () => {
    const { conditionalMean: m } = gaussianTransport(x, y);
    const size = mean_x.length;
    const times = (u: ArrayLike<number>, v: ArrayLike<number>) =>
      Array.from({ length: size * size }, (_, k) => {
        let total = 0;
        for (let l = 0; l < size; l++) total += u[Math.floor(k / size) * size + l] * v[l * size + (k % size)];
        return total;
      });
    expect(apart(times(times(m, covariance_x.flat()), m), covariance_y)).toBeLessThan(1e-11);
  });
});

describe.each(barycenters)('$id', ({ blur, means, covariances, weights, mean, ...wanted }) => {
  const gaussians = means.map((each, k) => ({ mean: each, covariance: covariances[k] }));
  it.each([
    ['exact', 0, wanted.bures_covariance, wanted.bures_objective],
    ['entropic', blur, wanted.entropic_covariance, wanted.entropic_objective],
  ])('%s', (_, at, covariance, objective) => {
    const found = gaussianBarycenter(gaussians, { weights, blur: at });
    expect(found.converged).toBe(true);
    expect(apart(found.mean, mean)).toBeLessThan(1e-15);
    expect(apart(found.covariance, covariance)).toBeLessThan(1e-11);
    expect(Math.abs(found.value - objective)).toBeLessThan(1e-13);
  });
});

describe('gaussianTransport', () => {
  const plane = (a: number, b: number, c: number): Gaussian => ({ mean: [0, 0], covariance: [a, b, b, c] });

  it('is 0 between equal Gaussians, and the distance of means between points', () => {
    for (const blur of [0, 1e-3, 1, 100]) {
      expect(gaussianTransport(plane(2, 1, 1), plane(2, 1, 1), { blur }).value).toBeLessThan(1e-14);
      const there = gaussianTransport(
        { mean: [0, 0], covariance: [0, 0, 0, 0] },
        { mean: [3, 4], covariance: [0, 0, 0, 0] },
        { blur },
      );
      expect(there.value).toBe(12.5);
      expect(Array.from(there.map([0, 0]))).toEqual([3, 4]);
    }
  });

  it('goes from the exact distance to that of means as the blur grows', () => {
    const [x, y] = [plane(1, 0.3, 2), plane(4, -1, 1)];
    const exact = gaussianTransport(x, y).value;
    expect(Math.abs(gaussianTransport(x, y, { blur: 1e-3 }).value - exact)).toBeLessThan(1e-5);
    expect(gaussianTransport(x, y, { blur: 1e4 }).value).toBeLessThan(1e-6);
  });

  it('has a map from a wide Gaussian to a flat one, and none back but with a blur', () => {
    const [wide, flat] = [plane(1, 0, 1), plane(4, 0, 0)];
    expect(Array.from(gaussianTransport(wide, flat).map([1, 1]))).toEqual([2, 0]);
    expect(gaussianTransport(flat, wide).value).toBeCloseTo(0.5 * (1 + 1), 14);
    expect(() => gaussianTransport(flat, wide).map([1, 1])).toThrow(/x\.covariance has no width.*diagonal/);
    expect(Array.from(gaussianTransport(flat, wide, { blur: 0.1 }).map([1, 1])).every(Number.isFinite)).toBe(true);
  });

  const wrong: [string, unknown, RegExp][] = [
    ['nothing', undefined, /y is no Gaussian/],
    ['no mean', { mean: [], covariance: [] }, /y\.mean is empty/],
    ['another dimension', { mean: [0], covariance: [1] }, /y has dimension 1, not 2/],
    ['NaN', { mean: [0, Number.NaN], covariance: [1, 0, 0, 1] }, /y\.mean\[1\] is NaN/],
    ['a covariance of another size', { mean: [0, 0], covariance: [1, 0, 1] }, /3 numbers: give 2 x 2/],
    ['rows of another size', { mean: [0, 0], covariance: [[1, 0], [1]] }, /covariance\[1\] has 1/],
    [
      'infinity',
      {
        mean: [0, 0],
        covariance: [
          [1, 0],
          [0, Infinity],
        ],
      },
      /covariance\[1\]\[1\] is Infinity/,
    ],
    ['no symmetry', { mean: [0, 0], covariance: [1, 0.5, 0, 1] }, /not symmetric.*\[0\]\[1\]/],
    ['a negative eigenvalue', { mean: [0, 0], covariance: [1, 2, 2, 1] }, /eigenvalue -0?\.?9?.*diagonal/],
  ];
  test.each(wrong)('refuses %s', (_, y, message) => {
    expect(() => gaussianTransport(plane(1, 0, 1), y as Gaussian)).toThrow(message);
    expect(() => gaussianTransport(plane(1, 0, 1), y as Gaussian)).toThrow(InvalidMeasureError);
  });

  it('refuses options that are none', () => {
    const x = plane(1, 0, 1);
    expect(() => gaussianTransport(x, x, { blur: -1 })).toThrow(/blur is -1/);
    expect(() => gaussianTransport(x, x, { p: 1 } as object)).toThrow(InvalidOptionError);
    expect(() => gaussianTransport(x, x).map([1])).toThrow(/give 2 for each point/);
    expect(() => gaussianBarycenter([])).toThrow(/gaussians is no list/);
    expect(() => gaussianBarycenter([x], { weights: [0] })).toThrow(/weights\[0\] is 0/);
    expect(() => gaussianBarycenter([x, x], { weights: [1] })).toThrow(/weights has 1/);
    expect(() => gaussianBarycenter([x], { maxIterations: 0 })).toThrow(/maxIterations is 0/);
  });

  it('has barycenters of data whose coordinates do not all vary', () => {
    const turned = (a: number) => plane(a / 2, a / 2, a / 2);
    for (const [of, covariance] of [
      [(a: number) => plane(a, 0, 0), [4, 0, 0, 0]],
      [turned, [2, 2, 2, 2]],
    ] as const) {
      const found = gaussianBarycenter([of(1), of(9)]);
      expect(apart(found.covariance, covariance)).toBeLessThan(1e-13);
      expect(found.value).toBeCloseTo(0.5, 13);
      expect(found.converged).toBe(true);
    }
    const between = gaussianBarycenter([
      { mean: [0], covariance: [0] },
      { mean: [4], covariance: [0] },
    ]);
    expect([between.mean[0], between.covariance[0], between.value, between.converged]).toEqual([2, 0, 2, true]);
  });

  it('of one Gaussian alone has it as barycenter, and of many the same in any order', () => {
    const x = plane(2, 0.4, 1);
    expect(apart(gaussianBarycenter([x]).covariance, [2, 0.4, 0.4, 1])).toBeLessThan(1e-14);
    const others = [x, plane(1, -0.5, 3), plane(0.1, 0, 0.2)];
    const [one, two] = [others, others.toReversed()].map((list) => gaussianBarycenter(list, { blur: 0.3 }));
    expect(apart(one.covariance, Array.from(two.covariance))).toBeLessThan(1e-13);
  });
});

test('eigenvalues of a hundred coordinates: needles, and directions without any width', () => {
  const size = 100;
  let seed = 1;
  const draw = () => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647 - 0.5;
  };
  const factor = Array.from({ length: size * 40 }, draw);
  const covariance = Array.from({ length: size * size }, (_, k) => {
    let total = 0;
    for (let c = 0; c < 40; c++) total += factor[Math.floor(k / size) * 40 + c] * factor[(k % size) * 40 + c];
    return total;
  });
  const x = { mean: new Float64Array(size), covariance };
  const twice = { mean: new Float64Array(size), covariance: covariance.map((value) => 4 * value) };
  const trace = covariance.reduce((sum, value, k) => sum + (k % (size + 1) === 0 ? value : 0), 0);
  // Twice as wide in every direction: half of the trace of (2 - 1)^2 A.
  expect(gaussianTransport(x, twice).value).toBeCloseTo(trace / 2, 4);
  expect(gaussianTransport(x, x, { blur: 0.1 }).value).toBeLessThan(1e-10);
});
