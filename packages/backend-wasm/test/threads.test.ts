import { execFile } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';
import workerThreads, { type Worker } from 'node:worker_threads';
import { type WasmBackend, wasm } from '@sinkhorn/backend-wasm';
import {
  add,
  type BlockPattern,
  column,
  DeviceLostError,
  derivative,
  InvalidOptionError,
  mul,
  type Reduction,
  reduced,
  reducedLogSumExp,
  row,
  squaredDistance,
  sub,
  UnsupportedError,
} from '@sinkhorn/core';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { stretched } from '../../../scripts/check/slowness.mjs';

/** Numbers between 0 and 1 that look random. */
const draws = (count: number, seed = 0) =>
  Float64Array.from(
    { length: count },
    (_, k) => Math.abs(Math.sin((k + 1) * 12.9898 + seed * 78.233) * 43758.5453) % 1,
  );

/** The workers that backends start, in the order in which they start them. */
const workers: Worker[] = [];
const OriginalWorker = workerThreads.Worker;

beforeAll(() => {
  workerThreads.Worker = class extends OriginalWorker {
    constructor(...options: ConstructorParameters<typeof OriginalWorker>) {
      super(...options);
      workers.push(this);
    }
  };
  syncBuiltinESMExports();
});

afterAll(() => {
  workerThreads.Worker = OriginalWorker;
  syncBuiltinESMExports();
});

/** A softmax mean between clouds, as losses ask for it. */
function softmaxMean(backend: WasmBackend, n: number, m: number, size = 3, blocks?: BlockPattern): Reduction {
  const x = row('x', size);
  const y = column('y', size);
  const distance = squaredDistance(x, y);
  return {
    kind: 'softmaxMean',
    score: sub(add(column('h'), 1), mul(100, distance)),
    value: derivative(distance, x),
    finish: mul(reducedLogSumExp(), reduced(size)),
    rows: { x: backend.array(draws(n * size), [n, size]) },
    columns: { y: backend.array(draws(m * size, 1), [m, size]), h: backend.array(draws(m, 2), [m, 1]) },
    parameters: {},
    blocks,
  };
}

