import { cpu } from '@sinkhorn/backend-cpu';
import { webgpu } from '@sinkhorn/backend-webgpu';
import {
  abs,
  add,
  type Backend,
  type BlockPattern,
  column,
  dot,
  type Expression,
  exp,
  mul,
  neg,
  type ReductionKind,
  reduced,
  row,
  squaredDistance,
  sub,
} from '@sinkhorn/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';

// Shapes that the shared suite does not come to: each takes a kernel of its own.

const KINDS: readonly ReductionKind[] = ['logSumExp', 'softmaxMean', 'sum', 'min'];
const truth = cpu();
let backend: Backend;
let narrow: Backend;
let device: GPUDevice;
// Held as long as its device is in use.
let gpu: GPU;
let adapter: GPUAdapter;

beforeAll(async () => {
  backend = await webgpu();
  adapter = await anAdapter();
  device = await adapter.requestDevice();
  narrow = await webgpu({ device });
});
afterAll(() => {
  backend.dispose();
  narrow.dispose();
  device.destroy();
  expect(gpu && adapter).toBeTruthy();
});

/** An adapter to ask for a device with the limits that every device has. */
async function anAdapter(): Promise<GPUAdapter> {
  gpu = create([]);
  const found = await gpu.requestAdapter();
  if (!found) throw new Error('there is no adapter');
  return found;
}

interface Problem {
  readonly kind: ReductionKind;
  readonly rows: number;
  readonly columns: number;
  readonly dimension: number;
  readonly blocks?: BlockPattern;
  readonly finish?: boolean;
}

function formulas(kind: ReductionKind, dimension: number): { score?: Expression; value?: Expression } {
  const x = row('x', dimension);
  const y = column('y', dimension);
  const distance = mul(2 / dimension, squaredDistance(x, y));
  const score = kind === 'min' ? distance : sub(column('w'), distance);
  if (kind === 'sum') return { value: mul(exp(neg(distance)), sub(x, y)) };
  return kind === 'softmaxMean' ? { score, value: add(x, y) } : { score };
}

/** The largest difference from the truth in the main result, and whether second results agree. */
async function difference(on: Backend, { kind, rows, columns, dimension, blocks, finish }: Problem): Promise<number> {
  const numbers = (count: number, seed: number) =>
    Float32Array.from({ length: count }, (_, index) => Math.sin(seed + 12.9898 * index) * Math.cos(index * 0.7));
  const results = await Promise.all(
    [on, truth].map(async (each) => {
      const x = each.array(numbers(rows * dimension, 1), [rows, dimension]);
      const y = each.array(numbers(columns * dimension, 2), [columns, dimension]);
      const w = each.array(numbers(columns, 3), [columns, 1]);
      const { score, value } = formulas(kind, dimension);
      const size = value?.size ?? 1;
      const outputs = each.reduce({
        kind,
        score,
        value,
        finish: finish ? add(mul(0.5, reduced(size)), mul(0.25, squaredDistance(row('x', dimension), 0))) : undefined,
        rows: { x },
        columns: { y, w },
        parameters: {},
        blocks,
      });
      const values = await Promise.all(outputs.map((output) => each.read(output)));
      for (const array of [x, y, w, ...outputs]) each.release(array);
      return values;
    }),
  );
  const [[got, gotSecond], [wanted, wantedSecond]] = results;
  const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((most, value, index) => Math.max(most, Math.abs(value - b[index])), 0);
  // A sum goes by the number of terms.
  const main = far(got, wanted) / (kind === 'sum' ? columns : 1);
  return kind === 'softmaxMean' ? Math.max(main, far(gotSecond, wantedSecond)) : main;
}

const blocksOf = (rows: number, columns: number): BlockPattern => ({
  rowStarts: Uint32Array.of(0, 100, rows),
  columnStarts: Uint32Array.of(0, 70, 90, columns),
  offsets: Uint32Array.of(0, 2, 4),
  columnBlocks: Uint32Array.of(2, 0, 1, 2),
});

