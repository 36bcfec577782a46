/**
 * Everything that has to hold before a change lands, the tests in Node beside those in a browser: `pnpm run check`, and
 * the second half of `npm test`.
 *
 * A stage that fails shows its output and the others run all the same. Each test counts as one, and so does each stage
 * that runs no tests. The last line is 'N passed, N failed, N skipped', and the exit code is 1 where anything failed.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { guideDependencies, writeGuide } from './guide.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = join(root, '.reports');
const tarballs = join(reports, 'tarballs');
// The suites that run again over the built packages.
const builtSuites = ['packages/losses/', 'packages/conformance/', 'packages/backend-cpu/', 'packages/backend-wasm/'];
const total = { passed: 0, failed: 0, skipped: 0 };

await rm(reports, { recursive: true, force: true });
await mkdir(tarballs, { recursive: true });

await stage('lint', () => run('biome', ['check', '--error-on-warnings', '.']));
await stage('types', () => run('tsc', ['--noEmit', '-p', 'tsconfig.json']));
await stage('types of the site', () => run('pnpm', ['--filter', '@sinkhorn/docs', 'run', 'types']));
await stage('build', () => run('turbo', ['run', 'build', '--output-logs=errors-only']));
// Each leaves a core idle much of the time: the one runs a worker, the other waits for a browser.
await Promise.all([inNode(), inBrowser()]);
await stage('table of backends and losses', supportTable);
await stage('pack', pack);
await stage('package contents', () => forEachTarball((tarball) => run('publint', ['run', '--strict', tarball])));
await stage('package types', () =>
  forEachTarball((tarball) => run('attw', ['--profile', 'esm-only', '--no-emoji', tarball])),
);
await stage('bundle sizes', () => run('size-limit', []));
await stage('unused code', () => run('knip', []));
await stage('newcomer', newcomer);

process.exitCode = total.failed > 0 ? 1 : 0;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

async function inNode() {
  await testStage('tests', ['--project', 'node', '--project', 'webgpu']);
  await testStage('tests of the built packages', ['--project', 'node', ...builtSuites], { SINKHORN_BUILT: '1' });
}

async function inBrowser() {
  await testStage('tests in a browser', ['--project', 'browser', '--project', 'isolated browser']);
  await stage('site', () => run('pnpm', ['run', 'docs:build'], { env: { SITE_BASE: '/sinkhorn/' } }));
  await testStage('tests of the site', ['--project', 'site']);
}

/**
 * Runs one stage and prints its line; it fails where `work` throws.
 * @param {string} name
 * @param {() => Promise<unknown>} work
 */
async function stage(name, work) {
  const start = performance.now();
  /** @type {unknown} */
  let failure;
  await work().catch((error) => {
    failure = error;
  });
  total[failure ? 'failed' : 'passed'] += 1;
  report(name, start, failure ? 'FAILED' : 'ok');
  if (failure) show(failure);
}

/**
 * Runs vitest as one stage, counting each of its tests.
 * @param {string} name
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
async function testStage(name, args, env) {
  const start = performance.now();
  const file = reportOf(name);
  /** @type {unknown} */
  let failure;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  await run('vitest', ['run', ...args, ...reporters], { env }).catch((error) => {
    failure = error;
  });
  const results = await readFile(file, 'utf8').then(JSON.parse, () => ({ testResults: [] }));
  /** @type {{ status: string, fullName: string }[]} */
  const tests = results.testResults.flatMap((/** @type {{ assertionResults: [] }} */ suite) => suite.assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
  // What fails outside of any test (a file that does not load, a browser that does not start) counts as one.
  const failed = tests.length - passed - skipped.length || (failure ? 1 : 0);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped.length;
  report(name, start, `${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  for (const test of skipped) console.log(`  skipped: ${test.fullName}`);
  if (failure) show(failure);
}

/**
 * Where the results of a stage of tests are left.
 * @param {string} name
 */
function reportOf(name) {
  return join(reports, `${name.replaceAll(' ', '-')}.json`);
}

/** The guide's table has to say what the tests just said. */
async function supportTable() {
  const results = ['tests', 'tests in a browser'].map(reportOf);
  await run('node', ['docs/guide/makeSupport.mjs', '--check', ...results]);
}

/**
 * Runs a command in the root of the repository; what it prints is shown only where it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {import('execa').Options} [options]
 */
async function run(command, args, options) {
  return execa(command, args, {
    cwd: root,
    preferLocal: true,
    localDir: root,
    all: true,
    stdin: 'ignore',
    timeout: 30 * 60_000,
    ...options,
    env: { TURBO_TELEMETRY_DISABLED: '1', ...options?.env },
  });
}

/**
 * @param {string} name
 * @param {number} start
 * @param {string} result
 */
function report(name, start, result) {
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${name.padEnd(28)} ${seconds.padStart(7)} s  ${result}`);
}

/** @param {unknown} failure */
function show(failure) {
  const { shortMessage, all } = /** @type {{ shortMessage?: string, all?: string }} */ (failure);
  console.log(shortMessage ? `${all}\n${shortMessage}\n` : failure);
}

/** Packs the public packages as they would be published. */
async function pack() {
  for (const name of await readdir(join(root, 'packages'))) {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (!manifest.private) await run('pnpm', ['pack', '--pack-destination', tarballs], { cwd: folder });
  }
}

async function packed() {
  const names = await readdir(tarballs);
  if (names.length === 0) throw new Error('There is no packed package to look at.');
  return names.map((name) => join(tarballs, name));
}

/** @param {(tarball: string) => Promise<unknown>} work */
async function forEachTarball(work) {
  for (const tarball of await packed()) await work(tarball);
}

/**
 * Does what a newcomer does, with the packed packages and away from the repository: install, import, run; and then the
 * guide from one end to the other.
 */
async function newcomer() {
  const folder = await mkdtemp(join(tmpdir(), 'sinkhorn-newcomer-'));
  const script = `import { selectBackend, sinkhornDivergence } from 'sinkhorn';
const backend = await selectBackend();
const loss = sinkhornDivergence({ backend, p: 2, blur: 0.05 });
const value = await loss.value([[0, 0]], [[3, 4]]);
if (Math.abs(value - 12.5) > 1e-3) throw new Error(\`Half the squared distance is 12.5, not \${value}.\`);
`;
  try {
    const options = { cwd: folder, preferLocal: false };
    await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }');
    await writeFile(join(folder, 'first.js'), script);
    await run('npm', ['install', '--no-audit', '--no-fund', ...(await packed())], options);
    await run('node', ['first.js'], options);
    const { stdout } = await run('npx', ['--no', '--', 'sinkhorn', '--version'], options);
    const { version } = JSON.parse(await readFile(join(root, 'packages/sinkhorn/package.json'), 'utf8'));
    if (stdout !== version) throw new Error(`sinkhorn --version says ${stdout} and not ${version}`);
    await run('npm', ['install', '--no-audit', '--no-fund', ...guideDependencies], options);
    await writeGuide(folder);
    await run('npx', ['--no', '--', 'tsc'], options);
    await run('node', ['out/all.js'], options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
