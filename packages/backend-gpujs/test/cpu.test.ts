import { gpujs } from '@sinkhorn/backend-gpujs';
import { BackendUnavailableError, column, distance, exp, InvalidOptionError, neg, row } from '@sinkhorn/core';
import { GPU } from 'gpu.js';
import { expect, test, vi } from 'vitest';
import { product } from './product.js';

test('a mode that is not there is named with what it takes', async () => {
  await expect(gpujs()).rejects.toBeInstanceOf(BackendUnavailableError);
  await expect(gpujs()).rejects.toThrow("mode 'headlessgl'");
  await expect(gpujs({ mode: 'headlessgl' })).rejects.toThrow('the package gl, which has to be installed');
  await expect(gpujs({ mode: 'webgl2' })).rejects.toThrow("mode 'webgl2' needs a browser");
});

test('refuses options that it does not have', async () => {
  await expect(gpujs({ threads: 2 } as object)).rejects.toThrow("no option 'threads'");
  await expect(gpujs({ mode: 'webgpu' } as object)).rejects.toThrow('it is one of webgl2, webgl, headlessgl, cpu');
  await expect(gpujs({ gpu: {} as GPU })).rejects.toBeInstanceOf(InvalidOptionError);
  await expect(gpujs({ load: import('gpu.js') } as object)).rejects.toThrow("() => import('gpu.js')");
  await expect(gpujs({ gpu: new GPU({ mode: 'cpu' }), mode: 'webgl' })).rejects.toThrow("runs in mode 'cpu'");
});

test('gpu.js comes from where the caller says', async () => {
  expect(await product(await gpujs({ mode: 'cpu', load: () => import('gpu.js') }))).toBe(15);
  const absent = () => Promise.reject(new Error('not in this bundle'));
  await expect(gpujs({ mode: 'cpu', load: absent })).rejects.toThrow('gpu.js does not load');
  await expect(gpujs({ mode: 'cpu', load: async () => ({}) })).rejects.toThrow('has no GPU');
});

test('says what it runs on', async () => {
  const backend = await gpujs({ mode: 'cpu' });
  expect(backend.mode).toBe('cpu');
  expect(backend.software).toBe(true);
  expect(await product(backend)).toBe(15);
  expect(backend.memory()).toEqual({ used: 0, textures: 0 });
  backend.dispose();
});

test('shares a GPU of the caller', async () => {
  const gpu = new GPU({ mode: 'cpu' });
  const backend = await gpujs({ gpu });
  expect(backend.mode).toBe('cpu');
  expect(await product(backend)).toBe(15);
  backend.dispose();
  expect(await product(await gpujs({ gpu }))).toBe(15);
});

test('where kernels cannot be made it says that a policy may forbid them', async () => {
  vi.stubGlobal('Function', function refuse() {
    throw new EvalError('refused');
  });
  const silent = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    await expect(gpujs({ mode: 'cpu' })).rejects.toThrow('unsafe-eval');
  } finally {
    silent.mockRestore();
    vi.unstubAllGlobals();
  }
});

test('points of more dimensions than a texture has room for are refused by name', async () => {
  const backend = await gpujs({ mode: 'cpu' });
  const dimension = 300_000;
  expect(() => backend.array(new Float32Array(4 * dimension), [4, dimension])).toThrow(
    '4 entries of 300000 numbers need a texture of 4 x 75000, and cpu has at most 16384 x 16384 here (MAX_TEXTURE_SIZE): use fewer dimensions, or another backend',
  );
  backend.dispose();
});

test('in cpu mode other work has its turn during a pass, and an abort is heard', async () => {
  const backend = await gpujs({ mode: 'cpu' });
  const cloud = (count: number) => backend.array(Float64Array.from({ length: 3 * count }, Math.sin), [count, 3]);
  const [rows, columns] = [{ x: cloud(4000) }, { y: cloud(20_000) }];
  const value = exp(neg(distance(row('x', 3), column('y', 3))));
  const [sums] = backend.reduce({ kind: 'sum', value, rows, columns, parameters: {} });
  const controller = new AbortController();
  const held: number[] = [];
  let last = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    held.push((user + system) / 1000);
    last = process.cpuUsage();
    if (held.length === 8) controller.abort(new Error('enough'));
  }, 1);
  try {
    await expect(backend.read(sums, controller.signal)).rejects.toThrow('enough');
  } finally {
    clearInterval(timer);
  }
  expect(held.length).toBeGreaterThanOrEqual(8);
  // Milliseconds of the processor; 80 million pairs at once take seconds.
  expect(Math.max(...held)).toBeLessThan(300);
  const small = backend.array([1, 2], [2, 1]);
  expect([...(await backend.read(small))]).toEqual([1, 2]);
  backend.dispose();
});
