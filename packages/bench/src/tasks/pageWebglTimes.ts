import type { WebglTime, WebglTimes } from './webglTimes.js';

/** Times WebGL in a page of Chromium; what that takes is loaded by this task alone. */
export async function pageWebglTimes(all: readonly WebglTimes[]): Promise<WebglTime[]> {
  const { webglInChromium } = await import('../browser/webglInChromium.js');
  return webglInChromium(all);
}
