import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Cost, formula, sinkhornDivergence } from '@sinkhorn/losses';
import { planPerplexity } from '@sinkhorn/losses/plan';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { random, type TestCloud } from './support/clouds.js';

const backend = await wasm({ threads: 1 });
afterAll(() => backend.dispose());

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  vi.spyOn(console, 'warn').mockImplementation((text: string) => void warnings.push(text));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Normal points, of which `spread` coordinates count, the first one being moved; on the sphere where that is asked for. */
function normalPoints(
  count: number,
  dimension: number,
  seed: number,
  { shift = 0, spread = dimension, onSphere = false } = {},
): TestCloud {
  const next = random(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const points = new Float64Array(count * dimension);
  for (let i = 0; i < count; i++) {
    const point = points.subarray(i * dimension, (i + 1) * dimension);
    for (let c = 0; c < spread; c++) point[c] = normal() + (c === 0 ? shift : 0);
    const length = onSphere ? Math.hypot(...point) : 1;
    for (let c = 0; c < dimension; c++) point[c] /= length;
  }
  return { points, dimension, weights: new Float64Array(count).fill(1 / count) };
}

const embeddings = (seed: number, shift = 0) => normalPoints(120, 384, seed, { shift, onSphere: true });
const onLine = (seed: number, count = 300) => normalPoints(count, 1, seed);
const quartic: Cost = (x, y) => formula.square(formula.squaredDistance(x, y));
/** Few sweeps do not get to such a blur. */
const tooSmall = { backend, blur: 1e-7, method: 'alternating', maxIterations: 5 } as const;

describe('a blur that blurs nothing', () => {
  test('is told of embeddings at the default blur, where clouds that differ cost no more than clouds that do not', async () => {
    const loss = sinkhornDivergence({ backend });
    const [same, moved] = [
      await loss.solve(embeddings(1), embeddings(2)),
      await loss.solve(embeddings(1), embeddings(2, 2)),
    ];
    expect(moved.value / same.value).toBeLessThan(1.05);
    for (const { diagnostics } of [same, moved]) {
      expect(diagnostics.accurate).toBe(true);
      expect(diagnostics.advice).toContain('blur: { median: 1 }');
    }
  });

  test('is not told at the median distance, where they do', async () => {
    const loss = sinkhornDivergence({ backend, blur: { median: 1 } });
    const same = await loss.solve(embeddings(1), embeddings(2));
    const moved = await loss.solve(embeddings(1), embeddings(2, 4));
    expect(moved.value / same.value).toBeGreaterThan(2);
    expect(same.diagnostics.advice).toBeUndefined();
    expect(moved.diagnostics.advice).toBeUndefined();
  });

  test('is told at a quarter of the median distance, where the most of a point stays, and they still cost no more', async () => {
    const loss = sinkhornDivergence({ backend, blur: { median: 0.25 } });
    const [same, moved] = [
      await loss.solve(embeddings(1), embeddings(2)),
      await loss.solve(embeddings(1), embeddings(2, 2)),
    ];
    expect(moved.value / same.value).toBeLessThan(1.05);
    expect(same.diagnostics.advice).toContain('blur: { median: 1 }');
  });

  test('is told once on the console by value, and not where that is silent; nothing throws', async () => {
    const loss = sinkhornDivergence({ backend, onInaccurate: 'throw' });
    await loss.value(embeddings(1), embeddings(2));
    await loss.value(embeddings(1), embeddings(2));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('sinkhornDivergence: the blur is so small');
    expect(warnings[0]).not.toContain('may be off');
    await sinkhornDivergence({ backend, onInaccurate: 'ignore' }).value(embeddings(1), embeddings(2));
    await loss.solve(embeddings(1), embeddings(2));
    expect(warnings).toHaveLength(1);
  });

  test.each([
    ['two dimensions and a permutation', normalPoints(80, 2, 1), normalPoints(80, 2, 2), { blur: 1e-3 }],
    ['points of a plane in many', normalPoints(200, 32, 1, { spread: 2 }), normalPoints(200, 32, 2, { spread: 2 }), {}],
    ['clouds far from each other', normalPoints(80, 32, 1), normalPoints(80, 32, 2, { shift: 40 }), {}],
    ['points that moved a little', embeddings(1), movedALittle(embeddings(1)), {}],
    ['the same points', embeddings(1), embeddings(1), {}],
    ['few points', normalPoints(10, 64, 1), normalPoints(10, 64, 2), {}],
    ['mass that may stay', embeddings(1), embeddings(2), { reach: 0.5 }],
    ['transport without debiasing', embeddings(1), embeddings(2), { debias: false }],
  ])('is not told of %s', async (_, x, y, options) => {
    const solution = await sinkhornDivergence({ backend, ...options }).solve(x, y);
    expect(solution.diagnostics.accurate).toBe(true);
    expect(solution.diagnostics.advice).toBeUndefined();
    // Most of these plans are next to a permutation: that alone is not what is told of.
    if (!('reach' in options)) expect(Number(await planPerplexity(solution))).toBeLessThan(3);
  });

  test('is told for any weights, with points without mass, in batches and by shares', async () => {
    const [x, y] = [embeddings(1), embeddings(2)];
    x.weights = x.weights.map((_, k) => (k % 3 === 0 ? 0 : 1 + (k % 5)));
    const shares = sinkhornDivergence({ backend, normalize: true });
    expect((await shares.solve(x, y)).diagnostics.advice).toContain('blur');
    const batch = (first: number, second: number) => ({
      data: Float64Array.of(...embeddings(first).points, ...embeddings(second).points),
      shape: [2, 120, 384],
    });
    const { advice } = (await sinkhornDivergence({ backend }).solve(batch(1, 2), batch(3, 4))).diagnostics;
    expect(advice).toContain('blur');
  });
});

function movedALittle(cloud: TestCloud): TestCloud {
  return { ...cloud, points: cloud.points.map((value, k) => value + (k % 384 === 0 ? 0.05 : 0)) };
}

describe('on the line', () => {
  test.each([1, 2])('a blur that is too small to get there names exact transport, p = %d', async (p) => {
    const loss = sinkhornDivergence({ ...tooSmall, p });
    const { diagnostics } = await loss.solve(onLine(1), onLine(2));
    expect(diagnostics.converged && diagnostics.accurate).toBe(false);
    expect(diagnostics.advice).toContain(`transportOnLine({ p: ${p} })`);
    expect(loss.solveSync(onLine(1), onLine(2)).diagnostics.advice).toBe(diagnostics.advice);
  });

  test('value says so where it is not accurate', async () => {
    const loss = sinkhornDivergence({ ...tooSmall, maxIterations: 1, p: 2 });
    await loss.value(onLine(1), onLine(2));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/may be off by .*; .*transportOnLine/);
  });

  test.each([
    ['a good result', { backend: cpu() }],
    ['mass that may stay', { ...tooSmall, reach: 1 }],
    ['a penalty', { ...tooSmall, penalty: { kind: 'tv', strength: 1 } }],
    ['a cost of your own', { ...tooSmall, cost: quartic, debias: false }],
  ] as const)('nothing is named for %s', async (_, options) => {
    const { diagnostics } = await sinkhornDivergence(options).solve(onLine(1, 40), onLine(2, 40));
    expect(diagnostics.advice).toBeUndefined();
  });
});
