import { checkMeasure } from '@sinkhorn/core';
import { expect, test } from 'vitest';
import { labelCosts } from '../../src/labels/labelCosts.js';

const COUNT = 300_000;
/** Points between two places where an abort is noticed, at most: some hundredths of a second of work. */
const AT_ONCE = 65_536;

test.each([
  'bures',
  'hilbert',
  [
    [0, 1],
    [1, 0],
  ],
] as const)('costs between labels of many points, %s, can be interrupted', (cost) => {
  const points = Float64Array.from({ length: 2 * COUNT }, (_, k) => (k * 0.618) % 1);
  const labels = Uint8Array.from({ length: COUNT }, (_, k) => k % 2);
  const side = { measure: checkMeasure('x', { points, dimension: 2 }), labels, largest: 1 };
  let pauses = 0;
  const running = labelCosts(cost, side, side, 1e-6);
  for (let next = running.next(); !next.done; next = running.next()) pauses++;
  const passes = typeof cost === 'string' ? 9 : 2;
  expect(pauses).toBeGreaterThanOrEqual((passes * COUNT) / AT_ONCE);
});
