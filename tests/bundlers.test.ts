/**
 * The library in pages: each bundler builds it as it comes, without an error or a warning, and what it built runs in
 * Chromium, in pages that are cross-origin isolated and in pages that are not.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import esbuild from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { rollup } from 'rollup';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack, { type Configuration } from 'webpack';
import { chromium as ready } from '../scripts/chromium.mjs';

const MAIN = `
import { energyDistance, selectBackend, sinkhornDivergence, slicedWasserstein } from 'sinkhorn';

async function main() {
  const backend = await selectBackend();
  const draws = (shift) => ({ points: Float32Array.from({ length: 3000 }, (_, k) => ((k * 0.618) % 1) + shift), dimension: 3 });
  const { value, diagnostics } = await sinkhornDivergence({ backend, blur: 0.05 }).solve(draws(0), draws(1));
  const norm = await energyDistance({ backend }).value(draws(0), draws(1));
  const slices = await slicedWasserstein({ threads: 2 }).solve(draws(0), draws(1));
  const sameSlices = slices.value === slicedWasserstein().valueSync(draws(0), draws(1));
  const threads = { backend: backend.threads, slices: slices.threads };
  return { backend: backend.name, threads, value, norm, converged: diagnostics.converged, sameSlices };
}
main().then(
  (found) => (document.title = JSON.stringify(found)),
  (error) => (document.title = JSON.stringify({ error: String(error) })),
);
`;
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

interface Bundler {
  readonly name: string;
  /** How a page loads its scripts: what is made for `import` is a module. */
  readonly script: 'module' | 'classic';
  /** Whether it makes files of its own of the scripts of workers; threads need them. */
  readonly workers: boolean;
  /** Bundles a file and what belongs to it. */
  bundle(entry: string, folder: string): Promise<Bundled>;
}

interface Bundled {
  readonly complaints: readonly string[];
  /** What a page loads. */
  readonly scripts: readonly string[];
}

const bundlers: readonly Bundler[] = [
  {
    name: 'esbuild',
    script: 'module',
    workers: false,
    bundle: (entry, folder) => withEsbuild(entry, folder, { format: 'esm', splitting: true }),
  },
  {
    name: 'esbuild into one script',
    script: 'classic',
    workers: false,
    // Code of packages may use import.meta, says esbuild where they lie in node_modules; here they are links.
    bundle: (entry, folder) => withEsbuild(entry, folder, { logOverride: { 'empty-import-meta': 'silent' } }),
  },
  {
    name: 'rollup',
    script: 'module',
    workers: false,
    async bundle(entry, folder) {
      const complaints: string[] = [];
      const bundle = await rollup({
        input: { main: entry },
        plugins: [nodeResolve()],
        onLog: (level, { message }) => void (level === 'warn' && complaints.push(message)),
      });
      await bundle.write({ dir: folder });
      await bundle.close();
      return { complaints, scripts: ['main.js'] };
    },
  },
  { name: 'webpack', script: 'classic', workers: true, bundle: (entry, folder) => withWebpack(entry, folder, {}) },
  {
    // What Next.js sets beyond the defaults for the code of pages, where it builds with webpack.
    name: 'webpack as set up by Next.js',
    script: 'classic',
    workers: true,
    bundle: (entry, folder) =>
      withWebpack(entry, folder, {
        target: ['web', 'es2020'],
        node: false,
        performance: false,
        resolve: {
          extensions: ['.js', '.mjs', '.tsx', '.ts', '.jsx', '.json', '.wasm'],
          conditionNames: ['browser', 'import', 'module', 'require'],
          mainFields: ['browser', 'module', 'main'],
        },
        optimization: { splitChunks: { chunks: 'all', maxInitialRequests: 25, minSize: 20_000 } },
      }),
  },
];

async function withEsbuild(entry: string, folder: string, options: esbuild.BuildOptions): Promise<Bundled> {
  const { errors, warnings } = await esbuild.build({
    entryPoints: { main: entry },
    bundle: true,
    outdir: folder,
    logLevel: 'silent',
    ...options,
  });
  return { complaints: [...errors, ...warnings].map(({ text }) => text), scripts: ['main.js'] };
}

async function withWebpack(entry: string, folder: string, options: Configuration): Promise<Bundled> {
  const compiler = webpack({
    mode: 'production',
    entry: { main: entry },
    output: { path: folder },
    // The size of a bundle is no matter here, and told of otherwise.
    performance: false,
    ...options,
  });
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) =>
    compiler.run((error, found) => (error ? reject(error) : resolve(found))),
  );
  await new Promise((resolve) => compiler.close(resolve));
  const { errors = [], warnings = [], entrypoints } = stats?.toJson({ errors: true, warnings: true }) ?? {};
  return {
    complaints: [...errors, ...warnings].map(({ message, moduleName }) => `${moduleName}: ${message}`),
    // What pages and workers share may be a script of its own.
    scripts: entrypoints?.main.assets?.map(({ name }) => name) ?? [],
  };
}

