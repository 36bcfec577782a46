import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend, DeviceArray } from '../src/backend/backend.js';
import { runAsync } from '../src/tasks/drivers.js';
import { read, report, type Task } from '../src/tasks/task.js';

/** Work that keeps the thread for some milliseconds. */
function work(milliseconds: number) {
  const start = performance.now();
  while (performance.now() - start < milliseconds);
}

/** A backend whose numbers are always ready. */
const ready = { read: async () => Float64Array.of(1) } as unknown as Backend;
const array = {} as DeviceArray;

const steps = {
  reads: () => read(ready, array),
  loads: function* () {
    yield { type: 'load' as const, start: async () => {} };
  },
  reports: () => report({ stage: 'annealing', iteration: 1, epsilon: 1 }),
};

describe.each(Object.entries(steps))('a task of many %s that need no waiting', (_, step) => {
  let done = 0;
  beforeEach(() => {
    done = 0;
  });

  function* task(): Task<void> {
    while (done < 100) {
      work(10);
      yield* step();
      done++;
    }
  }

  test('lets timers have their turn', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await runAsync(task());
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(5);
  });

  test('ends when a timer aborts it', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 1);
    await expect(runAsync(task(), { signal: controller.signal })).rejects.toBe(reason);
    expect(done).toBeLessThan(100);
  });
});
