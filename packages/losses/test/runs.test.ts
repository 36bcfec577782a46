import { cpu } from '@sinkhorn/backend-cpu';
import {
  type Backend,
  DeviceLostError,
  energyDistance,
  hausdorffDivergence,
  type Loss,
  type Progress,
  sinkhornDivergence,
  UnsupportedError,
} from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';
import { cloud } from './support/clouds.js';

const x = cloud(60, 2, 1);
const y = cloud(50, 2, 2, 0.4);

/** A backend that counts the arrays it holds, and may fail after a number of reductions. */
function counting(failAfter = Number.POSITIVE_INFINITY): { backend: Backend; held: () => number } {
  const inner = cpu();
  let held = 0;
  let reductions = 0;
  return {
    held: () => held,
    backend: {
      ...inner,
      array(values, shape) {
        held += 1;
        return inner.array(values, shape);
      },
      reduce(reduction) {
        reductions += 1;
        if (reductions > failAfter) throw new DeviceLostError('the device fell off');
        const results = inner.reduce(reduction);
        held += results.length;
        return results;
      },
      release(array) {
        held -= 1;
        inner.release(array);
      },
    },
  };
}

const makers: [string, (backend: Backend) => Loss][] = [
  ['sinkhornDivergence', (backend) => sinkhornDivergence({ backend, blur: 0.02, reach: 1, method: 'alternating' })],
  ['the schedule', (backend) => sinkhornDivergence({ backend, tolerance: null })],
  ['hausdorffDivergence', (backend) => hausdorffDivergence({ backend })],
  ['energyDistance', (backend) => energyDistance({ backend })],
];

describe.each(makers)('%s', (_name, make) => {
  test('frees every array it made', async () => {
    const { backend, held } = counting();
    const loss = make(backend);
    const solution = await loss.solve(x, y, { wrt: 'x' });
    await solution.gradients('both');
    await loss.target(y).valueAndGradients(x);
    loss.valueSync(x, y);
    expect(held()).toBe(0);
  });

  test.each([1, 4, 7])('frees every array when the device fails at reduction %i', async (count) => {
    const { backend, held } = counting(count);
    await expect(make(backend).valueAndGradients(x, y, { wrt: 'both' })).rejects.toBeInstanceOf(DeviceLostError);
    expect(held()).toBe(0);
  });

  test('tells of its progress, and stops when told to', async () => {
    const { backend, held } = counting();
    const seen: Progress[] = [];
    const controller = new AbortController();
    const run = make(backend).valueAndGradients(x, y, {
      signal: controller.signal,
      onProgress(progress) {
        seen.push(progress);
        if (seen.length === 2) controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(seen).toHaveLength(2);
    for (const { stage, iteration, epsilon, share = 0 } of seen) {
      expect(stage).toMatch(/^[a-z]+( [a-z]+)?$/);
      expect(iteration ?? 1).toBeGreaterThanOrEqual(1);
      expect(epsilon ?? 1).toBeGreaterThan(0);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(held()).toBe(0);
  });

  test('does not begin when stopped before', async () => {
    const { backend, held } = counting(0);
    const signal = AbortSignal.abort();
    await expect(make(backend).value(x, y, { signal })).rejects.toThrow(/abort/i);
    expect(held()).toBe(0);
  });

  test('lets timers run while it works', async () => {
    const big = cloud(1500, 2, 3);
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error('the timer came')), 20);
    const loss = make(cpu());
    const endless = async () => {
      for (;;)
        await loss.value(big, big.points.length > 0 ? { ...big, points: big.points.map((v) => v + 1) } : big, {
          signal: controller.signal,
        });
    };
    await expect(endless()).rejects.toThrow('the timer came');
    clearTimeout(timer);
  });

  test('says so where a backend can only be read with waiting', () => {
    const { readSync: _, ...asynchronous } = cpu();
    const loss = make(asynchronous);
    expect(() => loss.valueSync(x, y)).toThrow(UnsupportedError);
    expect(() => loss.valueSync(x, y)).toThrow(/'cpu' cannot be read synchronously.*promise/);
  });
});

test('a backend that was disposed of is a lost device', async () => {
  const backend = cpu();
  const loss = energyDistance({ backend });
  backend.dispose();
  await expect(loss.value(x, y)).rejects.toBeInstanceOf(DeviceLostError);
});

test('progress waits for a backend that is behind, which an abort ends', async () => {
  const { backend, held } = counting();
  const events: string[] = [];
  const behind: Backend = {
    ...backend,
    async drain() {
      await new Promise((resolve) => setTimeout(resolve, 1));
      events.push('caught up');
    },
  };
  const onProgress = ({ stage }: Progress) => events.push(stage);
  await sinkhornDivergence({ backend: behind, tolerance: null }).value(x, y, { onProgress });
  expect(events).toContain('annealing');
  events.forEach((event, k) => {
    if (event === 'annealing' || event === 'final update') expect(events[k - 1]).toBe('caught up');
  });

  const controller = new AbortController();
  const stuck: Backend = {
    ...backend,
    drain() {
      queueMicrotask(() => controller.abort());
      return new Promise(() => {});
    },
  };
  const run = sinkhornDivergence({ backend: stuck, tolerance: null }).value(x, y, {
    signal: controller.signal,
    onProgress,
  });
  await expect(run).rejects.toThrow('abort');
  expect(held()).toBe(0);
});
