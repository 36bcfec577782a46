import { BackendUnavailableError, DeviceLostError } from '@sinkhorn/core';
import { widestLine } from '../layout.js';
import { checkMode, compileKernel } from './compileKernel.js';
import type { Content, Device } from './device.js';
import type { Gpu } from './gpu.js';

/** Lists of numbers represent textures: the width, and then all texels. */
interface NumberList extends Content {
  readonly numbers: Float32Array;
}

/** Texels along a side: what WebGL 2 has on desktops, so that layouts are those of a GPU. Lowering it splits arrays earlier. */
const MOST_SIZE = 16_384;

/** gpu.js without a GPU: kernels run as JavaScript, which shows what they compute. */
export function cpuDevice(gpu: Gpu, owned: boolean): Device {
  let disposed = false;
  const check = () => {
    if (disposed) throw new DeviceLostError('this gpujs backend was disposed of: make a new one with gpujs()');
  };
  const listOf = (width: number, texels: ArrayLike<number>): NumberList => {
    const numbers = new Float32Array(texels.length + 1);
    numbers[0] = width;
    numbers.set(texels, 1);
    return { numbers, bytes: 4 * texels.length };
  };
  const device: Device = {
    mode: 'cpu',
    description: 'gpu.js in cpu mode (JavaScript)',
    software: true,
    maxTextureSize: MOST_SIZE,
    mostTexels: MOST_SIZE ** 2,
    widestLine: widestLine(MOST_SIZE),
    mostTextures: 32,
    check,
    upload: (texels, width) => listOf(width, texels),
    compile(source) {
      const kernel = compileKernel(gpu, 'cpu', source);
      return (textures, numbers, width, height) => {
        kernel.setOutput([width, height]);
        const lines = kernel(
          ...textures.map((content) => (content as NumberList).numbers),
          ...source.numbers.map((name) => numbers[name]),
        ) as readonly (readonly Float32Array[])[];
        checkMode(kernel, 'cpu');
        const texels = new Float32Array(4 * width * height);
        lines.forEach((line, y) => {
          line.forEach((texel, x) => {
            texels.set(texel, 4 * (x + y * width));
          });
        });
        return listOf(width, texels);
      };
    },
    queue() {},
    async read(content) {
      return device.readSync(content);
    },
    readSync: (content) => (content as NumberList).numbers.slice(1),
    free() {},
    dispose() {
      disposed = true;
      if (owned) void gpu.destroy();
    },
  };
  try {
    const probe = { source: 'function kernel(x) { return [x, x + 1, x + 2, x + 3]; }', textures: 0, numbers: ['x'] };
    if (device.readSync(device.compile(probe)([], { x: 1 }, 1, 2))[3] !== 4) throw new Error('it gives wrong numbers');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BackendUnavailableError(
      `gpujs: kernels do not run in cpu mode (${why}); a page's Content Security Policy has to allow unsafe-eval for it`,
      { cause: error },
    );
  }
  return device;
}
