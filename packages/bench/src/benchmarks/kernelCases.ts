import type { Backend } from '@sinkhorn/core';
import type { KernelName } from '../kernels/kernels.js';

/** A kernel that is timed against a loop by hand, and how many times faster it should be. */
export interface KernelCase {
  readonly kernel: KernelName;
  readonly dimension: number;
  readonly precision: Backend['precision'];
  readonly aim: number;
}

const single = { precision: 'float32', aim: 8 } as const;

export const kernelCases: readonly KernelCase[] = [
  { kernel: 'softmin', dimension: 1, ...single },
  { kernel: 'softmin', dimension: 2, ...single },
  { kernel: 'softmin', dimension: 3, precision: 'float32', aim: 13 },
  { kernel: 'softminFromGuess', dimension: 3, ...single },
  { kernel: 'softmin', dimension: 5, ...single },
  { kernel: 'softmin', dimension: 16, ...single },
  { kernel: 'softmin', dimension: 64, ...single },
  { kernel: 'softmin', dimension: 3, precision: 'float64', aim: 4 },
  { kernel: 'softminDistance', dimension: 3, ...single },
  { kernel: 'softminGradient', dimension: 3, ...single },
  { kernel: 'gaussianSum', dimension: 3, ...single },
  { kernel: 'energySum', dimension: 3, ...single },
];
