import type { Backend } from '@sinkhorn/core';
import { expect, test } from 'vitest';
import { isForHost } from '../../src/transport/planPrecision.js';

const float32: Partial<Backend> = { precision: 'float32' };
const float64: Partial<Backend> = { precision: 'float64' };

/** Only sizes and whose costs they are count where the costs are a formula. */
function forHost(backend: Partial<Backend>, batch: number, rows: number, columns: number): boolean {
  const pair = { x: { batch, count: rows }, y: { batch, count: columns } };
  return isForHost({ backend, pair, options: { homogeneous: false } } as unknown as Parameters<typeof isForHost>[0]);
}

test('the host goes through up to a million pairs of a formula, over a batch', () => {
  expect(forHost(float32, 1, 1000, 1000)).toBe(true);
  expect(forHost(float32, 1, 1001, 1000)).toBe(false);
  expect(forHost(float32, 1, 1000, 1001)).toBe(false);
  expect(forHost(float32, 2, 1000, 500)).toBe(true);
  expect(forHost(float32, 2, 1000, 501)).toBe(false);
  expect(forHost(float32, 2, 501, 1000)).toBe(false);
});

test('the host is not asked where the device has float64', () => {
  expect(forHost(float64, 1, 2, 2)).toBe(false);
  expect(forHost({ ...float32, inFloat64: float64 as Backend }, 1, 2, 2)).toBe(false);
});
