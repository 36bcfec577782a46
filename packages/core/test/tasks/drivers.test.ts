import { beforeEach, describe, expect, test } from 'vitest';
import type { Backend, DeviceArray } from '../../src/backend/backend.js';
import { runAsync, runSync } from '../../src/tasks/drivers.js';
import { type Progress, pause, read, readAll, report, type Task } from '../../src/tasks/task.js';

/** Work that keeps the thread for some milliseconds. */
function work(milliseconds: number) {
  const start = performance.now();
  while (performance.now() - start < milliseconds);
}

/** A backend whose numbers are always ready. */
const ready = { read: async () => Float64Array.of(1) } as unknown as Backend;
const array = {} as DeviceArray;

/** So many that the driver has to yield to the event loop some ten times. */
const STEPS = 40;

const steps = {
  reads: () => read(ready, array),
  loads: function* () {
    yield { type: 'load' as const, start: async () => {} };
  },
  reports: () => report({ stage: 'annealing', iteration: 1, epsilon: 1 }),
  pauses: pause,
};

describe.each(Object.entries(steps))('a task of many %s that need no waiting', (_, step) => {
  let done = 0;
  beforeEach(() => {
    done = 0;
  });

  function* task(): Task<void> {
    while (done < STEPS) {
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
    expect(done).toBeLessThan(STEPS);
  });
});

test('progress is told, and a pause tells nothing', async () => {
  function* task(): Task<void> {
    yield* pause();
    yield* report({ stage: 'kernel sums', share: 0.5 });
    yield* pause();
  }
  const told: Progress[] = [];
  const onProgress = (progress: Progress) => told.push(progress);
  await runAsync(task(), { onProgress });
  runSync(task(), { onProgress });
  expect(told).toEqual([
    { stage: 'kernel sums', share: 0.5 },
    { stage: 'kernel sums', share: 0.5 },
  ]);
});

test('a pause heeds an abort without waiting', () => {
  const controller = new AbortController();
  function* task(): Task<void> {
    controller.abort(new Error('enough'));
    yield* pause();
    throw new Error('it went on');
  }
  expect(() => runSync(task(), { signal: controller.signal })).toThrow('enough');
});

describe('several arrays', () => {
  const numbers = new Map<DeviceArray, Float64Array>();
  const arrays = [1, 2, 3].map((value): DeviceArray => ({ shape: [value, 1] }));
  arrays.forEach((each, index) => {
    numbers.set(each, new Float64Array(index + 1).fill(index));
  });
  const numbersOf = (each: DeviceArray) => numbers.get(each) ?? new Float64Array(0);
  const expected = arrays.map(numbersOf);

  test('are waited for once, where a backend can', async () => {
    const asked: (readonly DeviceArray[])[] = [];
    const backend = {
      async readAll(list: readonly DeviceArray[]) {
        asked.push(list);
        return list.map(numbersOf);
      },
    } as unknown as Backend;
    expect(await runAsync(readAll(backend, arrays))).toEqual(expected);
    expect(asked).toEqual([arrays]);
  });

  test('are read side by side where it cannot', async () => {
    let begun = 0;
    const backend = {
      async read(each: DeviceArray) {
        begun += 1;
        await new Promise((resolve) => setTimeout(resolve));
        expect(begun).toBe(arrays.length);
        return numbersOf(each);
      },
    } as unknown as Backend;
    expect(await runAsync(readAll(backend, arrays))).toEqual(expected);
  });

  test('are read one after the other without waiting', () => {
    expect(runSync(readAll({ readSync: numbersOf } as unknown as Backend, arrays))).toEqual(expected);
  });

  test('may be none', async () => {
    expect(await runAsync(readAll(ready, []))).toEqual([]);
  });
});
