/** Every page of the built site, in a real browser: no complaint, no broken link, no accessibility fault. Screenshots too. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LinkChecker, LinkState } from 'linkinator';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pages, type ServedSite, serveSite } from './serveSite.js';
import { accessibilityFaults, openBrowser, visit } from './visit.js';

const screenshots = fileURLToPath(new URL('../screenshots/pages/', import.meta.url));
const WIDE = { width: 1360, height: 900 };
const NARROW = { width: 390, height: 844 };
/** SCREENSHOTS=full: pictures of whole pages for a person to look at, and all in the dark too, which takes minutes more. */
const whole = process.env.SCREENSHOTS === 'full';

/** Long pages of generated text, all of one kind: opened, and no more. */
const isListing = (path: string) =>
  path.startsWith('demos/source/') || (path.startsWith('api/') && path !== 'api/index.html');
/** A page with every kind of token of the code theme. Elsewhere code is skipped: axe takes minutes for it. */
const CODE_SAMPLE = 'guide/tour.html';
/** Colours are what differs in the dark, and these pages have them all. */
const isAuditedInTheDark = (path: string) =>
  path === 'index.html' || path.startsWith('demos/') || path === CODE_SAMPLE || path === 'experiments/limits.html';

let site: ServedSite;
let browser: Browser;
// One for all pages: what they share is loaded once.
let context: BrowserContext;

beforeAll(async () => {
  site = await serveSite();
  browser = await openBrowser();
  context = await browser.newContext({ viewport: WIDE, colorScheme: 'light' });
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
    expect(pages).toContain(`${page}.html`);
  }
});

it('shows results in the reference, and not what its examples check', async () => {
  const checks = await Promise.all(
    pages
      .filter((path) => path.startsWith('api/'))
      .map(async (path) => {
        const html = await readFile(fileURLToPath(new URL(`../.vitepress/dist/${path}`, import.meta.url)), 'utf8');
        const text = html.replaceAll(/<[^>]+>/g, '');
        return [...text.matchAll(/\bif \(.*throw new Error.*/g)].map(([line]) => `${path}: ${line}`);
      }),
  );
  expect(checks.flat()).toEqual([]);
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
});

// Two at a time: one waits for its page to be drawn while the other is looked at.
describe.concurrent('shows without a complaint, wide and narrow, light and dark', () => {
  it.each(pages)('%s', async (path) => {
    const { page, faults } = await visit(context, site.url + path);
    await page.locator('h1').first().waitFor();
    await look(page, path, faults);
    await page.close();
    expect(faults).toEqual([]);
  });
});

async function look(page: Page, path: string, faults: string[]): Promise<void> {
  const shoot = async (name: string) => {
    const file = join(screenshots, `${path.replace('.html', '').replaceAll('/', '-')}-${name}.png`);
    const take = () => page.screenshot({ path: file, fullPage: !isListing(path) });
    // Where the GPU is emulated, at times no frame comes while pages are busy with theirs.
    await take().catch(() => page.waitForTimeout(1000).then(take));
  };
  const noteOverflow = async (name: string) => {
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 1) faults.push(`${name}: ${overflow} pixels wider than the screen`);
  };
  const exclude = path === CODE_SAMPLE ? [] : ['pre.shiki'];

  await noteOverflow('wide');
  // The tables of the benchmarks hold thousands of cells alike.
  const isAudited = !isListing(path) && path !== 'benchmarks.html';
  if (isAudited) faults.push(...(await accessibilityFaults(page, { exclude })));
  if (whole) await shoot('wide');
  if (!isListing(path) && (whole || isAuditedInTheDark(path))) {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('html.dark').waitFor();
    const inTheDark = await accessibilityFaults(page, { exclude, rules: ['color-contrast'] });
    faults.push(...inTheDark.map((fault) => `dark: ${fault}`));
    if (whole) await shoot('dark');
    await page.emulateMedia({ colorScheme: 'light' });
  }
  await page.setViewportSize(NARROW);
  await noteOverflow('narrow');
  if (isAudited) {
    // Colours are those of the wide page, and take axe longest.
    const onAPhone = await accessibilityFaults(page, { exclude, without: ['color-contrast'] });
    faults.push(...onAPhone.map((fault) => `narrow: ${fault}`));
  }
  if (whole) await shoot('narrow');
}
