import { cpu } from '@sinkhorn/backend-cpu';
import { runAsync, type Task } from '@sinkhorn/core';
import { expect, test } from 'vitest';
import { checkClouds } from '../src/checkCloud.js';
import { checkedPool } from '../src/permutationTest.js';
import { registerRigid } from '../src/registration/registerRigid.js';

const COUNT = 2_000_000;
const points = Float32Array.from({ length: COUNT }, (_, k) => (k * 0.618) % 1);
const many = { points, dimension: 1 };

function pausesOf(running: Task<unknown>): number {
  let pauses = 0;
  for (let next = running.next(); !next.done; next = running.next()) pauses++;
  return pauses;
}

test('the points of a permutation test are put together in pieces', () => {
  expect(pausesOf(checkedPool(many, many, undefined))).toBeGreaterThan(4);
});

test('the points of a registration are looked at in pieces', () => {
  // One for each million of points at least.
  expect(pausesOf(checkClouds(['source', many], ['target', many]))).toBeGreaterThan(3);
});

test('an abort is noticed on a turn of the event loop', async () => {
  const { signal } = abortedSoon();
  await expect(registerRigid(many, many, { backend: cpu(), signal })).rejects.toThrow('enough');
  await expect(runAsync(checkedPool(many, many, undefined), { signal })).rejects.toThrow('enough');
});

function abortedSoon(): AbortController {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 0);
  return controller;
}
