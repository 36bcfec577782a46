import { gpujs } from '@sinkhorn/backend-gpujs';
import { webgpu } from '@sinkhorn/backend-webgpu';
import type { Backend } from '@sinkhorn/core';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { GPU } from 'gpu.js';
import { type KernelInput, kernelInput } from '../kernels/kernelInput.js';
import { upload } from '../kernels/kernelOn.js';
import { softmin, softminProblem } from '../kernels/softmin.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import { schedule } from '../methods/schedule.js';
import { naiveDivergence, naiveSoftmin } from '../peers/naiveGpujs.js';

export interface WebglTimes extends Repetition {
  readonly work: 'softmin' | 'divergence';
  readonly mode: 'webgl2' | 'webgl';
  readonly n: number;
}

export interface WebglTime {
  /** Medians, in seconds; that of webgpu only where it works. */
  readonly backend: number;
  readonly naive: number;
  readonly webgpu?: number;
  /** Medians, over rounds, of the time of the naive kernel, and of webgpu, over that of the backend. */
  readonly naiveRatio: number;
  readonly webgpuRatio?: number;
  /** The largest difference from the naive result, over the largest number of it. */
  readonly difference: number;
  readonly device: string;
}

type Work = () => ArrayLike<number> | Promise<ArrayLike<number>>;

/** Times the gpujs backend, kernels of gpu.js by hand in the same mode, and webgpu on the same adapter, in turn: in a page. */
export async function webglTimes({ work, mode, n, rounds, limit }: WebglTimes): Promise<WebglTime> {
  const backend = await gpujs({ mode, load: () => import('gpu.js') });
  const other = await webgpu().catch(() => undefined);
  const gpu = new GPU({ mode });
  const input = kernelInput(3, n);
  const on = work === 'softmin' ? softminOn : divergenceOn;
  const works: readonly Work[] = [
    on(backend, input),
    work === 'softmin' ? naiveSoftminOf(gpu, input) : naiveDivergenceOf(gpu, input),
    ...(other ? [on(other, input)] : []),
  ];
  try {
    const seconds: number[][] = works.map(() => []);
    let results: ArrayLike<number>[] = [];
    let spent = 0;
    // The first round compiles, and is not counted.
    for (let round = 0; round <= rounds && (round < 2 || spent <= limit); round++) {
      const first: ArrayLike<number>[] = [];
      for (const [index, each] of works.entries()) {
        const began = performance.now();
        first.push(await each());
        const took = (performance.now() - began) / 1000;
        if (round > 0) seconds[index].push(took);
        spent += took;
      }
      results = first;
    }
    const ratio = (index: number) => median(seconds[index].map((each, round) => each / seconds[0][round]));
    const [got, wanted] = results.map((list) => Array.from(list));
    const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return {
      backend: median(seconds[0]),
      naive: median(seconds[1]),
      webgpu: other && median(seconds[2]),
      naiveRatio: ratio(1),
      webgpuRatio: other && ratio(2),
      difference: wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i])), 0) / largest,
      device: backend.description,
    };
  } finally {
    backend.dispose();
    other?.dispose();
    await gpu.destroy();
  }
}

function softminOn(backend: Backend, input: KernelInput): Work {
  const reduction = softmin(2).reduction(upload(backend, input), input);
  return async () => {
    const results = backend.reduce(reduction);
    const values = await backend.read(results[0]);
    for (const result of results) backend.release(result);
    return values;
  };
}

function naiveSoftminOf(gpu: GPU, input: KernelInput): Work {
  const { x, y, h, epsilon } = softminProblem(2, input);
  const kernel = naiveSoftmin(gpu, input.n, input.n);
  const arrays = [x, y, h].map((values) => Float32Array.from(values));
  return () => kernel(arrays[0], arrays[1], arrays[2], epsilon);
}

const cloudsOf = ({ x, y }: KernelInput) => ({ x: Float32Array.from(x), y: Float32Array.from(y) });

function divergenceOn(backend: Backend, input: KernelInput): Work {
  const { x, y } = cloudsOf(input);
  const loss = sinkhornDivergence({ backend, p: 2, blur: input.blur, tolerance: null, strategy: 'dense' });
  return async () => [await loss.value({ points: x, dimension: 3 }, { points: y, dimension: 3 })];
}

function naiveDivergenceOf(gpu: GPU, input: KernelInput): Work {
  const { x, y } = cloudsOf(input);
  const epsilons = schedule({ x, y }, { blur: input.blur, p: 2 });
  return () => [naiveDivergence(gpu, x, y, epsilons)];
}
