/**
 * Changes the sources operator by operator, and counts how many of the changes a test sees:
 *
 *   node scripts/mutation/run.mjs packages/core/src/marginal/**\/*.ts
 *   node scripts/mutation/run.mjs packages/core/src/transport/value.ts --tests packages/core/test/transport/value.test.ts
 *
 *   node scripts/mutation/run.mjs packages/core/src/transport/newton/*.ts --every 10
 *
 * Without files, all of core's transport, marginal and measure. With --every 10, one block of lines in ten is changed, and of it the
 * mutants that lie within: an estimate for what would take a day. It is not part of the check: it takes hours. The mutants are Stryker's, which
 * is fetched from npm into .stryker and is no dependency of the repository; the tests are those of tests.config.ts, the fast ones in Node, or
 * those given by --tests. `scripts/mutants` plants named bugs instead, in generated kernels too.
 *
 * What survived is listed at the end, and stands in .stryker/report.json; `node scripts/mutation/run.mjs --summary` prints a table of it.
 * Stryker's copy of the sources is in .stryker/copy and is removed.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { execa } from 'execa';

/** The last that runs in Node 20. */
const VERSION = '9.6.1';
/** Milliseconds that a mutant may take beyond one and a half times what its tests take: the machine has other work. */
const PATIENCE = 20_000;
/** Lines of a block. Longer ones keep more mutants whole; as many mutants in fewer places tell less. */
const BLOCK = 12;
const DEFAULT = ['transport', 'marginal', 'measure'].map((room) => `packages/core/src/${room}/**/*.ts`);

const root = fileURLToPath(new URL('../..', import.meta.url));
const home = join(root, '.stryker');
const reportFile = join(home, 'report.json');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: 'string', multiple: true },
    every: { type: 'string', default: '1' },
    summary: { type: 'boolean' },
  },
});
if (!values.summary) await run(positionals.length > 0 ? positionals : DEFAULT);
await summarise();

/** @param {readonly string[]} files Globs of the sources to change. */
async function run(files) {
  await mkdir(home, { recursive: true });
  if (!existsSync(join(home, 'node_modules'))) {
    await writeFile(join(home, 'package.json'), '{ "private": true }\n');
    // Its vitest has to be the repository's.
    const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`);
    await execa('npm', ['install', '--no-audit', '--no-fund', '--legacy-peer-deps', ...packages], { cwd: home });
  }
  const settings = {
    mutate: values.every === '1' ? [...files, '!**/index.ts'] : await blocksOf(files, Number(values.every)),
    plugins: [join(home, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
    testRunner: 'vitest',
    vitest: { configFile: 'scripts/mutation/tests.config.ts', related: false },
    coverageAnalysis: 'perTest',
    // Constants of modules are made once a process, before a mutant is switched on: no test could see those.
    ignoreStatic: true,
    concurrency: 1,
    timeoutMS: PATIENCE,
    reporters: ['json', 'clear-text', 'progress-append-only'],
    clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: true },
    jsonReporter: { fileName: reportFile },
    tempDirName: join(home, 'copy'),
    ignorePatterns: ['docs', 'output', '.reports', '.examples', '.mutants', '.stryker', 'packages/*/dist'],
    disableTypeChecks: false,
    allowEmpty: true,
  };
  const settingsFile = join(home, 'stryker.json');
  await writeFile(settingsFile, JSON.stringify(settings, undefined, 2));
  const command = join(home, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  await execa('node', [command, 'run', settingsFile], {
    cwd: root,
    stdio: 'inherit',
    env: { MUTATION_TESTS: values.tests?.join(',') ?? '' },
  });
}

/**
 * One block of lines in so many, counted through all files.
 *
 * @param {readonly string[]} files Names without patterns.
 * @param {number} every
 */
async function blocksOf(files, every) {
  const blocks = [];
  for (const file of files.filter((name) => !name.endsWith('/index.ts'))) {
    const lines = (await readFile(join(root, file), 'utf8')).split('\n').length;
    for (let first = 1; first <= lines; first += BLOCK) {
      blocks.push(`${file}:${first}-${Math.min(lines, first + BLOCK - 1)}`);
    }
  }
  const chosen = blocks.filter((_, k) => k % every === Math.floor(every / 2));
  if (chosen.length === 0) throw new Error('no block of lines is chosen: name files that exist, and a whole number');
  return chosen;
}

/** A line a file: mutants that a test saw (or that never ended), that survived, that no test runs. */
async function summarise() {
  /** @type {{ files: Record<string, { mutants: { status: string }[] }> }} */
  const { files } = JSON.parse(await readFile(reportFile, 'utf8'));
  for (const [file, { mutants }] of Object.entries(files)) console.log(line(file, mutants));
  const all = Object.values(files).flatMap(({ mutants }) => mutants);
  console.log(line('all', all));
}

/**
 * @param {string} name
 * @param {readonly { status: string }[]} mutants
 */
function line(name, mutants) {
  /** @param {string[]} statuses */
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [seen, survived, untested] = [count('Killed', 'Timeout'), count('Survived'), count('NoCoverage')];
  const rate = ((100 * seen) / Math.max(1, seen + survived + untested)).toFixed(0);
  return `${rate.padStart(4)} %  ${seen} seen, ${survived} survived, ${untested} untested  ${name}`;
}
