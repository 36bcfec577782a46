import { chromium } from 'playwright';
import type { WebglTime, WebglTimes } from '../tasks/webglTimes.js';
import { bundle, launchOptions } from './inChromium.js';

/** WebGPU is there on pages of secure origins alone, and this is one. */
const ORIGIN = 'http://localhost/';

/** Times WebGL in a page of Chromium. */
export async function webglInChromium(all: readonly WebglTimes[]): Promise<WebglTime[]> {
  const browser = await chromium.launch(await launchOptions());
  try {
    const page = await browser.newPage();
    await page.route(ORIGIN, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await page.goto(ORIGIN);
    await page.addScriptTag({ content: await bundle(import.meta.resolve('./webglPage.js')) });
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
