import { execa } from 'execa';
import { root } from './folders.mjs';
import { stages } from './stages.mjs';

const PROJECTS = ['--project', 'node', '--project', 'reference'];
/** Tests on small problems, whatever has changed. */
const UNIT = ['packages/core/test', 'packages/losses/test'];

/**
 * What else runs where files changed that match: the part of the conformance suite on cpu that is about them, or the tests
 * of their package.
 * @type {readonly { readonly changed: RegExp, readonly tests: string }[]}
 */
const TOUCHED = [
  {
    changed: /^packages\/(backend-cpu|conformance|core\/src\/(backend|formula))\//,
    tests: 'packages/conformance/test/cpu.test.ts',
  },
  {
    changed: /^packages\/(conformance\/|core\/src\/(?!backend\/|formula\/))/,
    tests: 'packages/conformance/test/cpuSolvers.test.ts',
  },
  ...['backend-cpu', 'cli', 'sinkhorn', 'tfjs', 'toolkit'].map((name) => ({
    changed: new RegExp(`^packages/${name}/`),
    tests: `packages/${name}/test/*.test.ts`,
  })),
];

/** Tests that need a browser or what was built, and those on the wasm backend that take longest: the whole check has them. */
const LEFT_OUT = /\.browser\.test\.ts$|\/(built|training|exactPValues|multiscale\w*|\w+Errors)\.test\.ts$/;

/**
 * What an edit needs: lint, types, unit tests, and the tests on the cpu backend that what has changed since the last commit is
 * about.
 * @returns {Promise<readonly import('./stages.mjs').Stage[]>}
 */
export async function fastStages() {
  const changed = await changedFiles();
  const patterns = TOUCHED.filter((one) => changed.some((file) => one.changed.test(file))).map(({ tests }) => tests);
  const files = patterns.length > 0 ? await git('ls-files', '--cached', '--others', ...patterns) : [];
  const touched = files.filter((file) => !LEFT_OUT.test(file));
  return [
    // Two stages of tests, for two processors; first, since they take longest.
    { name: 'unit', about: `${UNIT.join(', ')} on cpu`, tests: [...PROJECTS, ...UNIT] },
    ...(touched.length > 0
      ? [
          {
            name: 'touched',
            about: `what has changed: ${patterns.join(', ')}`,
            tests: [...PROJECTS, ...touched],
            env: { SINKHORN_QUICK: '1' },
          },
        ]
      : []),
    ...stages.filter(({ name }) => name === 'lint' || name === 'build'),
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
