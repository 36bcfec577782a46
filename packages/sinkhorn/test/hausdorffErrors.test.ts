import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, hausdorffDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cube } from './clouds.js';
import { COUNT, clouds, evenly, type Weighted } from './uglyClouds.js';

const backends: Record<string, Backend> = {};
beforeAll(async () => {
  backends.cpu = cpu();
  backends.wasm = await wasm({ threads: 1 });
});
afterAll(() => {
  for (const backend of Object.values(backends)) backend.dispose();
});

interface Problem {
  readonly p: 1 | 2;
  readonly blur: number;
  readonly reach?: number;
}

/** -eps log sum_j b_j exp((g_j - C_ij) / eps) at some points, term by term; digits that a wide blur would lose are kept by expm1. */
function softmin(at: Weighted, from: Weighted, g: Float64Array, { p, blur }: Problem): Float64Array {
  const epsilon = blur ** p;
  const mass = from.weights.reduce((sum, weight) => sum + weight);
  const { dimension } = at;
  return at.weights.map((_, i) => {
    const gains = from.weights.map((_, j) => {
      let squared = 0;
      for (let c = 0; c < dimension; c++) {
        squared += (at.points[i * dimension + c] - from.points[j * dimension + c]) ** 2;
      }
      return g[j] - (p === 1 ? Math.sqrt(squared) : squared / 2);
    });
    const largest = gains.reduce((most, gain, j) => (from.weights[j] > 0 ? Math.max(most, gain) : most), -Infinity);
    const total = gains.reduce(
      (sum, gain, j) => sum + (from.weights[j] / mass) * Math.expm1((gain - largest) / epsilon),
      0,
    );
    if (total > -0.5) return -largest - epsilon * (Math.log1p(total) + Math.log(mass));
    const sum = gains.reduce((all, gain, j) => all + from.weights[j] * Math.exp((gain - largest) / epsilon), 0);
    return -largest - epsilon * Math.log(sum);
  });
}

/** The Hausdorff divergence by loops of its own: averaged updates until nothing changes. */
function known(x: Weighted, y: Weighted, problem: Problem): { readonly value: number; readonly size: number } {
  const { p, blur, reach = Number.POSITIVE_INFINITY } = problem;
  const epsilon = blur ** p;
  const rho = reach ** p;
  const damp = 1 / (1 + epsilon / rho);
  const own = (cloud: Weighted): Float64Array => {
    let f = new Float64Array(cloud.weights.length);
    for (let k = 0; k < 45; k++) {
      const next = softmin(cloud, cloud, f, problem);
      f = f.map((value, i) => (k < 2 ? (value + damp * next[i]) / 2 : (value + 2 * damp * next[i]) / 3));
    }
    return f;
  };
  const [a, b] = [own(x), own(y)];
  const term = (low: number, high: number) =>
    rho === Number.POSITIVE_INFINITY
      ? high - low
      : -(rho + epsilon) * Math.exp(-low / rho) * Math.expm1((low - high) / rho);
  let [value, size] = [0, epsilon];
  for (const [cloud, self, other, potential] of [
    [x, a, y, b],
    [y, b, x, a],
  ] as const) {
    const visiting = softmin(cloud, other, potential, problem);
    cloud.weights.forEach((weight, i) => {
      value += 0.5 * weight * term(self[i], damp * visiting[i]);
      size += weight * (Math.abs(self[i]) + Math.abs(visiting[i]));
    });
  }
  return { value, size };
}

const norm = (vector: ArrayLike<number>): number => Math.sqrt(Array.from(vector).reduce((sum, v) => sum + v * v, 0));

/** Every third point: the loops above take their time. */
function thinned({ points, dimension, weights }: Weighted): Weighted {
  const kept = weights.filter((_, k) => k % 3 === 0);
  const mass = kept.reduce((sum, weight) => sum + weight);
  return {
    points: points.filter((_, k) => Math.floor(k / dimension) % 3 === 0),
    dimension,
    weights: kept.map((weight) => weight / mass),
  };
}

const PROBLEMS: readonly Problem[] = [
  { p: 2, blur: 1e-3 },
  { p: 2, blur: 0.05 },
  { p: 2, blur: 1e3 },
  { p: 1, blur: 0.05 },
  { p: 2, blur: 0.05, reach: 0.3 },
];

async function check(backend: Backend, x: Weighted, y: Weighted, problem: Problem): Promise<boolean> {
  const found = await hausdorffDivergence({ backend, ...problem }).valueAndGradients(x, y, { wrt: 'both' });
  const { valueError, gradientError, floor, accurate } = found.diagnostics;
  if (!accurate) return false;
  const exact = known(x, y, problem);
  const label = `${JSON.stringify(problem)}: told ${valueError}, ${gradientError}; ${found.value} for ${exact.value}`;
  // The loops above round as well.
  const allowed = 2 * valueError * Math.max(Math.abs(exact.value), floor) + 1e-14 * exact.size;
  expect(Math.abs(found.value - exact.value), label).toBeLessThanOrEqual(allowed);
  const finest = hausdorffDivergence({ backend: backends.cpu, ...problem, tolerance: 1e-14 });
  const better = await finest.valueAndGradients(x, y, { wrt: 'both' });
  for (const side of ['x', 'y'] as const) {
    const size = norm(better[side].points);
    const error = norm(better[side].points.map((value, k) => value - found[side].points[k]));
    const own = better.diagnostics.gradientError ?? 0;
    expect(error, label).toBeLessThanOrEqual((2 * (gradientError ?? 0) + own) * size + 1e-14);
  }
  return true;
}

describe.each(['cpu', 'wasm'])('on %s', (backendName) => {
  test.each(Object.keys(clouds))('what is called accurate is off by no more than it says: %s', async (cloudName) => {
    const [x, y] = clouds[cloudName]().map(thinned);
    let accurateOnes = 0;
    for (const problem of PROBLEMS) {
      if (await check(backends[backendName], x, y, problem)) accurateOnes += 1;
    }
    expect(accurateOnes).toBeGreaterThan(1);
  });
});

test('more points than are taken in float64 at once, which float32 cannot tell apart', async () => {
  const problem = { p: 2, blur: 0.05 } as const;
  const draw = (seed: number, shift: number) =>
    evenly({ points: cube(1020, 2, seed).points.map((v) => v + shift), dimension: 2 });
  expect(await check(backends.wasm, draw(1, 0), draw(1, 1e-5), problem)).toBe(true);
});

test('gradients that are asked for later join the diagnostics', async () => {
  const [x, y] = clouds['draws of one law']();
  expect(x.weights.length).toBe(COUNT);
  const solution = await hausdorffDivergence({ backend: backends.wasm }).solve(x, y);
  expect(solution.diagnostics.gradientError).toBeUndefined();
  await solution.gradients();
  expect(solution.diagnostics.gradientError).toBeGreaterThan(0);
  expect(solution.diagnostics.accurate).toBe(true);
});
