/** Every demo of the built site, operated in a real browser as a visitor would, with odd input too. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { beforeAll, expect, it } from 'vitest';
import { useSite } from './useSite.js';
import { accessibilityFaults } from './visit.js';

const screenshots = fileURLToPath(new URL('../screenshots/demos/', import.meta.url));
// Who asks for less motion starts the demos: so the tests do.
const site = useSite({ viewport: { width: 1360, height: 1000 }, reducedMotion: 'reduce' });
let page: Page;

beforeAll(async () => {
  await mkdir(screenshots, { recursive: true });
});

/** Opens a page with a demo and waits for its backends. */
async function open(path: string): Promise<void> {
  page = await site.open(`${path}.html`);
  await page.locator('.demo[data-state=ready]').waitFor();
}

const figure = (name: string) => page.locator(`[data-figure="${name}"]`);
/** The control under a label that begins so. */
const field = (label: string) =>
  page
    .locator('.demo-field', { has: page.locator('span', { hasText: new RegExp(`^${label}`) }) })
    .locator('input, select');
const message = () => page.locator('.demo-message');
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

/** Presses a button and waits until what it started has ended. */
async function runToTheEnd(name: string): Promise<void> {
  const runs = Number(await page.locator('.demo').getAttribute('data-runs'));
  await press(name);
  // A run may end before anybody saw that it had begun.
  await page.locator(`.demo[data-state=ready]:not([data-runs="${runs}"])`).waitFor();
}

/** Presses a button and stops what it started after so many steps. */
async function runAndStop(name: string, steps: number): Promise<void> {
  await press(name);
  await page.waitForFunction(
    (least) => Number.parseInt(document.querySelector('[data-figure="Step"]')?.textContent ?? '0', 10) >= least,
    steps,
  );
  await press('Stop');
  await page.locator('.demo[data-state=ready]').waitFor();
  expect(await message().textContent()).toBe('Stopped.');
}

async function shoot(name: string): Promise<void> {
  await page.locator('.demo').screenshot({ path: join(screenshots, `${name}.png`) });
  expect(await accessibilityFaults(page, { include: '.demo' })).toEqual([]);
}

async function number(name: string): Promise<number> {
  return Number.parseFloat(((await figure(name).textContent()) ?? '').replaceAll(',', ''));
}

it('the start page: flows by itself, pauses and plays', async () => {
  const moving = await site.browser.newContext({ viewport: { width: 1360, height: 900 } });
  page = await site.open('index.html', moving);
  await page.locator('.hero-flow[data-state=playing][data-reached="1"]').waitFor();
  await press('Pause');
  await page.locator('.hero-flow[data-state=ready]').waitFor();
  expect(await accessibilityFaults(page, { include: '.start' })).toEqual([]);
  await press('Play');
  await page.locator('.hero-flow[data-state=playing]').waitFor();
  await moving.close();
});

it.each([
  'gradient-flow',
  'colour-transfer',
  'registration',
  'interpolation',
  'barycenters',
  'two-sample-test',
  'your-machine',
])('%s starts by itself where motion is welcome', async (name) => {
  const moving = await site.browser.newContext({ viewport: { width: 1360, height: 1000 } });
  page = await site.open(`demos/${name}.html`, moving);
  await page.locator('.demo[data-state=running] progress').waitFor();
  await press('Stop');
  await page.locator('.demo[data-state=ready]').waitFor();
  await moving.close();
});

it('flows: nothing moves on the start page where less motion is asked for', async () => {
  page = await site.open('index.html');
  await page.locator('.hero-flow[data-state=ready]').waitFor();
  expect(await page.locator('.hero-flow').getAttribute('data-reached')).toBe('0');
  await press('Play');
  await page.locator('.hero-flow[data-reached="1"]').waitFor();
});

it('flows: one loss, drawn with the pointer, and stopped', async () => {
  await open('demos/gradient-flow');
  const canvas = page.locator('canvas').first();
  const box = await canvas.boundingBox();
  if (!box) throw new Error('there is no canvas');
  await page.mouse.move(box.x + 0.1 * box.width, box.y + 0.2 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.4 * box.width, box.y + 0.8 * box.height, { steps: 12 });
  await page.mouse.up();
  await field('Points').fill('150');
  await runToTheEnd('Flow');
  expect(await number('Value now')).toBeLessThan((await number('First value')) / 50);
  await shoot('flow');

  await field('Points').fill('2000');
  await runAndStop('Flow', 1);
});

it('flows: every loss side by side, on plain JavaScript', async () => {
  await open('demos/gradient-flow');
  await field('Side by side').check();
  await field('Backend').selectOption('cpu');
  await field('Points').fill('60');
  await runAndStop('Flow', 10);
  expect(await page.locator('.demo-panels canvas').count()).toBe(6);
  await shoot('flows');
});

