import { fileURLToPath } from 'node:url';
import { chromium, type LaunchOptions } from 'playwright';
import { build } from 'vite';
import type { KernelTime, KernelTimes } from '../tasks/kernelTimes.js';

/** What came of timing a kernel in a page. */
export interface PageKernelTime extends KernelTime {
  /** The browser's version. */
  readonly browser: string;
}

/** Chromium as the repository's tests start it. */
export async function launchOptions(): Promise<LaunchOptions> {
  const script = new URL('../../../../scripts/chromium.mjs', import.meta.url);
  const { chromium: ready } = await import(script.href);
  return ready();
}

/** A page's script, bundled and minified as a user would ship it. */
export async function bundle(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      lib: { entry: fileURLToPath(entry), formats: ['iife'], name: 'page' },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  for (const output of outputs) {
    if ('output' in output) return output.output[0].code;
  }
  throw new Error('vite made no bundle');
}

/** Times kernels in a page of Chromium. */
export async function inChromium(all: readonly KernelTimes[]): Promise<PageKernelTime[]> {
  const browser = await chromium.launch(await launchOptions());
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: await bundle(import.meta.resolve('./page.js')) });
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
