import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { build, defaultClientConditions } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromium as ready } from '../../../scripts/chromium.mjs';

// A page as a user would ship it: bundled, minified, and served under a strict content security policy.
const page = (script: string) =>
  `<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="/${script}"></script>`;
const MAIN = `
import { wasm } from '@sinkhorn/backend-wasm';
import { sinkhornDivergence } from '@sinkhorn/losses';

try {
  const backend = await wasm({ threads: 2 });
  const loss = sinkhornDivergence({ backend, blur: 0.05, method: 'alternating' });
  const draws = (seed) => ({ points: Float32Array.from({ length: 3000 }, (_, k) => Math.sin(k * k + seed)), dimension: 3 });
  const { value, diagnostics } = await loss.solve(draws(1), draws(2));
  document.title = JSON.stringify({ value, converged: diagnostics.converged, threads: backend.threads });
} catch (error) {
  document.title = JSON.stringify({ error: String(error) });
}
`;
// The same in a worker of the page, without waiting: there, threads may sleep.
const WORKER = `
import { wasm } from '@sinkhorn/backend-wasm';
import { energyDistance } from '@sinkhorn/losses';
import { readyKernelNorms } from '@sinkhorn/losses/ready';

readyKernelNorms();
const backend = await wasm({ threads: 2 });
const cloud = (shift) => ({ points: Float32Array.from({ length: 3000 }, (_, k) => k / 3000 + shift), dimension: 1 });
const value = energyDistance({ backend }).valueSync(cloud(0), cloud(1));
postMessage({ value, threads: backend.threads });
`;
const WORKER_PAGE = `
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => (document.title = JSON.stringify(data));
worker.onerror = ({ message }) => (document.title = JSON.stringify({ error: message }));
`;
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

describe('in a bundle, under a content security policy', () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    // Beside the package, so that imports resolve.
    folder = await mkdtemp(join(fileURLToPath(new URL('..', import.meta.url)), '.page-'));
    const files = {
      'index.html': page('main.js'),
      'main.js': MAIN,
      'in-worker.html': page('in-worker.js'),
      'in-worker.js': WORKER_PAGE,
      'worker.js': WORKER,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['source', ...defaultClientConditions] },
      worker: { format: 'es' },
      build: {
        target: 'es2022',
        minify: true,
        rollupOptions: { input: ['index.html', 'in-worker.html'].map((name) => join(folder, name)) },
      },
    });
    browser = await chromium.launch(await ready());
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function serve(policy: string, headers: Record<string, string>): Promise<Server> {
    const server = createServer(async (request, response) => {
      const path = request.url === '/' ? '/index.html' : (request.url ?? '');
      const content = await readFile(join(folder, 'dist', path)).catch(() => undefined);
      response.writeHead(content ? 200 : 404, {
        'Content-Type': TYPES[extname(path)] ?? 'text/plain',
        'Content-Security-Policy': policy,
        ...headers,
      });
      response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  async function open(policy: string, headers: Record<string, string>, path = '/') {
    const server = await serve(policy, headers);
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { timeout: 0 });
      // A busy machine is no fault: what hangs runs into the limit of the whole test.
      await page.waitForFunction(() => document.title.startsWith('{'), undefined, { timeout: 0 });
      return JSON.parse(await page.title());
    } finally {
      await page.close();
      server.close();
    }
  }

  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";

  test('one thread in a page', async () => {
    const { value, ...rest } = await open(policy, {});
    expect(rest).toEqual({ converged: true, threads: 1 });
    expect(value).toBeGreaterThan(0);
  });

  test('two threads in an isolated page, and the same value', async () => {
    const alone = await open(policy, {});
    const together = await open(policy, ISOLATION);
    expect(together).toEqual({ ...alone, threads: 2 });
  });

  test('a worker of an isolated page computes without waiting, on two threads', async () => {
    const { value, threads } = await open(policy, ISOLATION, '/in-worker.html');
    expect(threads).toBe(2);
    // The integral of the squared difference of the distribution functions of two steps of length 1, one after the other.
    expect(value).toBeCloseTo(2 / 3, 3);
  });

  test('a policy without wasm-unsafe-eval is named as the reason', async () => {
    const { error } = await open("default-src 'none'; script-src 'self'", {});
    expect(error).toMatch(/WebAssembly is refused here.*Content Security Policy/i);
  });
});
