import { cpu } from '@sinkhorn/backend-cpu';
import {
  add,
  type Backend,
  column,
  DeviceLostError,
  InvalidFormulaError,
  mul,
  parameter,
  row,
  sum,
} from '@sinkhorn/core';
import { expect, test } from 'vitest';

const value = mul(row('a', 2), column('b', 2));

test('sums in float64, over more columns than a tile holds', () => {
  const backend = cpu();
  const count = 3001;
  const a = backend.array([1, 2, 3, 4], [2, 2]);
  const b = backend.array(
    Float64Array.from({ length: 2 * count }, (_, k) => 1 / (k + 1)),
    [count, 2],
  );
  const [result] = backend.reduce({ kind: 'sum', value: sum(value), rows: { a }, columns: { b }, parameters: {} });
  let odd = 0;
  let even = 0;
  for (let k = 0; k < count; k++) {
    odd += 1 / (2 * k + 1);
    even += 1 / (2 * k + 2);
  }
  const sums = backend.readSync?.(result) ?? [];
  expect(sums[0]).toBeCloseTo(odd + 2 * even, 12);
  expect(sums[1]).toBeCloseTo(3 * odd + 4 * even, 12);
});

test('gives copies: what is read does not change with what it was read from', async () => {
  const backend = cpu();
  const source = Float64Array.of(1, 2);
  const array = backend.array(source, [2, 1]);
  source[0] = 7;
  const first = await backend.read(array);
  first[1] = 9;
  expect([...(await backend.read(array))]).toEqual([1, 2]);
});

test('refuses arrays that do not fit, that were released, and that are not its own', () => {
  const backend = cpu();
  expect(() => backend.array([1, 2, 3], [2, 1])).toThrow(/shape \[2,1\] needs 2 values and has 3/);
  const array = backend.array([1], [1, 1]);
  backend.release(array);
  expect(() => backend.readSync?.(array)).toThrow(InvalidFormulaError);
  expect(() => backend.release(array)).toThrow(/released, or belongs to another backend/);
  const foreign = cpu().array([1, 2], [1, 2]);
  const reduction = { kind: 'sum', value, rows: { a: foreign }, columns: { b: foreign }, parameters: {} } as const;
  expect(() => backend.reduce(reduction)).toThrow(/belongs to another backend/);
});

test('is lost once disposed of', () => {
  const backend = cpu();
  const array = backend.array([1], [1, 1]);
  backend.dispose();
  expect(() => backend.readSync?.(array)).toThrow(DeviceLostError);
  expect(() => backend.array([1], [1, 1])).toThrow(DeviceLostError);
});

/** A sum over all pairs of some points, and what of it was asked for. */
function sumOfPairs(backend: Backend, count: number) {
  const a = backend.array(new Float64Array(2 * count).fill(1), [count, 2]);
  const [result] = backend.reduce({ kind: 'sum', value: sum(value), rows: { a }, columns: { b: a }, parameters: {} });
  backend.release(a);
  return result;
}

test('a read hears its signal in the midst of a pass, and lets timers have their turn', async () => {
  const backend = cpu();
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error('no more')), 50);
  await expect(backend.read(sumOfPairs(backend, 200_000), stop.signal)).rejects.toThrow('no more');
  // What was given up is in nobody's way.
  expect((await backend.read(sumOfPairs(backend, 10)))[0]).toBe(20);
});

test('what is read is that of the dispatch: arrays and patterns may be used again right away', async () => {
  const backend = cpu();
  const a = backend.array([1, 1, 2, 2], [2, 2]);
  const blocks = {
    rowStarts: Uint32Array.of(0, 2),
    columnStarts: Uint32Array.of(0, 1, 2),
    offsets: Uint32Array.of(0, 1),
    columnBlocks: Uint32Array.of(1),
  };
  const parameters = { factor: 3 };
  const scaled = mul(parameter('factor'), sum(value));
  const [result] = backend.reduce({ kind: 'sum', value: scaled, rows: { a }, columns: { b: a }, parameters, blocks });
  blocks.columnBlocks[0] = 0;
  parameters.factor = 0;
  backend.release(a);
  expect([...(await backend.read(result))]).toEqual([12, 24]);
});

test('a long chain of steps that nobody reads in between is done at the end, also by several reads at once', async () => {
  const backend = cpu();
  let array = backend.array([0], [1, 1]);
  for (let step = 0; step < 20_000; step++) {
    const [next] = backend.reduce({
      kind: 'sum',
      value: add(row('at'), 1),
      rows: { at: array },
      columns: {},
      parameters: {},
    });
    backend.release(array);
    array = next;
  }
  const [first, second] = await Promise.all([backend.read(array), backend.read(array)]);
  expect([first[0], second[0]]).toEqual([20_000, 20_000]);
});
