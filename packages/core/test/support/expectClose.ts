import { expect } from 'vitest';

/** Holds numbers to others, one by one, up to an absolute error. */
export function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) {
    // NaN is off by NaN, which is not at most the tolerance.
    if (!(Math.abs(found[k] - expected[k]) <= tolerance)) {
      expect.fail(`number ${k} is ${found[k]}, not ${expected[k]} up to ${tolerance}`);
    }
  }
}
