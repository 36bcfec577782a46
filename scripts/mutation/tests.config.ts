import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

// The tests that mutants are held to (run.mjs): those of core that take seconds, in one process and on the sources.
const rooms = ['marginal', 'measure', 'transport'];
const given = process.env.MUTATION_TESTS?.split(',').filter(Boolean) ?? [];

export default defineConfig({
  ssr: { resolve: { conditions: ['source', ...defaultServerConditions] } },
  test: {
    include: given.length > 0 ? given : rooms.map((room) => `packages/core/test/${room}/**/*.test.ts`),
    provide: { solves: 10, slowness: 1 },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