describe.each(KINDS)('%s', (kind) => {
  test.each([
    ['two rows a thread', { rows: 6300, columns: 11, dimension: 2 }],
    ['four rows a thread, where there are no values', { rows: 16_500, columns: 9, dimension: 1 }],
    ['columns split among workgroups, with a finish', { rows: 5, columns: 20_000, dimension: 3, finish: true }],
    // Rows, columns and components that fill no tile.
    ['columns split, long points and values', { rows: 70, columns: 3001, dimension: 40, finish: true }],
    ['blocks of long points and values', { rows: 150, columns: 300, dimension: 17, blocks: blocksOf(150, 300) }],
    ['points too long for a tile', { rows: 4, columns: 30, dimension: 700, finish: true }],
  ] as const)('%s', async (_, problem) => {
    expect(await difference(backend, { kind, ...problem })).toBeLessThan(2e-6 * Math.max(1, problem.dimension / 8));
  });
});

test('sums over long points that need one another', async () => {
  const [rows, columns, dimension] = [150, 500, 20];
  const numbers = (count: number, seed: number) =>
    Float32Array.from({ length: count }, (_, index) => Math.sin(seed + 12.9898 * index) / 4);
  const x = row('x', dimension);
  const y = column('y', dimension);
  const product = dot(x, y);
  const score = neg(add(squaredDistance(x, mul(product, y)), abs(sub(row('u'), product))));
  const [got, wanted] = await Promise.all(
    [backend, truth].map(async (each) => {
      const arrays = {
        rows: {
          x: each.array(numbers(rows * dimension, 1), [rows, dimension]),
          u: each.array(numbers(rows, 2), [rows, 1]),
        },
        columns: { y: each.array(numbers(columns * dimension, 3), [columns, dimension]) },
      };
      const [mean] = each.reduce({
        kind: 'softmaxMean',
        score,
        value: mul(product, sub(x, y)),
        ...arrays,
        parameters: {},
      });
      return await each.read(mean);
    }),
  );
  expect(Math.max(...Array.from(got, (value, index) => Math.abs(value - wanted[index])))).toBeLessThan(1e-6);
});

test('more arrays than a device binds are put together', async () => {
  const names = Array.from({ length: 7 }, (_, index) => `v${index}`);
  const lists = names.map((_, index) => Array.from({ length: 6 }, (_, at) => (at + 1) * 10 ** -index));
  const sides = [names.map((name) => row(name)), names.map((name) => column(name))];
  const value = sides.flat().reduce<Expression>((total, variable) => add(total, variable), mul(0, row('v0')));
  for (const each of [narrow, backend]) {
    const arrays = Object.fromEntries(names.map((name, index) => [name, each.array(lists[index], [2, 3, 1])]));
    const [result] = each.reduce({ kind: 'sum', value, rows: arrays, columns: arrays, parameters: {} });
    const ones = (base: number) => names.reduce((total, _, index) => total + base * 10 ** -index, 0);
    const expected = [1, 2, 3, 4, 5, 6].map((base) => 3 * ones(base) + (base <= 3 ? ones(6) : ones(15)));
    (await each.read(result)).forEach((number, index) => {
      expect(number / expected[index]).toBeCloseTo(1, 5);
    });
  }
});

test('work that is cut into parts, once the device was measured, gives the same bits', async () => {
  const sizes = [
    { kind: 'logSumExp', rows: 1500, columns: 1600, dimension: 2, batch: 3 },
    { kind: 'softmaxMean', rows: 500, columns: 600, dimension: 20, batch: 2 },
  ] as const;
  for (const { kind, rows, columns, dimension, batch } of sizes) {
    const numbers = (count: number) => Float32Array.from({ length: count }, (_, index) => Math.sin(12.9898 * index));
    const { score, value } = formulas(kind, dimension);
    const results = await Promise.all(
      [backend, truth].map(async (each) => {
        const x = each.array(numbers(batch * rows * dimension), [batch, rows, dimension]);
        const y = each.array(numbers(columns * dimension), [columns, dimension]);
        const w = each.array(numbers(columns), [columns, 1]);
        const reduction = { kind, score, value, rows: { x }, columns: { y, w }, parameters: {} };
        const lists: ArrayLike<number>[] = [];
        for (let time = 0; time < (each === truth ? 1 : 3); time++)
          lists.push(await each.read(each.reduce(reduction)[0]));
        return lists;
      }),
    );
    const [[first, ...others], [wanted]] = results;
    for (const other of others) expect(other).toEqual(first);
    const far = Array.from(first).reduce((most, number, index) => Math.max(most, Math.abs(number - wanted[index])), 0);
    expect(far).toBeLessThan(1e-5);
  }
});
