import { webgpu } from '@sinkhorn/backend-webgpu';
import { kernelInput } from '../kernels/kernelInput.js';
import { kernelLater } from '../kernels/kernelOn.js';
import { kernels } from '../kernels/kernels.js';
import { type Differences, differences } from '../measuring/differences.js';
import { timeRatio } from '../measuring/inTurn.js';
import { inTurnLater } from '../measuring/inTurnLater.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import { gpujsSoftmin } from './gpujsSoftmin.js';
import { naiveSoftmin } from './naiveSoftmin.js';

export interface WebgpuSoftminTimes extends Repetition {
  readonly dimension: number;
  readonly n: number;
}

export interface WebgpuSoftminTime {
  /** Medians, in seconds. */
  readonly naive: number;
  readonly gpujs: number;
  readonly onBackend: number;
  /** The medians, over rounds, of the time of a naive kernel over the backend's in the same round. */
  readonly timesFaster: { readonly naive: number; readonly gpujs: number };
  readonly runs: number;
  /** The larger one of those from the two. */
  readonly difference: Differences;
}

/** Times a softmin with its result read: by a naive kernel, by the same in gpu.js on a device of its own, and on the backend. */
export async function softminTimes({ dimension, n, ...repetition }: WebgpuSoftminTimes): Promise<WebgpuSoftminTime> {
  const input = kernelInput(dimension, n);
  const backend = await webgpu();
  try {
    const ours = kernelLater(backend, kernels.softmin, input);
    const naive = await naiveSoftmin(backend.device, input);
    const gpujs = gpujsSoftmin(input);
    // All compile in the first round: how a kernel is made depends on the number of points.
    for (const first of [ours, naive, gpujs]) await first();
    const courses = await inTurnLater(repetition, { ours, naive, gpujs });
    const [first, second] = [courses.naive, courses.gpujs].map(({ result }) =>
      differences(result, courses.ours.result),
    );
    return {
      naive: median(courses.naive.seconds),
      gpujs: median(courses.gpujs.seconds),
      onBackend: median(courses.ours.seconds),
      timesFaster: {
        naive: timeRatio(courses.naive, courses.ours),
        gpujs: timeRatio(courses.gpujs, courses.ours),
      },
      runs: courses.ours.seconds.length,
      difference: first.relative > second.relative ? first : second,
    };
  } finally {
    backend.dispose();
  }
}
