import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import {
  type Backend,
  energyDistance,
  formula,
  InvalidOptionError,
  type SinkhornDivergenceOptions,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { planPerplexity, transportCost } from '@sinkhorn/losses/plan';
import { afterAll, describe, expect, it } from 'vitest';
import { cloud } from './support/clouds.js';

const device = await wasm({ threads: 1 });
afterAll(() => device.dispose());
/** Float32 and nothing else, so that plans are visited on the host. */
const { inFloat64, ...coarse } = device;
const x = cloud(9, 2, 1);
const y = cloud(7, 2, 2, 0.3);
x.weights[2] = 0;
const of = (more: object) => sinkhornDivergence({ backend: cpu(), blur: 0.1, ...more } as SinkhornDivergenceOptions);
const total = x.weights.reduce((sum, weight) => sum + weight, 0);
y.weights.forEach((weight, k) => {
  y.weights[k] = weight * total;
});

describe.each<[string, object, Backend, number]>([
  ['p = 2', {}, cpu(), 1e-12],
  ['p = 1', { p: 1 }, cpu(), 1e-12],
  ['unbalanced, undebiased', { reach: 0.5, debias: false }, cpu(), 1e-12],
  ['total variation', { penalty: { kind: 'tv', strength: 0.1 } }, cpu(), 1e-12],
  ['a cost of its own', { cost: (u: never, v: never) => formula.mul(3, formula.distance(u, v)), p: 1 }, cpu(), 1e-12],
  ['wasm', {}, device, 1e-12],
  ['float32 alone', { blur: 0.01 }, coarse as Backend, 1e-6],
])('%s', (_, more, backend, tolerance) => {
  it('has the cost and the perplexity of its dense plan', async () => {
    const solution = await of({ ...more, backend }).solve(x, y);
    const plan = await solution.plan.dense();
    const options = more as { p?: number; cost?: unknown };
    let [cost, entropy, mass] = [0, 0, 0];
    for (let i = 0; i < 9; i++) {
      const row = plan.subarray(i * 7, (i + 1) * 7);
      const sum = row.reduce((all, entry) => all + entry, 0);
      mass += sum;
      row.forEach((entry, j) => {
        const r = Math.hypot(x.points[2 * i] - y.points[2 * j], x.points[2 * i + 1] - y.points[2 * j + 1]);
        cost += entry * (options.cost ? 3 * r : options.p === 1 ? r : (r * r) / 2);
        if (entry > 0) entropy -= entry * Math.log(entry / sum);
      });
    }
    expect(Math.abs(Number(await transportCost(solution)) - cost)).toBeLessThan(tolerance);
    expect(Math.abs(Number(await planPerplexity(solution)) - Math.exp(entropy / mass))).toBeLessThan(tolerance * 10);
  });
});

it('has one number for each element of a batch, and those of shares', async () => {
  const batch = (one: typeof x) => ({
    data: [...one.points, ...one.points.map((value) => 2 * value)],
    shape: [2, one.weights.length, 2],
    weights: [...one.weights, ...one.weights],
  });
  const costs = (await transportCost((await of({ blur: 1e-3 }).solve(batch(x), batch(y))) as never)) as Float64Array;
  expect(costs[1] / costs[0]).toBeCloseTo(4, 2);
  const shares = await of({ normalize: true }).solve(x, { ...y, weights: y.weights.map((weight) => 5 * weight) });
  const plain = await of({}).solve(x, y);
  expect(Number(await transportCost(shares)) * total).toBeCloseTo(Number(await transportCost(plain)), 9);
});

it('refuses what is no solution of a Sinkhorn divergence', async () => {
  await expect(transportCost({} as never)).rejects.toThrow(InvalidOptionError);
  const other = await energyDistance({ backend: cpu() }).solve(x, y);
  await expect(planPerplexity(other as never)).rejects.toThrow(/no solution of a Sinkhorn divergence/);
});
