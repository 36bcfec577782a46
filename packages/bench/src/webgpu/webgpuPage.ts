import type { Browser } from 'playwright';
import { bundle } from '../browser/bundle.js';
import { openPage } from '../browser/openPage.js';
import type { InPage } from './page.js';

/** A page for WebGPU, alone in its browser. */
export interface WebgpuPage {
  readonly browser: Browser;
  /** Runs something in the page. */
  call<Name extends keyof InPage>(
    name: Name,
    ...given: Parameters<InPage[Name]>
  ): Promise<Awaited<ReturnType<InPage[Name]>>>;
  /** For how long the page's thread was busy so far, as the browser counts it. */
  busySeconds(): Promise<number>;
}

let script: Promise<string> | undefined;

/** Opens a page in a browser of its own, whose caches are empty, and closes it after some work. */
export async function onWebgpuPage<Result>(work: (page: WebgpuPage) => Promise<Result>): Promise<Result> {
  script ??= bundle(import.meta.resolve('./page.js'));
  const { browser, page } = await openPage(await script);
  try {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    return await work({
      browser,
      call: (name, ...given) =>
        page.evaluate(
          ({ name, given }) => {
            const { inPage } = globalThis as unknown as { inPage: Record<string, (...given: unknown[]) => never> };
            return inPage[name](...given);
          },
          { name, given: given as unknown[] },
        ),
      async busySeconds() {
        const { metrics } = await session.send('Performance.getMetrics');
        const busy = metrics.find(({ name }) => name === 'TaskDuration');
        if (!busy) throw new Error('this browser does not say for how long a page was busy');
        return busy.value;
      },
    });
  } finally {
    await browser.close();
  }
}
