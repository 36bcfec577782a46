/**
 * Measures the start page, the tour and two demos by Lighthouse, on a phone as it simulates one and on a desktop: performance and accessibility,
 * of 100. A page below 95 in one of them makes the exit status 1.
 *
 * Performance depends on the machine, and on what else runs there: it is no part of the check. Run it after `pnpm docs:build` on a quiet machine:
 * pnpm docs:lighthouse [PAGE ...]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { markdownTable } from 'markdown-table';
import { serve } from 'vitepress';
import { launchOptions, prepare } from '../scripts/chromium.mjs';

/** The last that runs in Node 20. */
const LIGHTHOUSE = 'lighthouse@12.8.2';
const PAGES = ['', 'guide/tour', 'demos/gradient-flow', 'demos/two-sample-test'];
const LEAST = 95;
const CATEGORIES = ['performance', 'accessibility'];
/** Any that is free will do. */
const PORT = 5183;

const wanted = process.argv.slice(2);
await prepare();
const folder = await mkdtemp(join(tmpdir(), 'lighthouse-'));
const base = await baseOfBuild();
// It compresses what it serves, as hosts do.
const { server } = await serve({ root: fileURLToPath(new URL('.', import.meta.url)), base, port: PORT });
const rows = [];
try {
  for (const page of wanted.length > 0 ? wanted : PAGES) {
    for (const device of ['phone', 'desktop']) {
      const file = join(folder, 'report.json');
      await execa(
        'npx',
        [
          '--yes',
          LIGHTHOUSE,
          `http://localhost:${PORT}${base}${page}`,
          '--quiet',
          '--output=json',
          `--output-path=${file}`,
          `--only-categories=${CATEGORIES.join(',')}`,
          `--chrome-flags=--headless=new ${launchOptions.args.join(' ')}`,
          ...(device === 'desktop' ? ['--preset=desktop'] : []),
        ],
        {
          env: { ...launchOptions.env, CHROME_PATH: launchOptions.executablePath },
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      );
      const { categories } = JSON.parse(await readFile(file, 'utf8'));
      rows.push([page || 'start', device, ...CATEGORIES.map((name) => Math.round(100 * categories[name].score))]);
    }
  }
} finally {
  server?.close();
  await rm(folder, { recursive: true, force: true });
}
console.log(markdownTable([['page', 'on a', ...CATEGORIES], ...rows.map((row) => row.map(String))]));
if (rows.some((row) => row.slice(2).some((score) => !(score >= LEAST)))) process.exitCode = 1;

/** The path that the site was built for. */
async function baseOfBuild() {
  const start = await readFile(new URL('.vitepress/dist/index.html', import.meta.url), 'utf8');
  const found = /href="([^"]*)icon\.svg"/.exec(start)?.[1];
  if (!found) throw new Error('docs/.vitepress/dist does not say under which path the site was built');
  return found;
}