it('flows: one point, and numbers that make no sense', async () => {
  await open('demos/gradient-flow');
  await field('Points').fill('1');
  await runToTheEnd('Flow');
  expect(await number('Value now')).toBeLessThan(await number('First value'));
  await field('Points').fill('0');
  await press('Flow');
  expect(await message().textContent()).toMatch(/from 1 to 5000/);
  await field('Points').fill('10');
  await field('Blur').fill('-1');
  await press('Flow');
  expect(await message().textContent()).toMatch(/blur has to be/i);
});

it('never freezes the page', async () => {
  await open('demos/gradient-flow');
  await field('Points').fill('3000');
  await press('Flow');
  await page.locator('.demo[data-state=running]').waitFor();
  const longest = await page.evaluate(async () => {
    let [last, most] = [performance.now(), 0];
    for (let k = 0; k < 20; k++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      most = Math.max(most, performance.now() - last);
      last = performance.now();
    }
    return most;
  });
  await press('Stop');
  await page.locator('.demo[data-state=ready]').waitFor();
  // No bound on speed: a solve of 3000 points on the page's own thread would hold it for many times as long.
  expect(longest).toBeLessThan(1000);
});

it('transfers colours, also of a picture of one pixel, and refuses what is no picture', async () => {
  await open('demos/colour-transfer');
  const pixels = () =>
    page
      .locator('canvas')
      .nth(2)
      .evaluate((canvas: HTMLCanvasElement) =>
        Array.from(canvas.getContext('2d')?.getImageData(5, 5, 60, 60).data ?? []),
      );
  const before = await pixels();
  await runToTheEnd('Transfer');
  const after = await pixels();
  const change = after.reduce((sum, value, k) => sum + Math.abs(value - before[k]), 0) / after.length;
  expect(change).toBeGreaterThan(10);
  await shoot('colours');

  const picture = field('or a picture of yours');
  await picture.setInputFiles({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') });
  await page.getByText('notes.png cannot be read as a picture').waitFor();
  await picture.setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: await drawnPng(1, 1) });
  await runToTheEnd('Transfer');
  expect(await figure('Pixels').textContent()).toMatch(/^1, colours of/);
  await picture.setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer: await drawnPng(4000, 3000) });
  await page.locator('[data-figure=Pixels]', { hasText: /^12,000,000, colours of/ }).waitFor();
  await runToTheEnd('Transfer');
  expect(await message().textContent()).toBe('');
  await picture.setInputFiles({ name: 'huge.png', mimeType: 'image/png', buffer: await drawnPng(5000, 4000) });
  await page.getByText('huge.png has 5000 × 4000 pixels: scaled down').waitFor();
  await field('Blur').fill('');
  await press('Transfer');
  expect(await message().textContent()).toMatch(/blur has to be a number above 0/);
});

/** A PNG file of one colour, as the browser writes it. */
async function drawnPng(width: number, height: number): Promise<Buffer> {
  const url = await page.evaluate(
    ([w, h]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h });
      const context = canvas.getContext('2d');
      if (context) {
        context.fillStyle = '#336699';
        context.fillRect(0, 0, w, h);
      }
      return canvas.toDataURL('image/png');
    },
    [width, height] as const,
  );
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

it('registers a scan with another one of the same thing', async () => {
  await open('demos/registration');
  await field('Points').fill('300');
  await runToTheEnd('Register');
  expect(await number('Off by')).toBeLessThan(3);
  await shoot('registration');
  // Nothing can be told of one point's rotation: what counts is that it comes to its target.
  await field('Points').fill('1');
  await runToTheEnd('Register');
  expect(await number('Residual')).toBeLessThan(1e-6);
});

it('bends one scan into another', async () => {
  await open('demos/registration');
  await field('Registration').selectOption('free-form');
  await field('Points').fill('300');
  await runAndStop('Register', 1);
  await runToTheEnd('Register');
  expect(await number('Step')).toBe(30);
  // In units of the scans' size: the bunny and the dragon are a fifth of it apart to begin with.
  expect(await number('Residual')).toBeLessThan(0.05);
  await shoot('free-form');
});

it('goes from transport to a kernel norm', async () => {
  await open('demos/interpolation');
  await field('Points').fill('60');
  await runToTheEnd('Compute the curve');
  // At the end the plan is that of the slider again.
  const plan = (blur: string) => figure('Blur').filter({ hasText: blur }).waitFor();
  await plan('0.050');
  const small = await number('Divergence');
  await field('Blur').fill('1');
  await plan('10');
  const kernelNorm = await number('Kernel norm');
  const large = await number('Divergence');
  expect(Math.abs(large / kernelNorm - 1)).toBeLessThan(0.02);
  expect(small).toBeGreaterThan(1.01 * large);
  await shoot('interpolation');
  await field('Points').fill('1');
  await runToTheEnd('Compute the curve');
  expect(await message().textContent()).toBe('');
  await field('Points').fill('');
  await press('Compute the curve');
  expect(await message().textContent()).toMatch(/number of points has to be/);
});

