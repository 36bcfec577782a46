import { type WebgpuBackend, webgpu } from '@sinkhorn/backend-webgpu';
import { column, constant, type Expression, InvalidFormulaError, InvalidOptionError, mul, row } from '@sinkhorn/core';
import { afterAll, beforeAll, expect, test } from 'vitest';

// Buffers of a caller that go in and come out without a copy, in the order of the device's queue.

// Of the standard: Node has the interfaces without these names.
const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 };
const MAP_READ = 1;

let owner: WebgpuBackend;
let backend: WebgpuBackend;
let device: GPUDevice;

beforeAll(async () => {
  owner = await webgpu();
  device = owner.device;
  backend = await webgpu({ device });
});
afterAll(() => {
  backend.dispose();
  owner.dispose();
});

function bufferOf(values: readonly number[], usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget): GPUBuffer {
  const buffer = device.createBuffer({ size: 4 * values.length, usage });
  device.queue.writeBuffer(buffer, 0, Float32Array.from(values));
  return buffer;
}

async function numbersOf(buffer: GPUBuffer, count: number): Promise<number[]> {
  const staging = device.createBuffer({ size: 4 * count, usage: USAGE.mapRead | USAGE.copyTarget });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, 4 * count);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(MAP_READ);
  const numbers = [...new Float32Array(staging.getMappedRange())];
  staging.destroy();
  return numbers;
}

const value = mul(row('u'), column('v'));

test('a buffer of the caller is an array, from any place in it, and stays the caller’s', async () => {
  const buffer = bufferOf([9, 9, 9, 1, 2, 3, 9]);
  const u = backend.fromBuffer(buffer, [3, 1], 12);
  expect([...(await backend.read(u))]).toEqual([1, 2, 3]);
  const v = backend.array([10, 100], [2, 1]);
  const [result] = backend.reduce({ kind: 'sum', value, rows: { u }, columns: { v }, parameters: {} });
  backend.release(u);
  // What was enqueued before the release sees the numbers of then.
  device.queue.writeBuffer(buffer, 0, new Float32Array(7));
  expect([...(await backend.read(result))]).toEqual([110, 220, 330]);
  expect(await numbersOf(buffer, 7)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  expect(() => backend.release(u)).toThrow(InvalidFormulaError);
  for (const array of [v, result]) backend.release(array);
  buffer.destroy();
  expect(backend.memory().buffers).toBe(0);
});

test('more arrays than a device binds may be of the caller, too', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `v${index}`);
  const buffer = bufferOf(names.map((_, index) => index));
  const arrays = Object.fromEntries(names.map((name, index) => [name, backend.fromBuffer(buffer, [1, 1], 4 * index)]));
  const [result] = backend.reduce({
    kind: 'sum',
    value: names.slice(1).reduce<Expression>((product, name) => mul(product, row(name)), constant(1)),
    rows: arrays,
    columns: {},
    parameters: {},
  });
  expect([...(await backend.read(result))]).toEqual([39_916_800]);
  for (const array of [...Object.values(arrays), result]) backend.release(array);
  buffer.destroy();
});

test('the buffer of a result becomes the caller’s, written before all that the caller submits', async () => {
  const [u, v] = [backend.array([1, 2], [2, 1]), backend.array([3, 4, 5], [3, 1])];
  const [result] = backend.reduce({ kind: 'sum', value, rows: { u }, columns: { v }, parameters: {} });
  const buffer = backend.takeBuffer(result);
  expect(await numbersOf(buffer, 2)).toEqual([12, 24]);
  expect(() => backend.release(result)).toThrow(InvalidFormulaError);
  for (const array of [u, v]) backend.release(array);
  expect(backend.memory().buffers).toBe(0);
  const again = backend.fromBuffer(buffer, [2, 1]);
  const copied = backend.takeBuffer(again);
  expect(copied).not.toBe(buffer);
  expect(await numbersOf(copied, 2)).toEqual([12, 24]);
  for (const each of [buffer, copied]) each.destroy();
});

test.each([
  ['is too short', 3, 0, 'ends at 12'],
  ['ends before the array', 2, 4, 'ends at 12'],
  ['has no such place', 1, 2, 'multiple of 4'],
  ['begins later', 1, -4, 'multiple of 4'],
])('refuses a buffer that %s', (_, count, offset, message) => {
  const buffer = bufferOf([1, 2]);
  expect(() => backend.fromBuffer(buffer, [count, 1], offset)).toThrow(InvalidOptionError);
  expect(() => backend.fromBuffer(buffer, [count, 1], offset)).toThrow(message);
  buffer.destroy();
});

test('refuses a buffer that kernels cannot read', () => {
  const buffer = bufferOf([1, 2], USAGE.copySource | USAGE.copyTarget);
  expect(() => backend.fromBuffer(buffer, [2, 1])).toThrow('GPUBufferUsage.STORAGE');
  buffer.destroy();
});
