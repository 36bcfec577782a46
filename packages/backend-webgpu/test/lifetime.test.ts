import { type WebgpuBackend, webgpu } from '@sinkhorn/backend-webgpu';
import { column, DeviceError, DeviceLostError, mul, OutOfMemoryError, row } from '@sinkhorn/core';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { expect, inject, test } from 'vitest';
import { altered } from './support/altered.js';

const x = [
  [0, 0],
  [1, 0],
  [0.5, 1],
];
const y = [
  [0, 1],
  [1, 1],
];

async function withBackend(work: (backend: WebgpuBackend) => Promise<void>): Promise<void> {
  const backend = await webgpu();
  try {
    await work(backend);
  } finally {
    backend.dispose();
  }
}

async function product(backend: WebgpuBackend): Promise<number> {
  const u = backend.array([3], [1, 1]);
  const v = backend.array([5], [1, 1]);
  const value = mul(row('u'), column('v'));
  const [result] = backend.reduce({ kind: 'sum', value, rows: { u }, columns: { v }, parameters: {} });
  const [number] = await backend.read(result);
  for (const array of [u, v, result]) backend.release(array);
  return number;
}

test('says what it runs on', () =>
  withBackend(async (backend) => {
    expect(backend.description).toMatch(/\w+/);
    expect(typeof backend.software).toBe('boolean');
  }));

test('refuses options that it does not have', async () => {
  await expect(webgpu({ threads: 2 } as object)).rejects.toThrow("no option 'threads'");
});

test('holds no more after many solves than after the first', () =>
  withBackend(async (backend) => {
    const loss = sinkhornDivergence({ backend, p: 2, blur: 0.5, tolerance: null });
    const first = await loss.value(x, y);
    const before = backend.memory();
    expect(before.buffers).toBe(0);
    for (let solve = 1; solve < inject('solves'); solve++) {
      const value = await loss.value(x, y);
      if (value !== first) throw new Error(`solve ${solve} gave ${value} and not ${first}`);
    }
    expect(backend.memory()).toEqual(before);
  }));

test('ends what waits with a DeviceLostError when its device is destroyed, and a new one works at once', async () => {
  const backend = await webgpu();
  const loss = sinkhornDivergence({
    backend,
    p: 2,
    blur: 0.001,
    method: 'alternating',
    tolerance: 1e-7,
    maxIterations: 10_000,
  });
  const solving = loss.value(x, y, {
    onProgress: ({ iteration }) => {
      if (iteration === 2) backend.device.destroy();
    },
  });
  const reading = backend.read(backend.array([1], [1, 1])).catch((error: unknown) => error);
  await expect(solving).rejects.toBeInstanceOf(DeviceLostError);
  await reading;
  await backend.device.lost;
  expect(() => backend.array([1], [1, 1])).toThrow(DeviceLostError);
  await expect(backend.read({ shape: [1, 1] })).rejects.toBeInstanceOf(DeviceLostError);
  backend.dispose();
  await withBackend(async (another) => expect(await product(another)).toBe(15));
});

test('tells when the device has caught up, and when there is none any more', () =>
  withBackend(async (backend) => {
    const points = backend.array(
      Float32Array.from({ length: 6000 }, (_, k) => Math.sin(k)),
      [3000, 2],
    );
    const reduction = { kind: 'sum', value: row('p', 2), rows: { p: points }, columns: { q: points } } as const;
    const sums = Array.from({ length: 40 }, () => backend.reduce({ ...reduction, parameters: {} })[0]);
    let isDrained = false;
    const waiting = backend.drain?.().then(() => {
      isDrained = true;
    });
    await Promise.resolve();
    expect(isDrained).toBe(false);
    await waiting;
    expect(isDrained).toBe(true);
    expect(await backend.read(sums[39])).toEqual(await backend.read(sums[0]));
    const more = Array.from({ length: 40 }, () => backend.reduce({ ...reduction, parameters: {} })[0]);
    const drain = backend.drain?.();
    backend.dispose();
    await drain;
    expect(more).toHaveLength(40);
  }));

test('two backends share a device of the caller, which outlives them', () =>
  withBackend(async ({ device }) => {
    const [one, two] = [await webgpu({ device }), await webgpu({ device })];
    expect(await Promise.all([product(one), product(two)])).toEqual([15, 15]);
    one.dispose();
    expect(await product(two)).toBe(15);
    two.dispose();
    const third = await webgpu({ device });
    expect(await product(third)).toBe(15);
    third.dispose();
  }));

test('a refusal by the device ends the read that comes after it, with its words', () =>
  withBackend(async ({ device }) => {
    const backend = await webgpu({ device });
    const array = backend.array([1, 2, 3, 4], [4, 1]);
    // A buffer destroyed behind the backend's back: its next submission is not valid.
    (array as unknown as { readonly pieces: readonly { buffer: GPUBuffer }[] }).pieces[0].buffer.destroy();
    await expect(backend.read(array)).rejects.toBeInstanceOf(DeviceError);
    backend.dispose();
  }));

test('memory that the device does not have ends the read that comes after it, with an OutOfMemoryError', () =>
  withBackend(async ({ device }) => {
    const scopes: string[] = [];
    let isFull = false;
    const full = altered(device, {
      pushErrorScope: (filter: GPUErrorFilter) => void scopes.push(filter),
      // As a device tells that has no memory left for a buffer.
      popErrorScope: async () => (scopes.pop() === 'out-of-memory' && isFull ? { message: 'no memory' } : null),
    });
    const backend = await webgpu({ device: full });
    isFull = true;
    await expect(backend.read(backend.array([1], [1, 1]))).rejects.toBeInstanceOf(OutOfMemoryError);
    expect(() => backend.array([1], [1, 1])).toThrow('use smaller clouds or batches');
    backend.dispose();
  }));

test('a kernel that the device does not compile ends what waits, and nothing is unhandled', () =>
  withBackend(async ({ device }) => {
    const deaf = altered(device, {
      createComputePipelineAsync: async () => {
        throw new Error('no such instruction');
      },
    });
    const backend = await webgpu({ device: deaf });
    await expect(product(backend)).rejects.toBeInstanceOf(DeviceError);
    await expect(product(backend)).rejects.toThrow('no such instruction');
    backend.dispose();
  }));

test('work that an abort left without a use is dropped, and the backend goes on', () =>
  withBackend(async (backend) => {
    const points = (shift: number) => Array.from({ length: 3000 }, (_, k) => [Math.sin(k) + shift, Math.cos(3 * k)]);
    const loss = sinkhornDivergence({ backend, p: 2, blur: 0.05, scaling: 0.9, tolerance: null });
    const controller = new AbortController();
    const reason = new Error('enough');
    const solving = loss.value(points(0), points(1), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 200);
    await expect(solving).rejects.toBe(reason);
    // The rest of some hundred passes over 9 million pairs would go on for longer than a test may.
    expect(await product(backend)).toBe(15);
    expect(backend.memory().buffers).toBe(0);
  }));
