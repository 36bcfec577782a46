import { describe, expect, it } from 'vitest';
import { drawBelow, drawsFrom, splitMix64, xoshiro128 } from '../src/random/random.js';

const take = <Item>(count: number, draw: () => Item): Item[] => Array.from({ length: count }, draw);

describe('generators', () => {
  it('xoshiro128** draws what the reference implementation does from the state 1, 2, 3, 4', () => {
    expect(take(10, xoshiro128([1, 2, 3, 4]))).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('SplitMix64 draws what the reference implementation does from 1234567', () => {
    expect(take(5, splitMix64(1234567n))).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  it.each([0, 1, -1, 2 ** 53 - 1, 1e300])(
    'the same seed gives the same numbers, and another one others: %d',
    (seed) => {
      expect(take(8, drawsFrom(seed))).toEqual(take(8, drawsFrom(seed)));
      expect(take(8, drawsFrom(seed))).not.toEqual(take(8, drawsFrom(7)));
    },
  );
});

describe('numbers below a limit', () => {
  it.each([1, 2, 3, 7, 100])('are as likely as each other: %d', (limit) => {
    const draw = drawsFrom(3);
    const counts = new Float64Array(limit);
    for (let k = 0; k < 1000 * limit; k++) counts[drawBelow(limit, draw)] += 1;
    const chiSquared = counts.reduce((total, count) => total + (count - 1000) ** 2 / 1000, 0);
    // Mean limit - 1, deviation sqrt(2 (limit - 1)): five deviations.
    expect(chiSquared).toBeLessThanOrEqual(limit - 1 + 5 * Math.sqrt(2 * (limit - 1)));
  });

  it('pass over numbers beyond the last multiple of the limit', () => {
    const numbers = [2 ** 32 - 1, 5];
    expect(drawBelow(3, () => numbers.shift() ?? 0)).toBe(2);
    expect(drawBelow(2 ** 32, () => 2 ** 32 - 1)).toBe(2 ** 32 - 1);
  });
});
