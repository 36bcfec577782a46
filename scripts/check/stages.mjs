import { newcomer } from './newcomer.mjs';
import { pack, packed } from './packages.mjs';

/**
 * Runs a command in the root of the repository and watches over it.
 * @typedef {(command: string, args: readonly string[], options?: import('execa').Options) => Promise<{ stdout: string }>} Run
 */

/**
 * @typedef {object} Stage
 * @property {string} name what `--only` takes
 * @property {string} about what it wants, in a few words
 * @property {readonly string[]} [after] what has to end before it begins: it uses what they leave
 * @property {readonly string[]} [needs] those of `after` that `--only` runs first: quick where nothing has changed
 * @property {readonly string[]} [tests] arguments for vitest: each of its tests counts as one
 * @property {Record<string, string>} [env] variables for its tests
 * @property {(run: Run) => Promise<unknown>} [work] anything else: counts as one, and fails where it throws
 */

/** @type {readonly Stage[]} */
export const stages = [
  {
    name: 'reference',
    about: 'backends and solvers in full, on cpu and wasm; what they compute to compare with is kept',
    tests: ['--project', 'reference'],
  },
  {
    name: 'lint',
    about: 'formatting and lint rules, and plain English',
    work: async (run) => {
      await run('biome', ['check', '--error-on-warnings', '.']);
      await run('node', ['scripts/prose.mjs']);
    },
  },
  {
    name: 'build',
    about: 'type checks of everything, and the packages into dist/',
    work: (run) => run('vue-tsc', ['-b', 'docs', 'tsconfig.json']),
  },
  {
    name: 'site',
    about: 'the site builds under a sub-path, without a dead link',
    after: ['build'],
    needs: ['build'],
    work: (run) => run('pnpm', ['run', 'docs:pages'], { env: { SITE_BASE: '/sinkhorn/' } }),
  },
  {
    name: 'tests',
    about: 'tests in Node',
    after: ['reference'],
    tests: ['--project', 'node', '--project', 'webgpu'],
  },
  {
    name: 'browser',
    about: 'tests in Chromium',
    after: ['reference'],
    tests: ['--project', 'browser', '--project', 'isolated browser'],
  },
  {
    name: 'pages',
    about: 'the pages and demos of the site, in Chromium',
    after: ['site', 'browser'],
    needs: ['site'],
    tests: ['--project', 'site'],
  },
  {
    name: 'built',
    about: 'the built packages: the same exports, and a first use of each',
    after: ['build'],
    needs: ['build'],
    tests: ['--project', 'built'],
  },
  {
    name: 'table',
    about: 'the table of backends and losses says what the tests just said',
    after: ['reference', 'tests', 'browser'],
    work: (run) =>
      run('node', [
        'docs/guide/makeSupport.mjs',
        '--check',
        ...['reference', 'tests', 'browser'].map((name) => `.reports/${name}.jsonl`),
      ]),
  },
  { name: 'pack', about: 'the packages as they would be published', after: ['build'], needs: ['build'], work: pack },
  {
    name: 'contents',
    about: 'publint: what the packed packages hold',
    after: ['pack'],
    needs: ['pack'],
    work: (run) => forEachPacked((tarball) => run('publint', ['run', '--strict', tarball])),
  },
  {
    name: 'types',
    about: 'attw: the types of the packed packages, as users resolve them',
    after: ['pack'],
    needs: ['pack'],
    work: (run) => forEachPacked((tarball) => run('attw', ['--profile', 'esm-only', '--no-emoji', tarball])),
  },
  {
    name: 'sizes',
    about: 'bundle sizes',
    after: ['build'],
    needs: ['build'],
    work: (run) => run('size-limit', []),
  },
  { name: 'unused', about: 'knip: no file, export or dependency that nothing uses', work: (run) => run('knip', []) },
  {
    name: 'newcomer',
    about: 'the packed packages in an empty folder, and each example of README and guide there',
    after: ['pack'],
    needs: ['pack'],
    work: newcomer,
  },
];

/** @param {(tarball: string) => Promise<unknown>} work */
async function forEachPacked(work) {
  for (const tarball of await packed()) await work(tarball);
}
