import type { PageKernelTime } from '../browser/inChromium.js';
import type { KernelTimes } from './kernelTimes.js';

/** Times kernels in a page of Chromium; what that takes is loaded by this task alone. */
export async function pageKernelTimes(all: readonly KernelTimes[]): Promise<PageKernelTime[]> {
  const { inChromium } = await import('../browser/inChromium.js');
  return inChromium(all);
}
