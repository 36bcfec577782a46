import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions, defaultServerConditions } from 'vite';
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { launchOptions, vulkanEnvironment } from './scripts/chromium.mjs';

// The packages resolve to their sources, so that no build comes before a test. SINKHORN_BUILT=1 runs the same suites over
// what `pnpm run build` left in dist, as users get it.
const source = process.env.SINKHORN_BUILT === '1' ? [] : ['source'];

const webgl1 = 'packages/backend-gpujs/test/conformance.webgl.browser.test.ts';

export default defineConfig({
  // Setting conditions replaces the defaults of vite, hence both lists.
  resolve: { conditions: [...source, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [...source, ...defaultServerConditions] } },
  // Written by tests/examples.test.ts in each run: watched, they would start the next one.
  server: { watch: { ignored: ['**/.examples/**'] } },
  test: {
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['{packages,examples}/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, '**/*.browser.test.ts', 'packages/backend-webgpu/**'],
        },
      },
      // WebGPU in Node: the driver has to be named before a process starts.
      {
        extends: true,
        test: {
          name: 'webgpu',
          include: ['packages/backend-webgpu/test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, '**/*.browser.test.ts'],
          globalSetup: ['./scripts/chromium.mjs'],
          env: vulkanEnvironment,
        },
      },
      // The built site in a real browser: `pnpm docs:build` comes first.
      {
        extends: true,
        test: {
          name: 'site',
          include: ['docs/test/**/*.test.ts'],
          globalSetup: ['./scripts/chromium.mjs'],
          fileParallelism: false,
          // A busy machine draws pages slowly.
          testTimeout: 120_000,
        },
      },
      browserProject('browser', 'packages/*/test/**/*.browser.test.ts', { exclude: [webgl1] }),
      // Minutes of compiling shaders that WebGL 2 compiles as well: not in every check.
      browserProject('webgl', webgl1),
      // Where memory can be shared with workers: a page has to ask for it with these headers.
      browserProject('isolated browser', 'packages/backend-wasm/test/**/*.browser.test.ts', {
        headers: {
          'Cross-Origin-Opener-Policy': 'same-origin',
          'Cross-Origin-Embedder-Policy': 'require-corp',
        },
      }),
    ],
  },
});

function browserProject(
  name: string,
  include: string,
  { headers, exclude = [] }: { headers?: Record<string, string>; exclude?: string[] } = {},
): TestProjectInlineConfiguration {
  return {
    extends: true,
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
    server: { headers },
    test: {
      name,
      provide: { isolated: headers !== undefined },
      include: [include],
      exclude: [...configDefaults.exclude, ...exclude],
      globalSetup: ['./scripts/chromium.mjs'],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether the project's pages are cross-origin isolated. */
    isolated: boolean;
  }
}
