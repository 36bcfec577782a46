import { type GpujsBackend, gpujs } from '@sinkhorn/backend-gpujs';
import { BackendUnavailableError, DeviceLostError, UnsupportedError } from '@sinkhorn/core';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { GPU } from 'gpu.js';
import { describe, expect, inject, test, vi } from 'vitest';
import { product } from './product.js';

const load = () => import('gpu.js');
const x = [
  [0, 0],
  [1, 0],
  [0.5, 1],
];
const y = [
  [0, 1],
  [1, 1],
];

/** What a page's canvases gave while a backend was made, the last one first. */
async function withContext(mode: 'webgl2' | 'webgl') {
  const seen = vi.spyOn(HTMLCanvasElement.prototype, 'getContext');
  try {
    const backend = await gpujs({ load, mode });
    const contexts = seen.mock.results.map(({ value }) => value as WebGLRenderingContext | null);
    return { backend, context: contexts[0] as WebGLRenderingContext };
  } finally {
    seen.mockRestore();
  }
}

describe.each(['webgl2', 'webgl'] as const)('in mode %s', (mode) => {
  async function withBackend(work: (backend: GpujsBackend) => Promise<void>): Promise<void> {
    const backend = await gpujs({ load, mode });
    try {
      await work(backend);
    } finally {
      backend.dispose();
    }
  }

  test('says what it runs on, and that the GPU is emulated in software here', () =>
    withBackend(async (backend) => {
      expect(backend.mode).toBe(mode);
      expect(backend.description).toMatch(new RegExp(`^${mode} on .*SwiftShader.*software`));
      expect(backend.software).toBe(true);
    }));

  test('holds no more after many solves than after the first', () =>
    withBackend(async (backend) => {
      const created = vi.spyOn(glPrototype(mode), 'createTexture');
      const deleted = vi.spyOn(glPrototype(mode), 'deleteTexture');
      const loss = sinkhornDivergence({ backend, p: 2, blur: 1.4, tolerance: null });
      const left = () => created.mock.results.length - new Set(deleted.mock.calls.map(([texture]) => texture)).size;
      const first = await loss.value(x, y);
      const before = { ...backend.memory(), left: left() };
      expect(before.textures).toBe(0);
      for (let solve = 1; solve < inject('solves'); solve++) {
        const value = await loss.value(x, y);
        if (value !== first) throw new Error(`solve ${solve} gave ${value} and not ${first}`);
      }
      expect({ ...backend.memory(), left: left() }).toEqual(before);
      created.mockRestore();
      deleted.mockRestore();
    }));

  test('a kernel does not keep a large result that was released', () =>
    withBackend(async (backend) => {
      const large = backend.array(new Float32Array(200_000), [200_000, 1]);
      const deleted = vi.spyOn(glPrototype(mode), 'deleteTexture');
      const result = await product(backend, large);
      expect(result).toBe(0);
      expect(deleted.mock.calls.length).toBeGreaterThan(0);
      deleted.mockRestore();
      backend.release(large);
      expect(backend.memory()).toEqual({ used: 0, textures: 0 });
    }));

  test('a context that is lost in the middle of a solve ends it with a DeviceLostError, and a new backend works', async () => {
    const { backend, context } = await withContext(mode);
    const sweeps = { method: 'alternating', tolerance: 1e-7, maxIterations: 10_000 } as const;
    const loss = sinkhornDivergence({ backend, p: 2, blur: 0.001, ...sweeps });
    const solving = loss.value(x, y, {
      onProgress: ({ iteration }) => {
        if (iteration === 2) context.getExtension('WEBGL_lose_context')?.loseContext();
      },
    });
    await expect(solving).rejects.toBeInstanceOf(DeviceLostError);
    expect(() => backend.array([1], [1, 1])).toThrow(DeviceLostError);
    await expect(backend.read({ shape: [1, 1] })).rejects.toBeInstanceOf(DeviceLostError);
    backend.dispose();
    await withBackend(async (another) => expect(await product(another)).toBe(15));
  });

  test('a read that waits ends with a DeviceLostError when the context is lost', async () => {
    const { backend, context } = await withContext(mode);
    const few = backend.array([1, 2], [2, 1]);
    const many = backend.array(new Float32Array(10_000).fill(3), [10_000, 1]);
    const reading = backend.read(few);
    const waiting = backend.read(many);
    context.getExtension('WEBGL_lose_context')?.loseContext();
    // Few numbers are read at once, and without fences all are: they are there before anything is lost.
    expect([...(await reading)]).toEqual([1, 2]);
    if (mode === 'webgl') expect((await waiting)[9999]).toBe(3);
    else await expect(waiting).rejects.toBeInstanceOf(DeviceLostError);
    backend.dispose();
  });

  test('more backends one after the other than a page has contexts', async () => {
    for (let time = 0; time < 20; time++) {
      await withBackend(async (backend) => expect(await product(backend)).toBe(15));
    }
  });

  test('names the limit that an array is beyond, and goes on', () =>
    withBackend(async (backend) => {
      const values = { length: 4 * 2 ** 28 } as ArrayLike<number>;
      expect(() => backend.array(values, [2 ** 28, 4])).toThrow(UnsupportedError);
      expect(() => backend.array(values, [2 ** 28, 4])).toThrow('MAX_TEXTURE_SIZE');
      expect(await product(backend)).toBe(15);
      expect(backend.memory().textures).toBe(0);
    }));

  test('two backends share a GPU of the caller, which outlives them', async () => {
    const gpu = new GPU({ mode });
    const [one, two] = [await gpujs({ gpu }), await gpujs({ gpu, mode })];
    expect(one.mode).toBe(mode);
    expect(await Promise.all([product(one), product(two)])).toEqual([15, 15]);
    one.dispose();
    expect(await product(two)).toBe(15);
    two.dispose();
    const third = await gpujs({ gpu });
    expect(await product(third)).toBe(15);
    third.dispose();
    await gpu.destroy();
  });

  test.each([
    ['no context at all', 'getContext', (): unknown => null, `there is no ${mode} here`],
    [
      'no float textures that can be written',
      'getExtension',
      (): unknown => null,
      /cannot write float textures|has no float textures/,
    ],
    ['no highp', 'getShaderPrecisionFormat', (): unknown => ({ precision: 10, rangeMin: 15, rangeMax: 15 }), 'highp'],
  ] as const)('a device with %s is refused with the reason', async (_, method, answer, reason) => {
    const target = (method === 'getContext' ? HTMLCanvasElement.prototype : glPrototype(mode)) as unknown as Record<
      string,
      () => unknown
    >;
    const spy = vi.spyOn(target, method).mockImplementation(answer);
    try {
      const opening = gpujs({ load, mode });
      await expect(opening).rejects.toBeInstanceOf(BackendUnavailableError);
      await expect(opening).rejects.toThrow(reason);
    } finally {
      spy.mockRestore();
    }
  });
});

test('without a mode it takes webgl2', async () => {
  const backend = await gpujs({ load });
  expect(backend.mode).toBe('webgl2');
  backend.dispose();
});

test('takes webgl where there is no webgl2', async () => {
  const original = HTMLCanvasElement.prototype.getContext as (...values: unknown[]) => unknown;
  const spy = vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (
    this: HTMLCanvasElement,
    ...values: unknown[]
  ) {
    return values[0] === 'webgl2' ? null : original.apply(this, values);
  } as HTMLCanvasElement['getContext']);
  const backend = await gpujs({ load });
  spy.mockRestore();
  expect(backend.mode).toBe('webgl');
  expect(await product(backend)).toBe(15);
  backend.dispose();
});

test('a mode of Node is refused with the reason', async () => {
  await expect(gpujs({ load, mode: 'headlessgl' })).rejects.toThrow('the package gl');
});

const glPrototype = (mode: 'webgl2' | 'webgl') =>
  (mode === 'webgl2' ? WebGL2RenderingContext : WebGLRenderingContext).prototype as WebGLRenderingContext;
