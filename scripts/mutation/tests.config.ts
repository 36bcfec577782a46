import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultServerConditions } from 'vite';
import { defineConfig, type Plugin } from 'vitest/config';

// The tests that mutants must fail (run.mjs): those of core that take seconds, in one process and on the sources.
const rooms = ['marginal', 'measure', 'transport'];
const given = process.env.MUTATION_TESTS?.split(',').filter(Boolean) ?? [];

/**
 * Resolves the repository's packages to the sources beside this file. Links in node_modules lead to those that Stryker copied from, where
 * nothing is changed.
 */
const besideThis: Plugin = {
  name: 'packages-beside-this',
  enforce: 'pre',
  resolveId(id) {
    const [, name, path = ''] = /^@sinkhorn\/([^/]+)(\/.+)?$/.exec(id) ?? [];
    if (!name) return undefined;
    const folder = join(import.meta.dirname, '../../packages', name);
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      exports: Record<string, { source: string }>;
    };
    return join(folder, exports[`.${path}`].source);
  },
};

export default defineConfig({
  plugins: [besideThis],
  ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  test: {
    include: given.length > 0 ? given : rooms.map((room) => `packages/core/test/${room}/**/*.test.ts`),
    provide: { solves: 10, slowness: 1 },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
