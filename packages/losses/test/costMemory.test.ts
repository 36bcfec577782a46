import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, type Cost, formula } from '@sinkhorn/core';
import { type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cloud } from './support/clouds.js';

const [N, M] = [37, 50];

const backends: Record<string, () => Promise<Backend>> = {
  cpu: async () => cpu(),
  'wasm in float32': () => wasm({ threads: 1 }),
  'wasm in float64': () => wasm({ threads: 1, precision: 'float64' }),
};

const ownCost: Cost = (x, y) => formula.add(formula.distance(x, y), formula.squaredDistance(x, y));
const oneWay: Cost = (x, y) => formula.sum(formula.square(formula.max(formula.sub(x, y), 0)));

const cases: [string, number, Partial<SinkhornDivergenceOptions>][] = [
  ['p = 2', 20, {}],
  ['p = 1', 16, { p: 1, blur: 0.3 }],
  ['not debiased', 20, { debias: false }],
  ['a reach', 20, { reach: { x: 1 } }],
  ['a penalty', 20, { penalty: { kind: 'tv', strength: 1 } }],
  ['a schedule', 20, { tolerance: null }],
  ['a cost of its own', 3, { cost: ownCost, p: 1 }],
  ['a cost that is not symmetric', 3, { cost: oneWay, debias: false, p: 2 }],
];

describe.each(Object.keys(backends))('on %s', (name) => {
  const open = async () => {
    const backend = await backends[name]();
    onTestFinished(() => backend.dispose());
    return backend;
  };
  const bytes = name === 'wasm in float32' ? 4 : 8;
  const digits = name === 'wasm in float32' ? 3e-6 : 1e-12;

  test.each(cases)('kept costs give what costs computed in each pass give: %s', async (_, dimension, options) => {
    const backend = await open();
    const [x, y] = [cloud(N, dimension, 1), cloud(M, dimension, 2, 0.25)];
    const common = { backend, blur: 0.5, method: 'alternating', onInaccurate: 'ignore', ...options } as const;
    const ask = (costMemory?: number) =>
      sinkhornDivergence({ ...common, costMemory }).valueAndGradients(x, y, { wrt: 'both' });
    const [kept, streamed] = [await ask(), await ask(0)];
    expect(streamed.diagnostics.costMemory).toBeUndefined();
    const own = options.debias === false ? 0 : N * N + M * M;
    // Penalties end in float64, and each precision keeps costs of its own.
    const width = options.penalty ? 8 : bytes;
    expect(kept.diagnostics.costMemory).toBe(width * (2 * N * M + own));
    const scale = Math.abs(streamed.value);
    expect(Math.abs(kept.value - streamed.value)).toBeLessThanOrEqual(digits * scale);
    for (const side of ['x', 'y'] as const) {
      for (const part of ['points', 'weights'] as const) {
        const right = Float64Array.from(streamed[side][part]);
        const most = right.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
        Float64Array.from(kept[side][part]).forEach((value, k) => {
          expect(Math.abs(value - right[k])).toBeLessThanOrEqual(10 * digits * most);
        });
      }
    }
  });

  test('a budget is kept to: costs between both measures come first, and what does not fit is computed in each pass', async () => {
    const backend = await open();
    const [x, y] = [cloud(N, 20, 1), cloud(M, 20, 2)];
    const keptOf = async (costMemory: number) => {
      const loss = sinkhornDivergence({ backend, blur: 0.5, method: 'alternating', costMemory });
      const { diagnostics } = await loss.solve(x, y);
      return diagnostics.costMemory ?? 0;
    };
    const [across, ofX, ofY] = [2 * N * M, N * N, M * M].map((pairs) => bytes * pairs);
    expect(await keptOf(across + ofX + ofY)).toBe(across + ofX + ofY);
    expect(await keptOf(across + ofX + ofY - 1)).toBe(across + ofX);
    expect(await keptOf(across)).toBe(across);
    expect(await keptOf(across - 1)).toBe(ofX);
    expect(await keptOf(ofX - 1)).toBe(0);
  });

  test('in few dimensions the built-in costs are not kept', async () => {
    const backend = await open();
    const { diagnostics } = await sinkhornDivergence({ backend, blur: 0.5, method: 'alternating' }).solve(
      cloud(N, 15, 1),
      cloud(M, 15, 2),
    );
    expect(diagnostics.costMemory).toBeUndefined();
  });
});

test('batches are kept too', async () => {
  const backend = await wasm({ threads: 1 });
  onTestFinished(() => backend.dispose());
  const batchOf = (count: number, seed: number) => ({
    data: cloud(2 * count, 20, seed).points,
    shape: [2, count, 20] as const,
  });
  const [x, y] = [batchOf(N, 1), batchOf(M, 2)];
  const ask = (costMemory?: number) =>
    sinkhornDivergence({ backend, blur: 0.5, method: 'alternating', costMemory }).solve(x, y);
  const [kept, streamed] = [await ask(), await ask(0)];
  expect(kept.diagnostics.costMemory).toBe(4 * 2 * (2 * N * M + N * N + M * M));
  Array.from(kept.value as ArrayLike<number>).forEach((value, k) => {
    expect(value).toBeCloseTo((streamed.value as ArrayLike<number>)[k], 6);
  });
});

test.each([Number.NaN, -1, '1e9'])('costMemory of %s is refused by name', (costMemory) => {
  expect(() => sinkhornDivergence({ backend: cpu(), costMemory: costMemory as number })).toThrow(/costMemory is/);
});
