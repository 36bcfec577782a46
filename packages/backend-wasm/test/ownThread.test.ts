import { wasm } from '@sinkhorn/backend-wasm';
import { column, row, squaredDistance } from '@sinkhorn/core';
import { expect, test } from 'vitest';
import { RESERVED_BYTES } from '../src/threads/job.js';
import { ownThread } from '../src/threads/ownThread.js';

const memory = () => new WebAssembly.Memory({ initial: Math.ceil(RESERVED_BYTES / 65536) });

/** A job of some tasks that notes which row each begins at. */
const job = (name: string, tasks: number, reads: number[], writes: number[], ran: string[], task = () => {}) => ({
  kernel: 1,
  module: { address: 0, bytes: 0 },
  arguments: 0,
  elements: 1,
  tasksPerElement: tasks,
  taskTable: 0,
  rows: 4 * tasks,
  rowsPerTask: 4,
  scratch: 0,
  scratchStride: 0,
  reads,
  writes,
  run(_arguments: number, _element: number, start: number) {
    ran.push(`${name}${start / 4}`);
    task();
  },
});

test('jobs are done in order when they are waited for, and no more of them', async () => {
  const ran: string[] = [];
  const queue = ownThread(memory(), () => [1, 2, 3]);
  queue.post(job('a', 2, [], [1], ran));
  queue.post(job('b', 1, [1], [2], ran));
  queue.post(job('c', 1, [2], [3], ran));
  expect([ran.length, queue.posted, queue.done]).toEqual([0, 3, 0]);
  await queue.wait(2);
  expect(ran).toEqual(['a0', 'a1', 'b0']);
  expect(queue.done).toBe(2);
  queue.waitSync(3);
  expect(ran).toEqual(['a0', 'a1', 'b0', 'c0']);
});

test('what nobody holds and no other job reads is left out', async () => {
  const ran: string[] = [];
  let held = [3, 4, 5];
  const queue = ownThread(memory(), () => held);
  queue.post(job('first', 1, [], [1], ran));
  queue.post(job('second', 1, [1], [3], ran));
  queue.post(job('unused', 1, [1], [2], ran));
  queue.post(job('given up', 1, [3], [4], ran));
  // Written where the first array was, which is another one: nobody needs what the first wrote there after this.
  queue.post(job('later', 1, [2], [1], ran));
  queue.post(job('last', 1, [], [5], ran));
  held = [3, 5];
  await queue.wait(6);
  expect(ran).toEqual(['first0', 'second0', 'last0']);
  expect(queue.done).toBe(6);
});

test('long jobs are interrupted, and go on where they were unless they were given up', async () => {
  for (const isGivenUp of [false, true]) {
    const ran: string[] = [];
    let held = [1, 2];
    const controller = new AbortController();
    const queue = ownThread(memory(), () => held);
    const long = () => {
      const until = performance.now() + 20;
      while (performance.now() < until);
    };
    queue.post(job('long', 40, [], [1], ran, long));
    queue.post(job('after', 1, [1], [2], ran));
    setTimeout(() => controller.abort(new Error('enough')), 0);
    await expect(queue.wait(2, controller.signal)).rejects.toThrow('enough');
    const some = ran.length;
    expect(some).toBeLessThan(40);
    queue.post(job('next', 1, [], [3], ran));
    held = isGivenUp ? [3] : [2, 3];
    queue.waitSync(3);
    expect(new Set(ran).size).toBe(ran.length);
    expect(ran.includes('next0')).toBe(true);
    expect(ran.includes('after0')).toBe(!isGivenUp);
    if (!isGivenUp) expect(ran.length).toBe(42);
  }
});

test('a backend with one thread pauses for other work while it computes, hears an abort, and drops what was given up', async () => {
  const backend = await wasm({ threads: 1 });
  const count = 60_000;
  const points = backend.array(new Float32Array(count).map(Math.random), [count, 1]);
  const sums = () => {
    const value = squaredDistance(row('x', 1), column('y', 1));
    return backend.reduce({ kind: 'sum', value, rows: { x: points }, columns: { y: points }, parameters: {} })[0];
  };
  const [first, second] = [sums(), sums()];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 5);
  await expect(backend.read(second, controller.signal)).rejects.toThrow('enough');
  backend.release(second);
  const values = await backend.read(first);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(3);
  expect(values.every((sum) => sum > 0)).toBe(true);
  backend.release(first);
  expect(backend.memory().used).toBeLessThan(2 * 4 * count + 100_000);
  backend.dispose();
});
