import { describe, expect, it } from 'vitest';
import { expOfNegative } from '../../src/transport/newton/expOfNegative.js';

describe('exp of negative numbers', () => {
  it('is Math.exp to a few units in the last place, at every size', () => {
    let worst = 0;
    for (let k = 0; k < 200_000; k++) {
      const x = -700 * ((k * 0.6180339887) % 1) ** 3;
      worst = Math.max(worst, Math.abs(expOfNegative(x) / Math.exp(x) - 1));
    }
    expect(worst).toBeLessThan(8e-16);
  });

  it('ends as exponentials do', () => {
    expect(expOfNegative(0)).toBe(1);
    expect(expOfNegative(-0)).toBe(1);
    expect(expOfNegative(-744)).toBeCloseTo(Math.exp(-744), 323);
    expect(expOfNegative(-745)).toBeLessThanOrEqual(Number.MIN_VALUE);
    expect(expOfNegative(-746)).toBe(0);
    expect(expOfNegative(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(expOfNegative(Number.NaN)).toBeNaN();
  });
});
