/**
 * Takes the demos' pictures of the gallery, docs/public/thumbnails/demo-*.jpg and demo-*-dark.jpg, from the running demos of the built site.
 *
 * Run it after `pnpm run docs:build`: node docs/demos/makeThumbnails.mjs, with names of demos for these alone.
 */

import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import sirv from 'sirv';
import { launchOptions, prepare } from '../../scripts/chromium.mjs';

/** What is photographed on each page, and how long its run takes to be worth it. */
const DEMOS = {
  'gradient-flow': { picture: '.demo-panels canvas', step: 14 },
  'colour-transfer': { picture: '.colour-result canvas' },
  registration: { picture: '.demo-stage', step: 3 },
  interpolation: { picture: '.demo-pictures .plot-figure' },
  barycenters: { picture: '.triangle' },
  'two-sample-test': { picture: '.demo .plot-figure' },
  'your-machine': { picture: '.demo .plot-figure' },
};

await prepare();
const site = fileURLToPath(new URL('../.vitepress/dist', import.meta.url));
const folder = fileURLToPath(new URL('../public/thumbnails/', import.meta.url));
const headers = (response) => {
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
};
const base = process.env.SITE_BASE ?? '/';
const files = sirv(site, { setHeaders: headers });
const server = createServer((request, response) => {
  request.url = `/${request.url.slice(base.length)}`;
  files(request, response, () => response.writeHead(404).end());
}).listen(0);
const browser = await chromium.launch(launchOptions);
const page = await browser.newPage({ viewport: { width: 720, height: 1400 }, deviceScaleFactor: 1 });
await mkdir(folder, { recursive: true });
const chosen = process.argv.slice(2);
for (const [name, { picture, step }] of Object.entries(DEMOS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  await page.goto(`http://localhost:${server.address().port}${base}demos/${name}.html`);
  if (step) {
    await page.waitForFunction(
      (least) => Number.parseInt(document.querySelector('[data-figure="Step"]')?.textContent ?? '0', 10) >= least,
      step,
      { timeout: 120_000 },
    );
  } else {
    await page.locator('.demo[data-state=ready][data-runs]:not([data-runs="0"])').waitFor({ timeout: 240_000 });
  }
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme });
    // Colours fade from one to the other.
    await page.waitForTimeout(1000);
    const path = `${folder}demo-${name}${scheme === 'dark' ? '-dark' : ''}.jpg`;
    await page.locator(picture).first().screenshot({ path, type: 'jpeg', quality: 72 });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
await browser.close();
server.close();
