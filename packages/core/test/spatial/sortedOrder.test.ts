import { describe, expect, test } from 'vitest';
import { orderByBits } from '../../src/spatial/orderByBits.js';
import { inOrder } from '../../src/spatial/sortedOrder.js';
import { finish } from '../support/finish.js';

const COUNT = 3000;
const draw = (k: number) => (k * 0.618034 + 0.1) % 1;
const cloud = (of: (draw: number, k: number) => number) =>
  Float64Array.from({ length: COUNT }, (_, k) => of(draw(k), k));

const clouds: [what: string, values: ArrayLike<number>][] = [
  ['none', []],
  ['one', [3]],
  ['a few, with equal ones', [2, 1, 2, -0, 0, 1]],
  ['sorted', cloud((_, k) => k)],
  ['reversed', cloud((_, k) => -k)],
  ['even', cloud((value) => value)],
  ['rounded to hundredths', cloud((value) => Math.round(100 * value) / 100)],
  ['both zeros', cloud((value, k) => (value < 0.5 ? (k % 2 === 0 ? -0 : 0) : value - 0.7))],
  ['next to all in one place, beside a far one', cloud((value, k) => (k === 1000 ? 1e12 : value))],
  ['reversed in one place, beside a far one', cloud((_, k) => (k === 1000 ? 1e300 : -k))],
  ['wider apart than the largest number', cloud((value) => (value - 0.5) * 1.7e308 * 2)],
  ['closer than the least number that is not subnormal', cloud((value) => Math.round(1000 * value) * Number.MIN_VALUE)],
  ['of all magnitudes', cloud((value, k) => (k % 3 === 0 ? -1 : 1) * 10 ** (600 * value - 300))],
  ['of float32', Float32Array.from(cloud((value) => value - 0.5))],
];

describe.each(clouds)('numbers that are %s', (_what, values) => {
  const order = Array.from({ length: values.length }, (_, place) => place).sort(
    (one, other) => values[one] - values[other] || one - other,
  );

  test('come in the order of a sort by comparisons, equal ones by place', () => {
    const found = finish(inOrder(values));
    expect([...found.order]).toEqual(order);
    expect([...found.sorted]).toEqual(order.map((place) => values[place]));
  });

  test('have the same order by all of their bits', () => {
    if (values.length > 0) expect([...finish(orderByBits(values))]).toEqual(order);
  });
});

test('numbers that share nearly all their bits take no longer than a sort', () => {
  const values = Float64Array.from({ length: 100_000 }, (_, k) => (k === 0 ? 1e30 : draw(k)));
  const before = process.cpuUsage();
  finish(inOrder(values));
  const { user } = process.cpuUsage(before);
  // By insertions alone: about 10 s.
  expect(user / 1e6).toBeLessThan(2);
});
