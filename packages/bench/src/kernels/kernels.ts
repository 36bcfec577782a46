import { energyKernel, gaussianKernel } from '@sinkhorn/core';
import { energySumLoop, gaussianSumLoop } from '../methods/kernelSumLoops.js';
import type { Kernel } from './kernel.js';
import { kernelSum } from './kernelSum.js';
import { softmin } from './softmin.js';
import { softminFromGuess } from './softminFromGuess.js';
import { softminGradient } from './softminGradient.js';

/** The reductions that are timed by themselves. Where a loop by hand is for three dimensions alone, so is the kernel. */
export const kernels = {
  softmin: softmin(2),
  softminFromGuess,
  softminDistance: softmin(1),
  softminGradient,
  gaussianSum: kernelSum('gaussian kernel sum', gaussianKernel, ({ x, y, weights, blur }) =>
    gaussianSumLoop(x, y, weights, blur),
  ),
  energySum: kernelSum('energy kernel sum', energyKernel, ({ x, y, weights }) => energySumLoop(x, y, weights)),
} as const satisfies Record<string, Kernel>;

export type KernelName = keyof typeof kernels;
