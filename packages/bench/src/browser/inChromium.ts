import type { KernelTime, KernelTimes } from '../tasks/kernelTimes.js';
import { bundle } from './bundle.js';
import { openPage } from './openPage.js';

/** What came of timing a kernel in a page. */
export interface PageKernelTime extends KernelTime {
  /** The browser's version. */
  readonly browser: string;
}

/** Times kernels in a page of Chromium. */
export async function inChromium(all: readonly KernelTimes[]): Promise<PageKernelTime[]> {
  const { browser, page } = await openPage(await bundle(import.meta.resolve('./page.js')));
  try {
    const times: PageKernelTime[] = [];
    for (const argument of all) {
      const time = await page.evaluate(
        (given) =>
          (globalThis as unknown as { kernelTimes(given: KernelTimes): Promise<KernelTime> }).kernelTimes(given),
        argument,
      );
      times.push({ ...time, browser: `Chromium ${browser.version()}` });
    }
    return times;
  } finally {
    await browser.close();
  }
}
