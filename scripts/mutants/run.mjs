/**
 * Plants bugs in the sources, one at a time, and shows that the tests catch each: `pnpm run test:mutants`.
 *
 * Everything happens in a copy of the working tree, .mutants, which is made anew each time: what a run that was stopped
 * leaves there does no harm. The last line is 'N caught, N survived', and the exit code is 1 where one survived.
 *
 *   --only TEXT     the mutants alone whose names contain it; may be given several times
 *   --list          their names, once it is clear that each has its place in the sources
 *   --no-baseline   without running the tests on the sources as they are before
 *
 * Stryker does not serve here. It makes mutants of its own, operator by operator, and cannot be given named ones; of the
 * kernels that are generated as text (WGSL, shaders) it knows no more than that they are strings, which it empties; and
 * its thousands of mutants would each take the minutes of a conformance suite.
 */
import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { mutants } from './mutants.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = join(root, '.mutants');
const report = join(copy, '.reports', 'mutant.json');
/** Tests that have not ended by then never will. */
const MOST_MINUTES = 30;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    list: { type: 'boolean' },
    'no-baseline': { type: 'boolean' },
  },
});
const chosen = mutants.filter(({ name }) => !options.only || options.only.some((text) => name.includes(text)));
await checkPlaces();
if (options.list) {
  for (const { name } of chosen) console.log(name);
} else {
  await makeCopy();
  if (!options['no-baseline']) await checkBaseline();
  await runMutants();
}

/** Every mutant, chosen or not, must have a name of its own and one place in the sources. */
async function checkPlaces() {
  const problems = mutants.length === new Set(mutants.map(({ name }) => name)).size ? [] : ['two have the same name'];
  for (const { name, file, find } of mutants) {
    const source = await readFile(join(root, file), 'utf8').catch(() => '');
    const places = source.split(find).length - 1;
    if (places !== 1) problems.push(`${name}: it occurs ${places} times in ${file}:\n${find}`);
  }
  if (chosen.length === 0) problems.push(`no name contains ${options.only?.join(' or ')}`);
  if (problems.length > 0) throw new Error(`Mutants that cannot be planted:\n${problems.join('\n')}`);
}

/** The working tree as it is, changes and new files included, with packages of its own. */
async function makeCopy() {
  await rm(copy, { recursive: true, force: true });
  const listing = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const { stdout } = await execa('git', listing, { cwd: root });
  for (const file of stdout.split('\0')) {
    // One that was deleted is listed until that is committed.
    if (file && existsSync(join(root, file))) await cp(join(root, file), join(copy, file));
  }
  const { packageManager } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await execa('npx', ['--yes', packageManager, 'install', '--frozen-lockfile', '--offline'], { cwd: copy });
}

/** Without a mutant everything has to pass. */
async function checkBaseline() {
  const lists = new Map(chosen.flatMap(({ tests }) => tests).map((args) => [args.join(' '), args]));
  for (const [text, args] of lists) {
    const start = performance.now();
    const failure = await firstFailure(args);
    if (failure) throw new Error(`Without a mutant 'vitest run ${text}' fails: ${failure.what}\n${failure.why}`);
    console.log(`${secondsSince(start)}  passes without a mutant: ${text}`);
  }
}

async function runMutants() {
  let survived = 0;
  for (const mutant of chosen) {
    const start = performance.now();
    const failure = await withMutant(mutant, async () => {
      for (const args of mutant.tests) {
        const found = await firstFailure(args);
        if (found) return found;
      }
      return undefined;
    });
    if (!failure) survived += 1;
    console.log(
      `${secondsSince(start)}  ${mutant.name}\n           ${failure ? `caught by ${failure.what}` : 'SURVIVED'}`,
    );
  }
  console.log(`${chosen.length - survived} caught, ${survived} survived`);
  if (survived > 0) process.exitCode = 1;
}

/**
 * @template Result
 * @param {import('./mutants.mjs').Mutant} mutant
 * @param {() => Promise<Result>} body
 */
async function withMutant({ file, find, replace }, body) {
  const path = join(copy, file);
  const source = await readFile(path, 'utf8');
  await writeFile(
    path,
    source.replace(find, () => replace),
  );
  try {
    return await body();
  } finally {
    await writeFile(path, source);
  }
}

/**
 * @typedef {object} FileResult what vitest reports of a file of tests
 * @property {string} name
 * @property {string} status
 * @property {string} message
 * @property {{ status: string, fullName: string, failureMessages: string[] }[]} assertionResults
 */

/**
 * Runs tests in the copy up to the first failure, and says what failed, and why; nothing where all pass.
 * @param {import('./mutants.mjs').Tests} args
 * @returns {Promise<{ what: string, why: string } | undefined>}
 */
async function firstFailure(args) {
  await rm(report, { force: true });
  const reporting = ['--bail', '1', '--reporter', 'json', '--outputFile', report];
  const { failed, timedOut, all, shortMessage } = await execa('vitest', ['run', ...args, ...reporting], {
    cwd: copy,
    localDir: copy,
    preferLocal: true,
    all: true,
    stdin: 'ignore',
    reject: false,
    timeout: MOST_MINUTES * 60_000,
  });
  if (!failed) return undefined;
  if (timedOut) return { what: `tests that do not end within ${MOST_MINUTES} minutes`, why: '' };
  /** @type {{ testResults: FileResult[] }} */
  const { testResults } = await readFile(report, 'utf8').then(JSON.parse, () => ({ testResults: [] }));
  const test = testResults.flatMap((file) => file.assertionResults).find(({ status }) => status === 'failed');
  if (test) return { what: test.fullName, why: test.failureMessages.join('\n') };
  const broken = testResults.find(({ status }) => status === 'failed');
  if (broken) return { what: `${relative(copy, broken.name)}, which does not load`, why: broken.message };
  // It may be vitest itself that did not start: nothing is caught by that.
  throw new Error(`vitest fails, and no test does: ${shortMessage}\n${all}`);
}

/** @param {number} start */
function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1).padStart(7)} s`;
}
