import { BackendUnavailableError, DeviceLostError, doWork, doWorkInTurns, makeWork, type Work } from '@sinkhorn/core';
import type { KernelSource } from '../kernel/kernelSource.js';
import { widestLine } from '../layout.js';
import { checkMode, compileKernel } from './compileKernel.js';
import type { Content, Device } from './device.js';
import type { Gpu } from './gpu.js';

/** Lists of numbers represent textures: the width, and then all texels. */
interface NumberList extends Content {
  readonly numbers: Float32Array;
  /** What fills them in; none where they are there. */
  readonly work?: Work;
}

/** Texels along a side: what WebGL 2 has on desktops, so that layouts are those of a GPU. Lowering it splits arrays earlier. */
const MOST_SIZE = 16_384;

/** A second of JavaScript, line by line: with the fewest lines that so much work has, eight, each takes an eighth of it. */
const OPERATIONS_OF_RUN = 5e7;
/** Where some lines took less time than that, in milliseconds, twice as many are computed next: each call of a kernel has its cost. */
const MILLISECONDS_OF_LINES = 5;

/**
 * gpu.js without a GPU: kernels run as JavaScript, which shows what they compute. They run when results are asked for, some lines at
 * a time, so that other work has its turn and an abort is noticed; what nobody asks for is not computed.
 */
export function cpuDevice(gpu: Gpu, owned: boolean): Device {
  let disposed = false;
  const check = () => {
    if (disposed) throw new DeviceLostError('this gpujs backend was disposed of: make a new one with gpujs()');
  };
  const listOf = (width: number, height: number): Float32Array => {
    const numbers = new Float32Array(1 + 4 * width * height);
    numbers[0] = width;
    return numbers;
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
    operationsOfRun: OPERATIONS_OF_RUN,
    upload(texels, width, height) {
      const numbers = listOf(width, height);
      numbers.set(texels, 1);
      return { numbers, bytes: 4 * texels.length };
    },
    compile(given) {
      const source = fromLine(given);
      const kernel = compileKernel(gpu, 'cpu', source);
      return (textures, numbers, width, height) => {
        const lists = textures as readonly NumberList[];
        const made = listOf(width, height);
        const work = makeWork(
          lists.flatMap((list) => list.work ?? []),
          function* () {
            for (let first = 0, count = 1; first < height; ) {
              const began = performance.now();
              count = Math.min(count, height - first);
              kernel.setOutput([width, count]);
              const lines = kernel(
                ...lists.map((list) => list.numbers),
                ...source.numbers.map((name) => (name === FIRST_LINE ? first : numbers[name])),
              ) as readonly (readonly Float32Array[])[];
              checkMode(kernel, 'cpu');
              lines.forEach((line, y) => {
                line.forEach((texel, x) => {
                  made.set(texel, 1 + 4 * (x + (first + y) * width));
                });
              });
              first += count;
              if (performance.now() - began < MILLISECONDS_OF_LINES) count *= 2;
              if (first < height) yield;
            }
          },
        );
        return { numbers: made, bytes: 4 * (made.length - 1), work };
      };
    },
    queue() {},
    async read(content, signal) {
      const { numbers, work } = content as NumberList;
      await doWorkInTurns(work, check, signal);
      return numbers.slice(1);
    },
    readSync(content) {
      const { numbers, work } = content as NumberList;
      if (work) doWork(work, () => true);
      return numbers.slice(1);
    },
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

const FIRST_LINE = 'firstLine';

/** The same kernel with the number of the first line that it writes as its last argument: what it writes may be some lines of a texture. */
function fromLine({ source, textures, numbers }: KernelSource): KernelSource {
  return {
    source: source
      .replace(/^function kernel\(([^)]*)\)/, (_, names: string) => `function kernel(${names}, ${FIRST_LINE})`)
      .replaceAll('this.thread.y', `(this.thread.y + ${FIRST_LINE})`),
    textures,
    numbers: [...numbers, FIRST_LINE],
  };
}
