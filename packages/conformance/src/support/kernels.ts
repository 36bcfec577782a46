import { energyKernel, gaussianKernel, laplacianKernel, type MmdOptions } from '@sinkhorn/core';

/** The kernels that losses know by name, at a blur. */
export const kernels = (blur: number): Readonly<Record<'gaussian' | 'laplacian' | 'energy', MmdOptions>> => ({
  gaussian: { kernel: gaussianKernel, blur, scalingPower: 0 },
  laplacian: { kernel: laplacianKernel, blur, scalingPower: 0 },
  energy: { kernel: energyKernel, scalingPower: 1 },
});
