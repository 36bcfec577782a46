import { cpu } from '@sinkhorn/backend-cpu';
import { type WebgpuBackend, webgpu } from '@sinkhorn/backend-webgpu';
import { conformanceTests, runConformanceTest } from '@sinkhorn/conformance';
import { column, mul, row, sub, UnsupportedError } from '@sinkhorn/core';
import { hausdorffDivergence, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from 'webgpu';
import { altered, withLimits } from './support/altered.js';

// What every device has is enough, and arrays beyond what it binds are in several pieces.

/** Small enough for arrays of a few thousand numbers to be in pieces. */
const NARROW_BYTES = 4096;
/** The partial results of a row, one for each piece of 70,000 columns and more, have to fit into one. */
const SUITE_BYTES = 8192;

let owner: WebgpuBackend;
beforeAll(async () => {
  owner = await webgpu();
});
afterAll(() => owner.dispose());

const narrow = (bytes = NARROW_BYTES) =>
  webgpu({ device: withLimits(owner.device, { maxStorageBufferBindingSize: bytes, maxBufferSize: 2 ** 28 }) });

describe('arrays in pieces', () => {
  // What the suite asks of reductions, with arrays of some KiB in it; the others are about formulas and lifetimes.
  const chosen = conformanceTests.filter(({ id }) => /^reduce\/|^contract\/(order|permute)/.test(id));
  test.each(chosen.map(({ id }) => id))('%s', (id) => runConformanceTest(id, () => narrow(SUITE_BYTES)));

  test('go in and come out whole, of the caller too', async () => {
    const backend = await narrow();
    const numbers = Float32Array.from({ length: 9000 }, (_, k) => k);
    const whole = backend.array(numbers, [3000, 3]);
    expect(backend.memory().buffers).toBe(9);
    expect(await backend.read(whole)).toEqual(numbers);
    const buffer = backend.takeBuffer(whole);
    expect(backend.memory().buffers).toBe(0);
    const again = backend.fromBuffer(buffer, [2990, 3], 4);
    expect(await backend.read(again)).toEqual(numbers.slice(1, 8971));
    const one = backend.array([1], [1, 1]);
    const value = mul(sub(row('p', 3), row('p', 3)), column('one'));
    const [zero] = backend.reduce({
      kind: 'sum',
      value,
      rows: { p: again },
      columns: { one },
      parameters: {},
    });
    expect(Math.max(...(await backend.read(zero)))).toBe(0);
    backend.dispose();
    buffer.destroy();
  });

  test('give the losses that they should', async () => {
    const backend = await narrow();
    const reference = cpu();
    const cloud = (count: number, shift: number) => ({
      points: Float32Array.from({ length: 3 * count }, (_, k) => Math.sin(12.9898 * k + shift)),
      dimension: 3,
    });
    for (const make of [sinkhornDivergence, hausdorffDivergence]) {
      const [got, wanted] = await Promise.all(
        [backend, reference].map((each) =>
          make({ backend: each, blur: 0.3 }).valueAndGradients(cloud(700, 0), cloud(500, 1)),
        ),
      );
      expect(Math.abs(got.value / wanted.value - 1)).toBeLessThan(1e-3);
    }
    backend.dispose();
  });

  test('refuses what is too long in one piece, and names the limit', async () => {
    const backend = await narrow();
    const length = NARROW_BYTES / 4 + 1;
    expect(() => backend.array(new Float32Array(length), [1, length])).toThrow(UnsupportedError);
    expect(() => backend.array(new Float32Array(length), [1, length])).toThrow('maxStorageBufferBindingSize');
    backend.dispose();
  });
});

test('8 storage bindings and 16 KiB of workgroup memory are enough for transport', async () => {
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  const device = await adapter?.requestDevice();
  if (!device) throw new Error('there is no adapter');
  expect(device.limits.maxStorageBuffersPerShaderStage).toBeLessThanOrEqual(10);
  const codes: string[] = [];
  const bindings: number[] = [];
  const watched = altered(
    withLimits(device, { maxStorageBuffersPerShaderStage: 8, maxComputeWorkgroupStorageSize: 16_384 }),
    {
      createShaderModule(descriptor: GPUShaderModuleDescriptor) {
        codes.push(descriptor.code);
        return device.createShaderModule(descriptor);
      },
      createBindGroupLayout(descriptor: GPUBindGroupLayoutDescriptor) {
        bindings.push([...descriptor.entries].filter(({ buffer }) => buffer?.type !== 'uniform').length);
        return device.createBindGroupLayout(descriptor);
      },
    },
  );
  const backend = await webgpu({ device: watched });
  // Enough pairs for tiles.
  const cloud = (dimension: number) => ({
    points: Float32Array.from({ length: 260 * dimension }, (_, k) => Math.sin(k)),
    dimension,
  });
  for (const [dimension, p] of [
    [3, 1],
    [3, 2],
    // Of more than 8 components any number takes the same kernels.
    [64, 2],
  ] as const) {
    const pair = [cloud(dimension), { ...cloud(dimension), weights: new Float32Array(260).fill(1 / 200) }] as const;
    const loss = sinkhornDivergence({ backend, p, blur: 1, reach: 2, scaling: 0.2, tolerance: null });
    await loss.valueAndGradients(...pair);
  }
  const plane = cloud(2);
  await hausdorffDivergence({ backend, blur: 1, tolerance: 0.1 }).valueAndGradients(plane, plane);
  expect(codes.length).toBeGreaterThan(12);
  expect(Math.max(...bindings)).toBeLessThanOrEqual(8);
  const tiles = codes.map((code) =>
    [...code.matchAll(/var<workgroup> \w+: array<vec(\d)<f32>, (\d+)>/g)].reduce(
      // A vector of three would take as much as one of four: there is none.
      (bytes, [, lanes, length]) => bytes + 4 * Number(lanes) * Number(length),
      0,
    ),
  );
  expect(Math.max(...tiles)).toBeGreaterThan(0);
  expect(Math.max(...tiles)).toBeLessThanOrEqual(16_384);
  // All of them were counted.
  for (const code of codes)
    expect(code.split('var<workgroup>').length).toBe(code.split(/var<workgroup> \w+: array<vec[24]</).length);
  backend.dispose();
  device.destroy();
  expect(gpu && adapter).toBeTruthy();
});
