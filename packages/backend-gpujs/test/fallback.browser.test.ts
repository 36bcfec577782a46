import { gpujs } from '@sinkhorn/backend-gpujs';
import { BackendUnavailableError, UnsupportedError } from '@sinkhorn/core';
import { GPU } from 'gpu.js';
import { expect, test } from 'vitest';
import { product } from './product.js';

/** A GPU that goes on in another mode in silence, as gpu.js does where it meets its limits, after a few kernels. */
function falling(after: number): GPU {
  const gpu = new GPU({ mode: 'webgl2' });
  const createKernel = gpu.createKernel.bind(gpu) as (source: string, settings?: object) => unknown;
  let made = 0;
  return Object.assign(gpu, {
    createKernel: (source: string, settings?: object) => {
      made += 1;
      if (made <= after) return createKernel(source, settings);
      const kernel = { constructor: { mode: 'cpu' }, fallbackReason: 'too many textures' };
      return Object.assign(() => [new Float32Array(4)], { setOutput() {}, destroy() {}, kernel });
    },
  });
}

test('a GPU whose kernels run in another mode is refused', async () => {
  const open = () => gpujs({ gpu: falling(1) });
  await expect(open()).rejects.toBeInstanceOf(BackendUnavailableError);
  await expect(open()).rejects.toThrow("in mode 'cpu' and not in 'webgl2' (too many textures)");
});

test('a later kernel that runs in another mode is an error', async () => {
  const run = async () => product(await gpujs({ gpu: falling(2) }));
  await expect(run()).rejects.toBeInstanceOf(UnsupportedError);
  await expect(run()).rejects.toThrow("in mode 'cpu' and not in 'webgl2'");
});
