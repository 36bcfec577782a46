/** Examples of the guide, edited, run and shared in the page, as a reader would. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright';
import { expect, it } from 'vitest';
import { useSite } from './useSite.js';
import { accessibilityFaults } from './visit.js';

const site = useSite({ viewport: { width: 1360, height: 1000 } });
let page: Page;

async function open(path: string): Promise<void> {
  page = await site.open(`guide/${path}`);
}

const editor = () => page.getByRole('textbox', { name: 'Code of the example' });
const output = () => page.locator('.playground-output');
const state = (words: string | RegExp) => page.getByRole('status').filter({ hasText: words }).waitFor();

async function run(code: string): Promise<void> {
  await editor().fill(code);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
}

it('runs each example of the tour, which prints what the page says that it prints', async () => {
  const tour = await readFile(fileURLToPath(new URL('../guide/tour.md', import.meta.url)), 'utf8');
  const said = [...tour.matchAll(/```text printed\n([\s\S]*?)\n```/g)].map(([, text]) => text);
  await open('tour.html');
  expect(await page.getByRole('button', { name: 'Run and edit' }).count()).toBe(said.length);
  for (const text of said) {
    await page.getByRole('button', { name: 'Run and edit' }).first().click();
    await state(/^Ended/);
    expect((await output().textContent())?.trim()).toBe(text);
    if (text === said[0]) expect(await accessibilityFaults(page, { include: '.playground' })).toEqual([]);
    // Its Stop is gone with it, and so is its output: one at a time is looked at.
    await page.locator('.playground').evaluate((element) => element.remove());
  }
});

it('runs what was edited, and gives it to others as a link that runs nothing by itself', async () => {
  await site.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open('playground.html');
  await run("const names: string[] = ['Zoë', '✓'];\nconsole.log(names, new Float64Array(2));");
  await state(/^Ended/);
  expect((await output().textContent())?.trim()).toBe("[ 'Zoë', '✓' ] Float64Array(2) [ 0, 0 ]");
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByText('Copied:').waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.close();

  page = await site.open(link);
  await editor().waitFor();
  expect(await editor().textContent()).toContain("['Zoë', '✓']");
  expect(await output().count()).toBe(0);
  await page.close();

  page = await site.open(link.slice(0, -9));
  await page.getByRole('alert').waitFor();
  expect(await editor().textContent()).toContain('selectBackend');
});

it('names the line of what fails, whether the code is wrong or ends in an error', async () => {
  await open('playground.html');
  await run(
    "import { cpu, sinkhornDivergence } from 'sinkhorn';\n\nawait sinkhornDivergence({ backend: cpu(), blur: -1 });",
  );
  await state('Failed');
  expect(await output().textContent()).toMatch(/^Line 3: InvalidOptionError: .*blur/);
  await run('const x = 1;\nconst = 2;');
  await state('Failed');
  expect(await output().textContent()).toMatch(/^Line 2: /);
  await run("import { readFileSync } from 'node:fs';\nreadFileSync('x');");
  await state('Failed');
  expect(await output().textContent()).toMatch(/no 'node:fs' in this page/);
  await run("import { nope, SinkhornDivergence } from 'sinkhorn';\n\nnope();");
  await state('Failed');
  expect(await output().textContent()).toMatch(/^Line 3: Error: 'sinkhorn' exports no 'nope'/);
  await run("import { SinkhornDivergence } from 'sinkhorn';\n\nSinkhornDivergence();");
  await state('Failed');
  expect(await output().textContent()).toMatch(/exports no 'SinkhornDivergence': did you mean 'sinkhornDivergence'\?/);
});

it('ends an endless loop', async () => {
  await open('playground.html');
  await run("console.log('before');\nwhile (true);");
  await output().waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await state('Stopped');
  await run("console.log('after');");
  await state(/^Ended/);
  expect((await output().textContent())?.trim()).toBe('after');
});
