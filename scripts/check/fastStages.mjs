import { execa } from 'execa';
import { root } from './folders.mjs';
import { stages } from './stages.mjs';

/** Tests that take a second or two, whatever has changed. */
const ALWAYS = ['packages/core/test', 'packages/losses/test'];
/** The suites of backends and solvers on cpu: for changes in what they are about. */
const SUITES = 'packages/conformance/test/cpu.test.ts';
const UNDER_SUITES = /^packages\/(core|backend-cpu|conformance)\//;
/** Tests of these take long, or need another backend: the whole check has them. */
const LEFT_OUT = /multiscale|\.browser\.test\.ts$|^packages\/(backend-(webgpu|gpujs|wasm)|bench)\//;

/**
 * What an edit needs: lint, types, unit tests, and the tests on the cpu backend that what has changed since the last commit is
 * about.
 * @returns {Promise<readonly import('./stages.mjs').Stage[]>}
 */
export async function fastStages() {
  const changed = await changedFiles();
  const files = new Set(ALWAYS);
  if (changed.some((file) => UNDER_SUITES.test(file))) files.add(SUITES);
  for (const file of changed) {
    if (!LEFT_OUT.test(file) && /\.test\.ts$/.test(file)) files.add(file);
    const [, folder] = /^(packages\/(?:sinkhorn|toolkit|cli|tfjs))\//.exec(file) ?? [];
    if (folder) {
      for (const test of await git('ls-files', `${folder}/test/*.test.ts`)) if (!LEFT_OUT.test(test)) files.add(test);
    }
  }
  return [
    ...stages.filter(({ name }) => name === 'lint' || name === 'build'),
    {
      name: 'unit',
      about: `${[...files].join(', ')} on cpu`,
      tests: ['--project', 'node', '--project', 'reference', ...files],
    },
  ];
}

/** The lines that git prints. */
const git = (/** @type {string[]} */ ...args) =>
  execa('git', args, { cwd: root }).then(({ stdout }) => stdout.split('\n').filter(Boolean));

/** What differs from the last commit, or from the one before where nothing does. */
async function changedFiles() {
  const now = [
    ...(await git('diff', '--name-only', 'HEAD')),
    ...(await git('ls-files', '--others', '--exclude-standard')),
  ];
  return now.length > 0 ? now : git('diff', '--name-only', 'HEAD~1', 'HEAD').catch(() => []);
}
