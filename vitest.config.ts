import { playwright } from '@vitest/browser-playwright';
import type { BrowserContextOptions } from 'playwright';
import {
  createServerModuleRunner,
  defaultClientConditions,
  defaultServerConditions,
  type Plugin,
  type ViteDevServer,
} from 'vite';
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { BrowserInstanceOption } from 'vitest/node';
import { record } from './scripts/check/results.mjs';
import { slowness, stretched } from './scripts/check/slowness.mjs';
import { vulkanEnvironment } from './scripts/chromium.mjs';
import { connectOptions } from './scripts/sharedBrowser.mjs';
import { oracleText } from './tests/setup/oracleFiles.js';

// The packages resolve to their sources, so that no build comes before a test; the project 'built' takes what is in dist.
// Setting conditions replaces the defaults of vite, hence both lists.
const fromSources = {
  resolve: { conditions: ['source', ...defaultClientConditions] },
  ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
};
const fromDist = {
  resolve: { conditions: [...defaultClientConditions] },
  ssr: { resolve: { conditions: [...defaultServerConditions] } },
};

/**
 * Tests fail by the processor time they take (tests/setup/node.ts). This is for one that waits for what never comes, in
 * milliseconds: time that a machine with much else to do does not need either.
 */
const patience = stretched(600_000);

const inPages = 'packages/*/test/**/*.browser.test.ts';
const webgl1 = 'packages/backend-gpujs/test/conformance.webgl.browser.test.ts';
const reference = [
  'packages/conformance/test/cpu.test.ts',
  'packages/conformance/test/cpuSolvers.test.ts',
  'packages/backend-wasm/test/conformance.test.ts',
];
const built = ['packages/*/test/built.test.ts', 'tests/built.test.ts', 'tests/bundlers.test.ts', 'tests/types.test.ts'];

/** Pages that send this header are cross-origin isolated, as a page has to ask for: they may share memory with workers. */
const ISOLATED = 'x-isolated';
const isolation: Plugin = {
  name: 'isolation',
  enforce: 'pre',
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      if (request.headers[ISOLATED]) {
        response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      }
      next();
    });
  },
};

const inChromium = (contextOptions: BrowserContextOptions = {}) => playwright({ connectOptions, contextOptions });

export default defineConfig({
  // Written by tests/examples.test.ts in each run: watched, they would start the next one.
  server: { watch: { ignored: ['**/.examples/**'] } },
  test: {
    pool: 'forks',
    // Leaks are looked for by exact counters, for which some solves are enough; `pnpm test:long` makes many.
    provide: { solves: process.env.SINKHORN_LONG ? 2000 : 100, slowness: slowness() },
    projects: [
      nodeProject('node', ['{packages,examples}/*/test/**/*.test.ts', 'tests/**/*.test.ts'], {
        exclude: [...built, ...reference, 'packages/backend-webgpu/**'],
        // Files share a process and its modules: to start a process and load them for each file took a fifth of the time.
        isolate: false,
      }),
      // The suites in full; what they compute to compare with is there for those that come after them.
      nodeProject('reference', reference),
      // WebGPU in Node: the driver has to be named before a process starts.
      nodeProject('webgpu', ['packages/backend-webgpu/test/**/*.test.ts'], {
        globalSetup: ['./scripts/chromium.mjs'],
        env: vulkanEnvironment,
        setupFiles: ['./tests/setup/node.ts', './tests/setup/swiftshader.ts'],
      }),
      // What `pnpm run build` left in dist, as users get it.
      { ...nodeProject('built', built), ...fromDist },
      // The built site in a real browser: `pnpm docs:build` comes first.
      nodeProject('site', ['docs/test/**/*.test.ts'], {
        globalSetup: ['./scripts/chromium.mjs'],
        fileParallelism: false,
        maxConcurrency: 2,
      }),
      browserProject('chromium', [
        { name: 'browser', include: [inPages], exclude: [webgl1] },
        // Minutes of compiling shaders that WebGL 2 compiles as well: not in every check.
        { name: 'webgl', include: [webgl1] },
        {
          name: 'isolated browser',
          include: ['packages/backend-wasm/test/**/*.browser.test.ts'],
          provide: { isolated: true },
          provider: inChromium({ extraHTTPHeaders: { [ISOLATED]: 'yes' } }),
        },
      ]),
    ],
  },
});

function nodeProject(
  name: string,
  include: string[],
  { exclude = [], ...more }: TestProjectInlineConfiguration['test'] = {},
): TestProjectInlineConfiguration {
  return {
    extends: true,
    ...fromSources,
    test: {
      name,
      include,
      exclude: [...configDefaults.exclude, '**/*.browser.test.ts', ...exclude],
      setupFiles: ['./tests/setup/node.ts'],
      testTimeout: patience,
      hookTimeout: patience,
      ...more,
    },
  };
}

/** Pages of one server, which share what vite has made ready of the packages. */
function browserProject(
  name: string,
  places: Omit<BrowserInstanceOption, 'browser'>[],
): TestProjectInlineConfiguration {
  return {
    extends: true,
    ...fromSources,
    // Found in mid-run, a dependency would be optimised then and the page reloaded under the tests.
    optimizeDeps: {
      include: [
        'fast-check',
        '@sinkhorn/backend-gpujs > gpu.js',
        '@tensorflow/tfjs',
        '@tensorflow/tfjs-backend-wasm',
        '@tensorflow/tfjs-backend-webgpu',
        '@tensorflow/tfjs-core',
      ],
    },
    plugins: [isolation],
    test: {
      name,
      // Which dependencies pages need is looked for in these.
      include: [inPages],
      provide: { isolated: false },
      setupFiles: ['./tests/setup/browser.ts'],
      testTimeout: patience,
      hookTimeout: patience,
      globalSetup: ['./scripts/sharedBrowser.mjs'],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: inChromium(),
        instances: places.map((place) => ({ browser: 'chromium', ...place })),
        commands: {
          started(_context, id: string, test: string, before?: { id: string; name: string; passed: boolean }) {
            if (before) {
              record({ event: 'ended', id: before.id, name: before.name, state: before.passed ? 'passed' : 'failed' });
            }
            record({ event: 'started', id, name: test });
          },
          oracleText: () => oracleText(),
          resultsInNode: ({ project }, backend: 'cpu' | 'wasm') => resultsInNode(project.vite, backend),
        },
      },
    },
  };
}

/** What the solvers give in Node, computed when a browser first asks for it. */
const computed = new Map<string, Promise<unknown>>();
function resultsInNode({ environments }: ViteDevServer, backend: 'cpu' | 'wasm'): Promise<unknown> {
  let results = computed.get(backend);
  if (!results) {
    const runner = createServerModuleRunner(environments.ssr, { hmr: false });
    results = runner.import('/tests/setup/resultsInNode.ts').then((module) => module.resultsInNode(backend));
    computed.set(backend, results);
  }
  return results;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** How many solves a test makes that looks for leaks. */
    solves: number;
    /** How many times slower the machine is than the one that times are stated for. */
    slowness: number;
    /** Whether the project's pages are cross-origin isolated. */
    isolated: boolean;
  }
}
