import { cpu } from '@sinkhorn/backend-cpu';
import { column, DeviceLostError, InvalidFormulaError, mul, row, sum } from '@sinkhorn/core';
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
