import type { WebgpuDivergenceTime, WebgpuDivergenceTimes } from '../webgpu/divergenceTimes.js';
import type { WebgpuSoftminTime, WebgpuSoftminTimes } from '../webgpu/softminTimes.js';

/** Times divergences on WebGPU, each in a browser of its own; what that takes is loaded by this task alone. */
export async function pageDivergences(all: readonly WebgpuDivergenceTimes[]): Promise<WebgpuDivergenceTime[]> {
  const { divergenceTimes } = await import('../webgpu/divergenceTimes.js');
  const times: WebgpuDivergenceTime[] = [];
  for (const each of all) times.push(await divergenceTimes(each));
  return times;
}

/** Times softmins on WebGPU in a page. */
export async function pageSoftmins(all: readonly WebgpuSoftminTimes[]): Promise<WebgpuSoftminTime[]> {
  const { onWebgpuPage } = await import('../webgpu/webgpuPage.js');
  return await onWebgpuPage(async ({ call }) => {
    const times: WebgpuSoftminTime[] = [];
    for (const each of all) times.push(await call('softminTimes', each));
    return times;
  });
}
