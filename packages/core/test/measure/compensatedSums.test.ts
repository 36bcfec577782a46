import { describe, expect, it } from 'vitest';
import { compensatedSums } from '../../src/measure/compensatedSums.js';

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
