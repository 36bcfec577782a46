/** Every page of the built site, in a real browser: no complaint, no broken link, no accessibility fault. Screenshots too. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LinkChecker, LinkState } from 'linkinator';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchOptions } from '../../scripts/chromium.mjs';
import { type ServedSite, serveSite } from './serveSite.js';
import { accessibilityFaults, visit } from './visit.js';

const screenshots = fileURLToPath(new URL('../screenshots/pages/', import.meta.url));
const isReference = (path: string) => path.startsWith('api/') && path !== 'api/index.html';
const isSource = (path: string) => path.startsWith('demos/source/');
const isDemo = (path: string) => path === 'index.html' || path.startsWith('demos/');

/** How pages are looked at, and which of them so. */
const looks: Readonly<Record<string, Look>> = {
  wide: {
    screen: { viewport: { width: 1360, height: 900 }, colorScheme: 'light' },
    isLookedAt: () => true,
    // Pages of code and of large tables hold thousands of elements alike, and take axe minutes.
    isAudited: (path) => !isReference(path) && !isSource(path) && path !== 'benchmarks.html',
  },
  narrow: {
    screen: { viewport: { width: 390, height: 844 }, colorScheme: 'light', hasTouch: true, isMobile: true },
    isLookedAt: (path) => !isReference(path) && !isSource(path),
    isAudited: () => false,
  },
  // Colours are what differs in the dark, and the same ones are on every page of a kind.
  dark: {
    screen: { viewport: { width: 1360, height: 900 }, colorScheme: 'dark' },
    isLookedAt: (path) => !isReference(path) && !isSource(path),
    isAudited: (path) => isDemo(path) || path === 'guide/conventions.html' || path === 'experiments/limits.html',
  },
};

interface Look {
  readonly screen: BrowserContextOptions;
  isLookedAt(path: string): boolean;
  /** Whether axe looks too. */
  isAudited(path: string): boolean;
}

let site: ServedSite;
let browser: Browser;

beforeAll(async () => {
  site = await serveSite();
  browser = await chromium.launch(launchOptions);
  await rm(screenshots, { recursive: true, force: true });
  await mkdir(screenshots, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
  site?.close();
});

it('has the pages that it should have', () => {
  for (const page of [
    'index',
    'guide/tour',
    'demos/gradient-flow',
    'experiments/flows-1d',
    'benchmarks',
    'api/index',
  ]) {
    expect(site.pages).toContain(`${page}.html`);
  }
});

it('has no broken link', async () => {
  const checker = new LinkChecker();
  const { links } = await checker.check({
    path: site.url,
    recurse: true,
    checkFragments: true,
    concurrency: 20,
    linksToSkip: async (link) => !link.startsWith(site.url),
  });
  const broken = links.filter(({ state }) => state === LinkState.BROKEN);
  expect(broken.map(({ url, parent, status }) => `${parent}: ${url} (${status})`)).toEqual([]);
  expect(links.length).toBeGreaterThan(100);
}, 120_000);

describe.each(Object.entries(looks))('%s', (name, { screen, isLookedAt, isAudited }) => {
  it('shows every page without a complaint', async () => {
    const context = await browser.newContext(screen);
    const all: string[] = [];
    await inTurns(site.pages.filter(isLookedAt), 3, async (path) => {
      const { page, faults } = await visit(context, site.url + path);
      await page.locator('h1').first().waitFor();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (overflow > 1) faults.push(`${overflow} pixels wider than the screen`);
      if (isAudited(path)) faults.push(...(await accessibilityFaults(page)));
      const file = `${path.replace('.html', '').replaceAll('/', '-')}-${name}.png`;
      if (!isReference(path)) await page.screenshot({ path: join(screenshots, file), fullPage: true });
      all.push(...faults.map((fault) => `${path}: ${fault}`));
      await page.close();
    });
    await context.close();
    expect(all).toEqual([]);
  }, 600_000);
});

/** Does the same for every item, some at once. */
async function inTurns<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const turn = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
}
