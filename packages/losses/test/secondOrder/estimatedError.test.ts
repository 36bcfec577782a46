import { type Backend, energyDistance, formula, gaussianMmd, kernelMmd, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { directionOf, relative } from '../support/directions.js';
import { backend, float32Alone } from './problems.js';

const { add, div, squaredDistance } = formula;

let single: Backend;
beforeAll(async () => {
  single = await float32Alone();
});
afterAll(() => single.dispose());

const withoutMean = (values: Float64Array) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
};

/** One to three parts that lie apart, of the same masses in both clouds, so that next to nothing goes from one to another. */
function parts(seed: number): {
  from: TestCloud;
  to: TestCloud;
  along: { points: Float64Array; weights: Float64Array };
} {
  const next = random(seed);
  const [count, gap, dimension] = [1 + (seed % 3), 0.3 + 0.9 * next(), 1 + (seed % 2)];
  const one = (size: number, by: number): TestCloud => {
    const points = Float64Array.from(
      { length: size * dimension },
      (_, k) => 0.4 * next() + (k % dimension === 0 ? (Math.floor(k / dimension) % count) * gap + by : 0),
    );
    const raw = Float64Array.from({ length: size }, () => 0.2 + next());
    const masses = Array.from({ length: count }, (_, part) =>
      raw.reduce((sum, weight, i) => sum + (i % count === part ? weight : 0), 0),
    );
    return { points, dimension, weights: raw.map((weight, i) => weight / masses[i % count] / count) };
  };
  const [from, to] = [one(6 + (seed % 7), 0), one(7 + (seed % 4), 0.05)];
  const weights = seed % 3 ? from.weights.map(() => 0) : withoutMean(from.weights.map(() => 0.01 * next()));
  return { from, to, along: { points: from.points.map(() => next() - 0.5), weights } };
}

test('the estimated error is about that of products, by sweeps too, and what is determined is right', async () => {
  const ratios: number[] = [];
  let told = 0;
  for (let seed = 1; seed <= 45; seed++) {
    const { from, to, along } = parts(seed);
    const common = {
      backend,
      blur: [0.05, 0.1, 0.2, 0.3][seed % 4],
      p: seed % 5 ? 2 : 1,
      debias: seed % 2 === 0,
      onInaccurate: 'ignore',
    } as const;
    const exactly = await sinkhornDivergence({ ...common, method: 'newton', tolerance: 1e-13 }).solve(from, to);
    const wanted = await exactly.hessianVectorProduct(along, { tolerance: 1e-12 });
    if (!wanted.diagnostics.determined) continue;
    for (const [tolerance, maxIterations] of [
      [1e-2, 5],
      [1e-3, 20],
      [1e-3, 3000],
      [1e-6, 3000],
    ]) {
      const options = { ...common, method: 'alternating', tolerance, maxIterations } as const;
      const found = await (await sinkhornDivergence(options).solve(from, to)).hessianVectorProduct(along);
      const [a, b] = [found, wanted].map(({ weights }) => withoutMean(weights));
      const error = Math.max(relative(found.points, wanted.points), relative(a, b));
      const { determined, estimatedError } = found.diagnostics;
      if (!determined) {
        told += 1;
        continue;
      }
      expect(error, `seed ${seed}, tolerance ${tolerance}`).toBeLessThan(0.1);
      ratios.push(error / estimatedError);
    }
  }
  ratios.sort((one, other) => one - other);
  expect(told).toBeGreaterThan(10);
  expect(ratios.length).toBeGreaterThan(60);
  // Seldom below the error, of potentials that hardly move by ten times; and not far above it as a rule.
  expect(ratios[Math.floor(0.95 * ratios.length)]).toBeLessThan(2);
  expect(ratios.at(-1)).toBeLessThan(15);
  expect(ratios[ratios.length >> 1]).toBeGreaterThan(0.05);
});

describe('of kernel norms', () => {
  const along = (one: TestCloud, seed: number) => ({ points: directionOf(one, seed).points });
  const shifted = (one: TestCloud, by: number): TestCloud => ({
    ...one,
    points: one.points.map((value) => value + by),
  });

  test('float32 is told where forces cancel', async () => {
    const x = cloud(600, 2, 1);
    for (const by of [1, 0.1, 0.01]) {
      const norm = (on: Backend) =>
        gaussianMmd({ backend: on, blur: 3, onInaccurate: 'ignore' }).solve(x, shifted(x, by));
      const exactly = await (await norm(backend)).hessianVectorProduct(along(x, 3));
      const rounded = await (await norm(single)).hessianVectorProduct(along(x, 3));
      const error = relative(rounded.points, exactly.points);
      expect(exactly.diagnostics.estimatedError, `${by}`).toBeLessThan(1e-8);
      expect(rounded.diagnostics.estimatedError, `${by}`).toBeGreaterThan(error);
      expect(rounded.diagnostics.estimatedError, `${by}`).toBeLessThan(100 * error);
    }
  });

  test.each([
    [
      'points next to each other, where the kernel has a kink',
      (on: Backend) => energyDistance({ backend: on }),
      1e-4,
      0,
    ],
    [
      'a kernel of your own that sees large coordinates',
      (on: Backend) => kernelMmd({ backend: on, kernel: (u, v) => div(1, add(1, squaredDistance(u, v))) }),
      0.3,
      1e3,
    ],
  ])('what float32 rounds off points is told, or not there: %s', async (_, of, by, offset) => {
    for (const count of [12, 600]) {
      const x = shifted(cloud(count, 2, 1), offset);
      const y = shifted(x, by);
      const product = async (on: Backend) =>
        (await of(on).solve(x, y)).hessianVectorProduct({ x: along(x, 3), y: along(y, 4) });
      const [exactly, rounded] = [await product(backend), await product(single)];
      const error = Math.max(
        relative(rounded.x?.points ?? [], exactly.x?.points ?? []),
        relative(rounded.y?.points ?? [], exactly.y?.points ?? []),
      );
      const { estimatedError } = rounded.diagnostics;
      expect(error).toBeLessThan(estimatedError);
      if (count < 100) expect(estimatedError).toBeLessThan(1e-8);
      else expect(error).toBeGreaterThan(1e-5);
    }
  });
});
