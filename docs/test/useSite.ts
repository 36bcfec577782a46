import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { type ServedSite, serveSite } from './serveSite.js';
import { openBrowser, visit } from './visit.js';

/** A page of the built site, as the tests of a file operate it. */
export interface OpenSite {
  readonly browser: Browser;
  /** That of the test. */
  readonly context: BrowserContext;
  /** Opens a page, by its path from the start or by its address, in the context of the test or another one. */
  open(path: string, context?: BrowserContext): Promise<Page>;
}

/** Serves the site to the tests of a file, each with a browser context of its own, whose console and requests must have nothing to complain of. */
export function useSite(options: BrowserContextOptions): OpenSite {
  let site: ServedSite;
  let browser: Browser;
  let context: BrowserContext;
  let faults: string[][] = [];

  beforeAll(async () => {
    site = await serveSite();
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    site?.close();
  });

  beforeEach(async () => {
    context = await browser.newContext(options);
    faults = [];
  });

  afterEach(async () => {
    await context.close();
    expect(faults.flat()).toEqual([]);
  });

  return {
    get browser() {
      return browser;
    },
    get context() {
      return context;
    },
    async open(path, within = context) {
      const opened = await visit(within, new URL(path, site.url).href);
      faults.push(opened.faults);
      return opened.page;
    },
  };
}
