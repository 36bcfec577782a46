import { defaultClientConditions, defineConfig } from 'vite';

// The packages are taken from their sources: the page needs no build.
export default defineConfig({ resolve: { conditions: ['source', ...defaultClientConditions] } });