// Inside the repository, for packages to be found from there.
const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));
let folder: string;

beforeAll(async () => {
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, 'bundles-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(bundlers)('$name', ({ name, script, workers, bundle }) => {
  let out: string;
  let browser: Browser;
  let complaints: readonly string[];

  beforeAll(async () => {
    const entry = join(folder, 'main.js');
    out = join(folder, name.replaceAll(' ', '-'));
    await writeFile(entry, MAIN);
    const { scripts, ...rest } = await bundle(entry, out);
    complaints = rest.complaints;
    const type = script === 'module' ? ' type="module"' : ' defer';
    const tags = scripts.map((path) => `<script${type} src="/${path}"></script>`).join('');
    await writeFile(join(out, 'index.html'), `<!doctype html><meta charset="utf-8"><title>page</title>${tags}`);
    browser = await chromium.launch(await ready());
  });
  afterAll(() => browser?.close());

  test('has nothing to complain of', () => expect(complaints).toEqual([]));

  test('runs in a page', async () => {
    const { value, norm, ...rest } = await open({});
    // Threads of slices share no memory: they need no isolation.
    const threads = { backend: 1, slices: workers ? 2 : 1 };
    expect(rest).toEqual({ backend: 'wasm', threads, converged: true, sameSlices: true });
    expect(value).toBeGreaterThan(0.5);
    expect(norm).toBeGreaterThan(0.5);
  });

  test(`runs in an isolated page, ${workers ? 'on all cores' : 'on one'}`, async () => {
    const { threads, ...rest } = await open(ISOLATION);
    expect(rest).toMatchObject({ backend: 'wasm', converged: true, sameSlices: true });
    if (workers) expect(threads.backend).toBeGreaterThan(1);
    else expect(threads.backend).toBe(1);
  });

  async function open(headers: Record<string, string>) {
    const server = createServer(async (request, response) => {
      const path = join(out, request.url === '/' ? 'index.html' : (request.url ?? ''));
      const content = existsSync(path) ? await readFile(path) : undefined;
      response.writeHead(content ? 200 : 404, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain', ...headers });
      response.end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const page = await browser.newPage();
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { timeout: 0 });
      // A busy machine is no fault: what hangs runs into the limit of the whole test.
      await page.waitForFunction(() => document.title.startsWith('{'), undefined, { timeout: 0 });
      return JSON.parse(await page.title());
    } finally {
      await page.close();
      server.close();
    }
  }
});

describe('what a program does not use', () => {
  /** Bytes, minified and zipped: of all that a page loads at once, or with what it may load later. */
  async function weigh(code: string, { splitting }: { splitting: boolean }): Promise<number> {
    const at = await mkdtemp(join(folder, 'weight-'));
    await writeFile(join(at, 'main.js'), code);
    const { metafile } = await esbuild.build({
      entryPoints: [join(at, 'main.js')],
      bundle: true,
      minify: true,
      format: 'esm',
      splitting,
      outdir: join(at, 'out'),
      absWorkingDir: at,
      metafile: true,
    });
    const atOnce = new Set<string>(['out/main.js']);
    for (const path of atOnce) {
      for (const { path: next, kind } of metafile.outputs[path].imports) {
        if (kind === 'import-statement') atOnce.add(next);
      }
    }
    const files = await Promise.all([...atOnce].map((path) => readFile(join(at, path))));
    return files.reduce((sum, content) => sum + gzipSync(content).length, 0);
  }

  test.each([{ splitting: true }, { splitting: false }])('stays out of its bundle: %o', async (how) => {
    const print = 'console.log(energyDistance({ backend: cpu() }));';
    const umbrella = `import { energyDistance, cpu } from 'sinkhorn'; ${print}`;
    const parts = `import { energyDistance } from '@sinkhorn/losses'; import { cpu } from '@sinkhorn/backend-cpu'; ${print}`;
    expect(await weigh(umbrella, how)).toBeLessThan(1.2 * (await weigh(parts, how)));
  });

  test('leaves no code for Node in a bundle', async () => {
    const at = join(folder, 'esbuild');
    for (const name of (await readdir(at)).filter((file) => file.endsWith('.js'))) {
      expect(await readFile(join(at, name), 'utf8'), name).not.toMatch(/(from|import|require)\s*\(?\s*["']node:/);
    }
  });
});
