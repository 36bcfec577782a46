import type { KernelKind } from './kernelDecay.js';

/** A kernel of |x - y|, on the host: from its square the value, and the gradient in x over x - y. */
export type RadialKernel = (squared: number) => readonly [value: number, slope: number];

/** The library's own kernels. */
export const RADIAL_KERNELS: Readonly<Record<KernelKind, (blur: number) => RadialKernel>> = {
  energy: () => (squared) => {
    const distance = Math.sqrt(squared);
    return [-distance, squared > 0 ? -1 / distance : 0];
  },
  gaussian: (blur) => (squared) => {
    const value = Math.exp(-squared / blur / blur / 2);
    return [value, -value / blur / blur];
  },
  laplacian: (blur) => (squared) => {
    const distance = Math.sqrt(squared);
    const value = Math.exp(-distance / blur);
    return [value, squared > 0 ? -value / blur / distance : 0];
  },
};

/** How steep they are where points meet: 0 for one that is smooth there. */
export const KINKS: Readonly<Record<KernelKind, (blur: number) => number>> = {
  energy: () => 1,
  gaussian: () => 0,
  laplacian: (blur) => 1 / blur,
};
