import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import {
  combine,
  InvalidMeasureError,
  InvalidOptionError,
  type SinkhornDivergenceOptions,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { medianDistance } from '@sinkhorn/losses/median';
import { afterAll, describe, expect, it, test } from 'vitest';
import { changed, cloud } from './support/clouds.js';

const device = await wasm({ threads: 1 });
afterAll(() => device.dispose());
const x = cloud(12, 3, 1);
const y = cloud(10, 3, 2, 0.4);
const of = (more: object) => sinkhornDivergence({ backend: cpu(), blur: 0.1, ...more } as SinkhornDivergenceOptions);
const most = (values: ArrayLike<number>) => Array.from(values, Math.abs).reduce((a, b) => Math.max(a, b), 0);

describe('root', () => {
  it.each([
    [2, {}],
    [1, {}],
    [2, { penalty: { kind: 'tv', strength: 0.3 } }],
    [2, { debias: false }],
    [2, { normalize: true }],
  ])('is a distance with its gradients: p = %i, %o', async (p, more) => {
    const [plain, loss] = [of({ p, ...more }), of({ p, root: true, ...more })];
    const value = await loss.value(x, y);
    expect(value).toBeCloseTo((p * (await plain.value(x, y))) ** (1 / p), 14);
    const { x: ofX, y: ofY, diagnostics } = await loss.valueAndGradients(x, y, { wrt: 'both' });
    expect(diagnostics.accurate).toBe(true);
    const h = 1e-4;
    for (const k of [0, 7, 20]) {
      const slope =
        ((await loss.value(changed(x, 'points', k, h), y)) - (await loss.value(changed(x, 'points', k, -h), y))) /
        (2 * h);
      expect(Math.abs(slope - ofX.points[k])).toBeLessThan(1e-6);
    }
    const across = (by: number) => loss.value(x, changed(changed(y, 'weights', 0, by), 'weights', 1, -by));
    const slope = ((await across(h)) - (await across(-h))) / (2 * h);
    expect(Math.abs(slope - ofY.weights[0] + ofY.weights[1])).toBeLessThan(1e-5);
    const solution = await loss.solve(x, y);
    expect(solution.value).toBe(value);
    expect(most((await solution.gradients()).x.points.map((gradient, k) => gradient - ofX.points[k]))).toBeLessThan(
      1e-9,
    );
  });

  it('is exactly 0 with gradients of 0 between equal clouds', async () => {
    const { value, x: gradient, diagnostics } = await of({ root: true }).valueAndGradients(x, { ...x });
    expect([value, most(gradient.points), most(gradient.weights)]).toEqual([0, 0, 0]);
    expect(diagnostics.accurate).toBe(true);
  });

  it('of a value that may be 0 says how far it may be off', async () => {
    const near = { ...x, points: x.points.map((value) => value + 1e-9) };
    const { value, x: gradient, diagnostics } = await of({ root: true, backend: device }).valueAndGradients(x, near);
    const truth = 1e-9 * Math.sqrt(3);
    const told = diagnostics.valueError * Math.max(value, diagnostics.floor);
    expect(Math.abs(value - truth)).toBeLessThan(told);
    expect(Array.from(gradient.points).every(Number.isFinite)).toBe(true);
    expect(diagnostics.accurate).toBe(false);
  });

  it('is the distance of translates, in batches and in sums', async () => {
    const moved = { ...x, points: x.points.map((value, k) => value + [3, 4, 12][k % 3]) };
    expect(await of({ root: true }).value(x, moved)).toBeCloseTo(13, 10);
    const batch = (one: typeof x) => ({
      data: [...x.points, ...one.points],
      shape: [2, 12, 3],
      weights: [...x.weights, ...x.weights],
    });
    const values = (await of({ root: true }).value(batch(moved), batch(x))) as unknown as Float64Array;
    expect(values[0]).toBeLessThan(1e-7);
    expect(values[1]).toBeCloseTo(13, 10);
    expect(await combine([{ loss: of({ root: true }), weight: 2 }]).value(x, moved)).toBeCloseTo(26, 10);
    expect(await of({ root: true }).target(moved).value(x)).toBeCloseTo(13, 10);
  });
});

describe('a blur by the median distance', () => {
  it('is that blur, and is told', async () => {
    const blur = 0.5 * medianDistance(x, y);
    const { value, diagnostics, potentialsAt, potentials, plan } = await of({ blur: { median: 0.5 } }).solve(x, y);
    expect(diagnostics.blur).toBe(blur);
    expect(value).toBe(await of({ blur }).value(x, y));
    expect(most((await potentialsAt(x)).cross.map((value, k) => value - potentials.f_ba[k]))).toBeLessThan(1e-10);
    const { rows } = await plan.marginals();
    expect(most(Array.from(rows, (mass, k) => mass - x.weights[k]))).toBeLessThan(1e-10);
  });

  it('goes with warm starts, and with the units of the points', async () => {
    const loss = of({ blur: { median: 0.1 } });
    const scaled = (one: typeof x) => ({ ...one, points: one.points.map((value) => 1000 * value) });
    const value = await loss.value(x, y);
    expect((await loss.value(scaled(x), scaled(y))) / 1e6).toBeCloseTo(value, 6);
    const start = await loss.solve(x, y);
    expect((await loss.solve(x, y, { start })).value).toBeCloseTo(value, 8);
  });
});

describe('medianDistance', () => {
  it('counts weights, and those of 0 not at all', () => {
    const at = (points: number[], weights?: number[]) => ({ points, dimension: 1, weights });
    expect(medianDistance(at([0, 10, 20]), at([0]))).toBe(10);
    expect(medianDistance(at([0, 10, 20], [1, 1, 3]), at([0]))).toBe(20);
    expect(medianDistance(at([0, 10, 20], [1, 1, 0]), at([0]))).toBe(0);
    expect(medianDistance(at([5]), at([5]))).toBe(0);
  });

  it('of draws is near to that of all pairs, and the same for the same seed', () => {
    const [one, two] = [cloud(300, 5, 5), cloud(200, 5, 6)];
    const exact = medianDistance(one, two, { samples: 60_000 });
    const drawn = medianDistance(one, two);
    expect(Math.abs(drawn / exact - 1)).toBeLessThan(0.03);
    expect(medianDistance(one, two)).toBe(drawn);
    expect(medianDistance(one, two, { seed: 1 })).not.toBe(drawn);
    const batch = { data: [...one.points, ...two.points], shape: [2, 250, 5] };
    expect(medianDistance(batch, batch)).toBeGreaterThan(0);
  });

  it('refuses what it cannot use', () => {
    expect(() => medianDistance([[0]], [[0, 1]])).toThrow(InvalidMeasureError);
    expect(() => medianDistance([[0]], [[0]], { samples: 0 })).toThrow(/samples is 0/);
    expect(() => medianDistance([[0]], [[0]], { seed: 0.5 })).toThrow(/seed is 0.5/);
    expect(() => medianDistance([[0]], [[0]], { count: 1 } as object)).toThrow(InvalidOptionError);
  });
});

const wrong: [string, object, RegExp][] = [
  ['a root that is no boolean', { root: 1 }, /root is 1/],
  ['a blur of null', { blur: null }, /blur/],
  ['a median of 0', { blur: { median: 0 } }, /blur\.median is 0/],
  ['a blur by something else', { blur: { mean: 1 } }, /no option 'mean'/],
  [
    'a median with a cost of its own',
    { blur: { median: 1 }, cost: (u: never) => u, p: 1 },
    /cost is a formula|returned/,
  ],
];
test.each(wrong)('%s is refused', async (_, more, message) => {
  const found = (async () => of(more).value([[0]], [[1]]))();
  await expect(found).rejects.toThrow(message);
  await expect(found).rejects.toBeInstanceOf(InvalidOptionError);
});

test('points that coincide have no median distance to go by', async () => {
  await expect(of({ blur: { median: 1 } }).value([[1]], [[1]])).rejects.toThrow(/median distance is 0/);
});
