import { cpu } from '@sinkhorn/backend-cpu';
import { runAsync } from '@sinkhorn/core';
import { expect, test } from 'vitest';
import { checkedPool } from '../src/permutationTest.js';
import { registerRigid } from '../src/registration/registerRigid.js';

const COUNT = 2_000_000;
const points = Float32Array.from({ length: COUNT }, (_, k) => (k * 0.618) % 1);
const many = { points, dimension: 1 };

test('the points of a permutation test are put together in pieces', () => {
  let pauses = 0;
  const running = checkedPool(many, many, undefined);
  for (let next = running.next(); !next.done; next = running.next()) pauses++;
  expect(pauses).toBeGreaterThan(4);
});

test('a registration hears an abort while it looks at its points', async () => {
  const controller = new AbortController();
  // The first turn of the event loop is long before all points are looked at.
  setTimeout(() => controller.abort(new Error('enough')), 0);
  const { signal } = controller;
  const stages: string[] = [];
  const onProgress = ({ stage }: { stage: string }) => stages.push(stage);
  await expect(registerRigid(many, many, { backend: cpu(), signal, onProgress })).rejects.toThrow('enough');
  expect(stages).toEqual([]);
  await expect(runAsync(checkedPool(many, many, undefined), { signal })).rejects.toThrow('enough');
});
