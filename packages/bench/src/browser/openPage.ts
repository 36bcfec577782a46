import { type Browser, chromium, type LaunchOptions, type Page } from 'playwright';

/** A page of a browser of its own, whose caches are empty. */
export interface OpenPage {
  readonly browser: Browser;
  readonly page: Page;
}

// Answered below, not by the network: what matters is that the origin is secure, for only such pages have WebGPU.
const ADDRESS = 'https://bench.test/';

/** Starts Chromium with a page that has run a script. The caller closes the browser. */
export async function openPage(script: string): Promise<OpenPage> {
  const browser = await chromium.launch(await launchOptions());
  try {
    const page = await browser.newPage();
    await page.route(`${ADDRESS}**`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>bench</title>' }),
    );
    await page.goto(ADDRESS);
    await page.addScriptTag({ content: script });
    return { browser, page };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** Chromium as the repository's tests start it. */
async function launchOptions(): Promise<LaunchOptions> {
  const url = new URL('../../../../scripts/chromium.mjs', import.meta.url);
  const { chromium: ready } = await import(url.href);
  return ready();
}