it('finds barycenters of pictures between three others', async () => {
  await open('demos/barycenters');
  await field('Top').selectOption('seven');
  expect(await page.locator('.cell[data-found=true]').count()).toBe(3);
  await press('Find the barycenters');
  await figure('Barycenters').waitFor();
  await press('Stop');
  await page.locator('.demo[data-state=ready]').waitFor();
  await field('Top').selectOption('ring');
  await runToTheEnd('Find the barycenters');
  expect(await page.locator('.cell[data-found=true]').count()).toBe(15);
  expect(await figure('Barycenters').textContent()).toBe('12 of 12');
  // In percent: what the demo asks for.
  expect(await number('Largest gap')).toBeLessThanOrEqual(3);
  await shoot('barycenters');
});

it('tests two samples', async () => {
  await open('demos/two-sample-test');
  await press('Take the penguins');
  await page.getByText('Left out, as they hold text').waitFor();
  await field('Permutations').fill('49');
  await runToTheEnd('Test');
  const answers = await page.locator('[data-p-value]').allTextContents();
  expect(answers.map(Number)).toEqual([0.02, 0.02]);
  await shoot('two-samples');
});

it('says what is wrong with files that cannot be compared', async () => {
  await open('demos/two-sample-test');
  const files = field('Two CSV files');
  const csv = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  const cases: [string, string, RegExp][] = [
    ['a\nx\ny\n', 'a\nz\nw\n', /No column of numbers is in both files/],
    ['a\n1\n2\n', 'b\n1\n2\n', /share no column/],
    ['', 'a\n1\n', /has no rows/],
    ['a\n1\n2\n', '', /has no rows/],
    ['a,b\n', 'a,b\n1,2\n', /has no rows/],
    ['1,2\n3,4\n', 'a,b\n1,2\n', /its first line has to name the columns/],
    ['a,b\n1,\n,2\n', 'a,b\n1,2\n', /has no row with a number in every one of/],
    ['a,b\n"1,2\n', 'a,b\n1,2\n', /first\.csv, row/],
  ];
  for (const [first, second, expected] of cases) {
    await files.setInputFiles([csv('first.csv', first), csv('second.csv', second)]);
    await page.locator('.demo-message.failed', { hasText: expected }).waitFor();
  }
  await files.setInputFiles([csv('first.csv', 'a,t\n1,x\n2,y\n3,z\nnone,w\n'), csv('second.csv', 'a,t\n1,x\n')]);
  await page.getByText('1 of 4 rows lack a number').waitFor();
  await field('Permutations').fill('19');
  await runToTheEnd('Test');
  expect(await page.locator('[data-p-value]').count()).toBe(2);
  // One row against one: nothing is left to chance, and nothing fails.
  await files.setInputFiles([csv('first.csv', 'a\n1\n'), csv('second.csv', 'a\n1\n')]);
  await runToTheEnd('Test');
  expect((await page.locator('[data-p-value]').allTextContents()).map(Number)).toEqual([1, 1]);
});

it('leaves out what seems to name rows, reads decimal commas, and shows nothing of files that were refused', async () => {
  await open('demos/two-sample-test');
  const files = field('Two CSV files');
  const rows = (shift: number) =>
    Array.from({ length: 24 }, (_, k) => `${k + 1};${String(Math.sin(k) + shift).replace('.', ',')}`).join('\n');
  const csv = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  await files.setInputFiles([csv('first.csv', `nr;size\n${rows(0)}`), csv('second.csv', `nr;size\n${rows(3)}`)]);
  await page.getByText('Left out, as they seem to name rows: “nr”.').waitFor();
  expect(await figure('Columns').textContent()).toBe('size');
  await field('Permutations').fill('49');
  await runToTheEnd('Test');
  expect((await page.locator('[data-p-value]').allTextContents()).map(Number)).toEqual([0.02, 0.02]);
  await page.getByText('Left out, as they seem to name rows').waitFor();
  await page.getByLabel('nr', { exact: true }).check();
  await page.locator('[data-figure=Columns]', { hasText: 'nr, size' }).waitFor();
  expect(await page.locator('[data-p-value]').count()).toBe(0);
  await runToTheEnd('Test');
  await files.setInputFiles([csv('third.csv', 'a\nx\ny\n'), csv('second.csv', 'a\n1\n')]);
  await page.getByText('No column of numbers is in both files').waitFor();
  expect(await page.locator('[data-p-value], .plot-figure').count()).toBe(0);
});

it('measures the machine', async () => {
  await open('demos/your-machine');
  await field('Give up a size at').selectOption('200');
  await runToTheEnd('Measure');
  const times = await page.locator('[data-benchmark-row] td:nth-child(4)').allTextContents();
  expect(times.length).toBeGreaterThan(10);
  for (const time of times) expect(Number(time)).toBeGreaterThan(0);
  const report = JSON.parse(await page.locator('.demo pre').textContent().then(String));
  expect(new Set(report.rows.map(({ backend }: { backend: string }) => backend))).toContain('wasm');
  await shoot('your-machine');
});
