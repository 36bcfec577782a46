import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { build, defaultClientConditions } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium as ready } from '../../../scripts/chromium.mjs';

// A page as a user would ship it: bundled, minified, and served under a strict content security policy.
const PAGE = '<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="/main.js"></script>';
const MAIN = `
import { gpujs } from '@sinkhorn/backend-gpujs';
import { sinkhornDivergence } from '@sinkhorn/losses';

const mode = new URLSearchParams(location.search).get('mode');
try {
  const backend = await gpujs({ mode, load: () => import('gpu.js') });
  const loss = sinkhornDivergence({ backend, blur: 0.05, method: 'alternating' });
  const cloud = (shift) => ({
    points: Float32Array.from({ length: 3000 }, (_, k) => Math.sin(k * k) + (k % 3 === 0 ? shift : 0)),
    dimension: 3,
  });
  const { value, diagnostics } = await loss.solve(cloud(0), cloud(0.5));
  document.title = JSON.stringify({ value, converged: diagnostics.converged, mode: backend.mode });
} catch (error) {
  document.title = JSON.stringify({ error: String(error) });
}
`;
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };

describe('in a minified bundle, under a content security policy that allows no code but its own', () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    // Beside the package, so that imports resolve.
    folder = await mkdtemp(join(fileURLToPath(new URL('..', import.meta.url)), '.page-'));
    await writeFile(join(folder, 'index.html'), PAGE);
    await writeFile(join(folder, 'main.js'), MAIN);
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['source', ...defaultClientConditions] },
      build: { target: 'es2022', minify: true },
    });
    browser = await chromium.launch(await ready());
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(mode: string) {
    const server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://page');
      const path = pathname === '/' ? '/index.html' : pathname;
      const content = await readFile(join(folder, 'dist', path)).catch(() => undefined);
      response.writeHead(content ? 200 : 404, {
        'Content-Type': TYPES[extname(path)] ?? 'text/plain',
        'Content-Security-Policy': "default-src 'none'; script-src 'self'",
      });
      response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?mode=${mode}`, { timeout: 0 });
      // A busy machine is no fault: what hangs runs into the limit of the whole test.
      await page.waitForFunction(() => document.title.startsWith('{'), undefined, { timeout: 0 });
      return JSON.parse(await page.title());
    } finally {
      await page.close();
      server.close();
    }
  }

  test.each(['webgl2', 'webgl'])('mode %s computes a Sinkhorn divergence', async (mode) => {
    const { value, ...rest } = await open(mode);
    expect(rest).toEqual({ converged: true, mode });
    // The second cloud is the first one, moved by 1/2 along one axis.
    expect(value).toBeCloseTo(0.125, 4);
  });

  test('mode cpu makes functions of text, and says that this is forbidden here', async () => {
    const { error } = await open('cpu');
    expect(error).toMatch(/kernels do not run in cpu mode.*unsafe-eval/);
  });
});
