import { expect, test } from 'vitest';
import { heap } from '../src/memory/heap.js';

const make = () => heap(new WebAssembly.Memory({ initial: 1 }), 1024);

test('memory that a job may still use goes to later jobs, and to the host only when the job is done', () => {
  const memory = make();
  const first = memory.allocate(1000, 0);
  memory.free(first, 1000, 5);
  expect(memory.allocate(1000, 4)).not.toBe(first);
  expect(memory.allocate(1000, 5)).toBe(first);
});

test('a range in use holds back neither its neighbours nor what is grown behind it', () => {
  const memory = make();
  const [first, second, third] = [20_000, 20_000, 20_000].map((bytes) => memory.allocate(bytes, 0));
  memory.free(second, 20_000, 9);
  memory.free(first, 20_000, 0);
  expect(memory.allocate(20_000, 0)).toBe(first);
  expect(memory.allocate(200_000, 0)).toBeGreaterThan(third);
  expect(memory.allocate(20_000, 9)).toBe(second);
});

test('freed neighbours are one range again', () => {
  const memory = make();
  const addresses = Array.from({ length: 10 }, () => memory.allocate(2000, 0));
  for (const address of addresses) memory.free(address, 2000, 0);
  expect(memory.used).toBe(0);
  expect(memory.allocate(10 * 2000, 0)).toBe(addresses[0]);
});
