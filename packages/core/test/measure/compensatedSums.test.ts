import { describe, expect, it } from 'vitest';
import { compensatedSum, compensatedSums } from '../../src/measure/compensatedSums.js';

describe('compensated sums', () => {
  it('keep what plain sums round off, group by group', () => {
    const sums = compensatedSums(2);
    let plain = 1;
    sums.add(0, 1);
    for (let k = 0; k < 1000; k++) {
      sums.add(0, 2 ** -53);
      sums.add(1, k % 2 ? -1e16 : 1e16 + 4);
      plain += 2 ** -53;
    }
    expect(plain).toBe(1);
    expect([...sums.totals()]).toEqual([1 + 1000 * 2 ** -53, 2000]);
  });

  it('are infinite beyond all numbers', () => {
    const sums = compensatedSums(1);
    for (let k = 0; k < 4; k++) sums.add(0, 1e308);
    expect(sums.totals()[0]).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('a compensated sum', () => {
  const numbers = Float64Array.from({ length: 1003 }, (_, k) => (k % 2 ? -1e16 : 1e16 + 4) + k);

  it.each([
    [0, 1003],
    [3, 500],
    [1, 0],
  ])('of the numbers from %i on is that of a group of them, %i', (from, count) => {
    const sums = compensatedSums(1);
    for (let k = from; k < from + count; k++) sums.add(0, numbers[k]);
    expect(compensatedSum(numbers, from, count)).toBe(sums.totals()[0]);
  });

  it('keeps what is small beside what cancels, and is what a plain sum is where that is no number', () => {
    expect(compensatedSum([1, 1e100, 1, -1e100], 0, 4)).toBe(2);
    expect(compensatedSum([1e308, 1e308], 0, 2)).toBe(Number.POSITIVE_INFINITY);
    expect(compensatedSum([1, Number.NEGATIVE_INFINITY], 0, 2)).toBe(Number.NEGATIVE_INFINITY);
    expect(compensatedSum([1, Number.NaN], 0, 2)).toBe(Number.NaN);
  });
});
