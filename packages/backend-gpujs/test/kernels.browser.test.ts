import { cpu } from '@sinkhorn/backend-cpu';
import { gpujs } from '@sinkhorn/backend-gpujs';
import {
  add,
  type Backend,
  type BlockPattern,
  column,
  type Expression,
  exp,
  mul,
  neg,
  parameter,
  type ReductionKind,
  reduced,
  row,
  squaredDistance,
  sub,
} from '@sinkhorn/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

// Shapes that the shared suite does not come to: each takes a way of its own.

const KINDS: readonly ReductionKind[] = ['logSumExp', 'softmaxMean', 'sum', 'min'];
const truth = cpu();

interface Problem {
  readonly kind: ReductionKind;
  readonly rows: number;
  readonly columns: number;
  readonly dimension: number;
  readonly batch?: number;
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
async function difference(
  on: Backend,
  { kind, rows, columns, dimension, batch = 1, blocks, finish }: Problem,
): Promise<number> {
  const numbers = (count: number, seed: number) =>
    Float32Array.from({ length: count }, (_, index) => Math.sin(seed + 12.9898 * index) * Math.cos(index * 0.7));
  const results = await Promise.all(
    [on, truth].map(async (each) => {
      const x = each.array(numbers(batch * rows * dimension, 1), [batch, rows, dimension]);
      const y = each.array(numbers(columns * dimension, 2), [columns, dimension]);
      const w = each.array(numbers(batch * columns, 3), [batch, columns, 1]);
      const { score, value } = formulas(kind, dimension);
      const outputs = each.reduce({
        kind,
        score,
        value,
        finish: finish
          ? add(mul(0.5, reduced(value?.size ?? 1)), mul(0.25, squaredDistance(row('x', dimension), 0)))
          : undefined,
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

/** With blocks, columns are not split among threads. */
const wholeBlock = (rows: number, columns: number): BlockPattern => ({
  rowStarts: Uint32Array.of(0, rows),
  columnStarts: Uint32Array.of(0, columns),
  offsets: Uint32Array.of(0, 1),
  columnBlocks: Uint32Array.of(0),
});

describe.each(['webgl2', 'webgl'] as const)('in mode %s', (mode) => {
  let backend: Backend & { memory(): { readonly textures: number } };
  beforeAll(async () => {
    backend = await gpujs({ mode, load: () => import('gpu.js') });
  });
  afterAll(() => {
    expect(backend.memory().textures).toBe(0);
    backend.dispose();
  });

  test.each(
    KINDS.flatMap((kind) =>
      (
        [
          ['as many columns as gpu.js cuts loops at, and one more', { rows: 40, columns: 1001, dimension: 3 }],
          ['more columns than that many times over', { rows: 3, columns: 70_000, dimension: 3 }],
          [
            'more columns than a run goes through',
            { rows: 3, columns: 40_000, dimension: 3, finish: true, blocks: wholeBlock(3, 40_000) },
          ],
          [
            'columns in parts, a batch, with a finish',
            { rows: 5, columns: 20_000, dimension: 3, batch: 3, finish: true },
          ],
          ['columns in parts, long points and values', { rows: 30, columns: 3000, dimension: 41, finish: true }],
          ['values of a texel and a second result', { rows: 70, columns: 300, dimension: 4, batch: 2 }],
          ['blocks of long points and values', { rows: 150, columns: 300, dimension: 17, blocks: blocksOf(150, 300) }],
          ['points too long for most', { rows: 4, columns: 30, dimension: 700, finish: true }],
        ] as const
      ).map(([title, problem]) => [kind, title, problem] as const),
    ),
  )('%s: %s', async (kind, _, problem) => {
    expect(await difference(backend, { kind, ...problem })).toBeLessThan(3e-6 * Math.max(1, problem.dimension / 8));
  });

  test('a sum over more columns than the widest texture has', async () => {
    const count = 1_000_003;
    const v = backend.array(
      Float32Array.from({ length: count }, (_, k) => k % 7),
      [count, 1],
    );
    const [total] = backend.reduce({ kind: 'sum', value: column('v'), rows: {}, columns: { v }, parameters: {} });
    const [least, where] = backend.reduce({
      kind: 'min',
      score: add(neg(column('v')), 0),
      rows: {},
      columns: { v },
      parameters: {},
    });
    const exact = Array.from({ length: count }, (_, k) => k % 7).reduce((sum, value) => sum + value, 0);
    expect((await backend.read(total))[0] / exact).toBeCloseTo(1, 6);
    expect([...(await backend.read(least)), ...(await backend.read(where))]).toEqual([-6, 6]);
    for (const array of [v, total, least, where]) backend.release(array);
  });

  test('a million rows', async () => {
    const count = 1_000_003;
    const x = backend.array(
      Float32Array.from({ length: count }, (_, k) => k),
      [count, 1],
    );
    const y = backend.array([1, 2, 4], [3, 1]);
    const [result] = backend.reduce({
      kind: 'sum',
      value: mul(row('x'), column('y')),
      rows: { x },
      columns: { y },
      parameters: {},
    });
    const numbers = await backend.read(result);
    expect(numbers.length).toBe(count);
    expect(numbers.findIndex((number, k) => number !== Math.fround(7 * k))).toBe(-1);
    for (const array of [x, y, result]) backend.release(array);
  });

  test('more arrays than a kernel reads are put together', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `v${index}`);
    const lists = names.map((_, index) => Array.from({ length: 6 }, (_, at) => (at + 1) * 2 ** -index));
    const sides = [names.map((name) => row(name)), names.map((name) => column(name))];
    const value = sides.flat().reduce<Expression>((total, variable) => add(total, variable), mul(0, row('v0')));
    const arrays = Object.fromEntries(names.map((name, index) => [name, backend.array(lists[index], [2, 3, 1])]));
    const [result] = backend.reduce({ kind: 'sum', value, rows: arrays, columns: arrays, parameters: {} });
    const ones = (base: number) => names.reduce((total, _, index) => total + base * 2 ** -index, 0);
    const expected = [1, 2, 3, 4, 5, 6].map((base) => 3 * ones(base) + (base <= 3 ? ones(6) : ones(15)));
    (await backend.read(result)).forEach((number, index) => {
      expect(number / expected[index]).toBeCloseTo(1, 5);
    });
    for (const array of [...Object.values(arrays), result]) backend.release(array);
  });

  test('sizes, contents and parameters compile nothing anew', async () => {
    const Gl = mode === 'webgl2' ? WebGL2RenderingContext : WebGLRenderingContext;
    const compiled = vi.spyOn(Gl.prototype, 'compileShader');
    const run = async (rows: number, columns: number, scale: number) => {
      const x = backend.array(new Float32Array(rows).fill(2), [rows, 1]);
      const y = backend.array(new Float32Array(columns).fill(3), [columns, 1]);
      const score = mul(parameter('scale'), mul(row('x'), column('y')));
      const reduction = { kind: 'logSumExp', score, rows: { x }, columns: { y }, parameters: { scale } } as const;
      const [result] = backend.reduce(reduction);
      const values = await backend.read(result);
      for (const array of [x, y, result]) backend.release(array);
      expect(values.length).toBe(rows);
      for (const value of values) expect(value).toBeCloseTo(6 * scale + Math.log(columns), 4);
    };
    await run(20_000, 10, 0.5);
    const before = compiled.mock.calls.length;
    await run(20_001, 11, 0.25);
    await run(32_000, 120, -0.25);
    expect(compiled.mock.calls.length).toBe(before);
    compiled.mockRestore();
  });

  test('gives the same bits again, and without waiting', async () => {
    const x = backend.array(
      Float32Array.from({ length: 3000 }, (_, k) => Math.sin(k)),
      [1000, 3],
    );
    const score = neg(squaredDistance(row('x', 3), column('y', 3)));
    const run = () => backend.reduce({ kind: 'logSumExp', score, rows: { x }, columns: { y: x }, parameters: {} })[0];
    const [one, two] = [run(), run()];
    const values = await backend.read(one);
    expect(await backend.read(two)).toEqual(values);
    expect(backend.readSync?.(two)).toEqual(values);
    for (const array of [x, one, two]) backend.release(array);
  });
});
