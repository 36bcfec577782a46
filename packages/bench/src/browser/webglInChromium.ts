import type { WebglTime, WebglTimes } from '../tasks/webglTimes.js';
import { bundle } from './bundle.js';
import { openPage } from './openPage.js';

/** Times WebGL in a page of Chromium. */
export async function webglInChromium(all: readonly WebglTimes[]): Promise<WebglTime[]> {
  const { browser, page } = await openPage(await bundle(import.meta.resolve('./webglPage.js')));
  try {
    const times: WebglTime[] = [];
    for (const argument of all) {
      const time = await page.evaluate(
        (given) => (globalThis as unknown as { webglTimes(given: WebglTimes): Promise<WebglTime> }).webglTimes(given),
        argument,
      );
      times.push(time);
    }
    return times;
  } finally {
    await browser.close();
  }
}