describe('threads', () => {
  test.each(['float32', 'float64'] as const)('give the same bits, however many there are: %s', async (precision) => {
    const blocks = {
      rowStarts: Uint32Array.of(0, 300, 301, 1501),
      columnStarts: Uint32Array.of(0, 70, 1300, 2003),
      offsets: Uint32Array.of(0, 2, 3, 5),
      columnBlocks: Uint32Array.of(0, 2, 1, 1, 2),
    };
    const results: (readonly number[])[] = [];
    for (const threads of [1, 2, 8]) {
      const backend = await wasm({ precision, threads });
      expect(backend.threads).toBe(threads);
      const all: number[] = [];
      for (const [size, pattern] of [
        [3, undefined],
        [3, blocks],
        [20, undefined],
      ] as const) {
        for (const array of backend.reduce(softmaxMean(backend, 1501, 2003, size, pattern))) {
          all.push(...(await backend.read(array)));
        }
      }
      const loss = sinkhornDivergence({ backend, blur: 0.1, method: 'alternating' });
      const x = { points: draws(900 * 3), dimension: 3 };
      const y = { points: draws(1100 * 3, 5), dimension: 3 };
      const step = await loss.valueAndGradients(x, y, { wrt: 'both' });
      all.push(step.value, ...step.x.points, ...step.y.points);
      results.push(all);
      backend.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test('put rows in order', async () => {
    const [n, size] = [150_000, 7];
    const values = Float32Array.from(draws(n * size));
    const order = Uint32Array.from({ length: n }, (_, k) => (k * 7919) % n);
    const expected = values.map((_, at) => values[order[Math.floor(at / size)] * size + (at % size)]);
    for (const threads of [1, 2]) {
      const backend = await wasm({ threads });
      const array = backend.array(values, [n, size]);
      const permuted = backend.permute?.(array, order);
      backend.release(array);
      if (!permuted) throw new Error('wasm puts rows in order');
      const found = await backend.read(permuted);
      expect(found.length).toBe(n * size);
      expect(found.every((value, at) => value === expected[at])).toBe(true);
      backend.dispose();
    }
  });

  test('take jobs in order, more of them than there are places, without a wait in between', async () => {
    const backend = await wasm({ threads: 2 });
    const n = 70_000;
    let array = backend.array(new Float32Array(n), [n, 1]);
    for (let k = 0; k < 1300; k++) {
      const [next] = backend.reduce({
        kind: 'sum',
        value: add(row('u'), 1),
        rows: { u: array },
        columns: {},
        parameters: {},
      });
      backend.release(array);
      array = next;
    }
    expect(new Set(await backend.read(array))).toEqual(new Set([1300]));
    backend.dispose();
  });

  test('are waited for by whoever wants to be in step with them', async () => {
    const backend = await wasm({ threads: 2 });
    const reduction = softmaxMean(backend, 1500, 1500);
    const results = Array.from({ length: 20 }, () => backend.reduce(reduction)[0]);
    const done: string[] = [];
    const reads = [0, 10, 19].map((k) => backend.read(results[k]).then(() => done.push(`job ${k}`)));
    const drain = backend.drain?.().then(async () => {
      done.push('drained');
      // A busy host hears of many jobs at once; a read then takes a few promises more than `drain`.
      await new Promise((resolve) => setImmediate(resolve));
      return done.includes('job 10');
    });
    const [firstJobsDone] = await Promise.all([drain, ...reads]);
    expect(firstJobsDone).toBe(true);
    expect(done.indexOf('drained')).toBeLessThan(done.indexOf('job 19'));
    backend.dispose();
  });

  test('share large passes and leave small ones to the host, in any order', async () => {
    const backend = await wasm({ threads: 2 });
    const large = softmaxMean(backend, 150, 150);
    const small = softmaxMean(backend, 7, 9);
    const first = [large, small].map((reduction) => backend.readSync?.(backend.reduce(reduction)[0]));
    for (let k = 0; k < 3000; k++) {
      for (const [index, reduction] of [large, small].entries()) {
        const results = backend.reduce(reduction);
        if (k % 50 === 0) expect(backend.readSync?.(results[0])).toEqual(first[index]);
        else backend.readSync?.(results[0]);
        for (const array of results) backend.release(array);
      }
    }
    backend.dispose();
  });

  test('a worker that is ended in the middle of a solve ends it with an error', async () => {
    const first = workers.length;
    const backend = await wasm({ threads: 2 });
    const loss = sinkhornDivergence({ backend, blur: 0.01, method: 'alternating' });
    const cloud = (seed: number) => ({ points: draws(4000 * 3, seed), dimension: 3 });
    const solving = loss.value(cloud(1), cloud(2));
    setTimeout(() => workers[first + 1].terminate(), 100);
    await expect(solving).rejects.toThrow(DeviceLostError);
    await expect(loss.value(cloud(1), cloud(2))).rejects.toThrow(DeviceLostError);
    expect(() => backend.array([1], [1, 1])).toThrow(DeviceLostError);
    // A new one can be had at once.
    const another = await wasm({ threads: 2 });
    expect([...(await another.read(another.array([1, 2], [2, 1])))]).toEqual([1, 2]);
    another.dispose();
  });

  test('a worker that is ended while the host sleeps ends the sleep with an error', async () => {
    const first = workers.length;
    const backend = await wasm({ threads: 2 });
    const [result] = backend.reduce(softmaxMean(backend, 30_000, 30_000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Its end is heard of only when the host is back at its events.
    void workers[first].terminate();
    expect(() => backend.readSync?.(result)).toThrow(DeviceLostError);
    expect(() => backend.readSync?.(result)).toThrow(DeviceLostError);
    backend.dispose();
  });

  test('a process ends by itself, with a backend open and idle', async () => {
    const script = `
      import { wasm } from '@sinkhorn/backend-wasm';
      const backend = await wasm({ threads: 2 });
      const array = backend.array([1, 2, 3], [3, 1]);
      console.log((await backend.read(array)).join());
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: new URL('..', import.meta.url),
      timeout: stretched(20_000),
    });
    expect(stdout.trim()).toBe('1,2,3');
  });
});

describe('memory', () => {
  test('holds no more after many solves than after the first ones', async () => {
    const backend = await wasm({ threads: 2 });
    const loss = sinkhornDivergence({ backend, blur: 0.3, method: 'alternating' });
    const x = { points: draws(30 * 2), dimension: 2 };
    const y = { points: draws(40 * 2, 3), dimension: 2 };
    const solve = async () => {
      const solution = await loss.solve(x, y);
      await solution.gradients('both');
    };
    for (let k = 0; k < 5; k++) await solve();
    const before = backend.memory();
    for (let k = 0; k < inject('solves'); k++) await solve();
    expect(backend.memory()).toEqual(before);
    backend.dispose();
  });

  test('that cannot be addressed is refused, and nothing is lost', async () => {
    const backend = await wasm({ threads: 1 });
    const kept = backend.array([1, 2, 3], [3, 1]);
    expect(() => backend.array({ length: 2 ** 30 }, [2 ** 30, 1])).toThrow(UnsupportedError);
    expect(() => backend.array({ length: 2 ** 30 }, [2 ** 30, 1])).toThrow(/4 GiB/);
    expect([...(await backend.read(kept))]).toEqual([1, 2, 3]);
    backend.dispose();
  });
});

test.each([
  [{ precision: 'float16' }, /precision is float16: it is 'float32' or 'float64'/],
  [{ threads: 0 }, /threads is 0: give a whole number, 1 or more/],
  [{ threads: 1.5 }, /threads is 1.5/],
  [{ thread: 2 }, /no option 'thread'/],
])('options are checked: %o', async (options, message) => {
  await expect(wasm(options as never)).rejects.toThrow(InvalidOptionError);
  await expect(wasm(options as never)).rejects.toThrow(message);
});
