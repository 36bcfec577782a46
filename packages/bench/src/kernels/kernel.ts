import type { DeviceArray, Reduction } from '@sinkhorn/core';
import type { KernelInput } from './kernelInput.js';

/** The arrays of an input on a device. */
export type KernelArrays = Readonly<
  Record<'x' | 'y' | 'weightX' | 'weightY' | 'logWeightY' | 'potentialY' | 'guessX', DeviceArray>
>;

/** One reduction of the library, by hand and as it asks its backends for it. */
export interface Kernel {
  readonly title: string;
  /** By loops over all rows of x. */
  byHand(input: KernelInput): Float64Array;
  /** For a backend; its first result is compared with that by hand. */
  reduction(arrays: KernelArrays, input: KernelInput): Reduction;
}
