import { UnsupportedError } from '@sinkhorn/core';
import { functionsFor } from '../kernel/functions.js';
import type { KernelSource } from '../kernel/kernelSource.js';
import type { GpujsMode } from './device.js';
import type { Gpu, GpuKernel } from './gpu.js';

/**
 * Makes a kernel of gpu.js that writes four numbers a thread into a texture. Sizes are arguments and the output changes
 * with each run, so that nothing is compiled twice.
 */
export function compileKernel(gpu: Gpu, mode: GpujsMode, { source, textures, numbers }: KernelSource): GpuKernel {
  const onGpu = mode !== 'cpu';
  const types = [
    ...Array.from({ length: textures }, (_, index) => [`array${index}`, onGpu ? 'ArrayTexture(4)' : 'Array']),
    ...numbers.map((name) => [name, 'Float']),
  ];
  return gpu.createKernel(source, {
    output: [1, 2],
    argumentTypes: Object.fromEntries(types),
    returnType: 'Array(4)',
    precision: 'single',
    tactic: 'precision',
    pipeline: onGpu,
    // A mutable one in cpu mode would write into the same lists again.
    immutable: !onGpu,
    dynamicOutput: true,
    dynamicArguments: true,
    ...functionsFor(mode),
  }) as GpuKernel;
}

/** gpu.js goes on in another mode where something is not supported, and prints that at most: here it is an error. */
export function checkMode({ kernel }: GpuKernel, mode: GpujsMode): void {
  const ran = kernel.constructor.mode;
  if (ran === (mode === 'cpu' ? 'cpu' : 'gpu')) return;
  throw new UnsupportedError(
    `gpujs: gpu.js has run a kernel in mode '${ran}' and not in '${mode}' (${kernel.fallbackReason ?? 'no reason given'}): use another backend`,
  );
}
