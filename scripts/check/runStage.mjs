import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { duration } from './display.mjs';
import { reports, root } from './folders.mjs';
import { killFamily } from './processes.mjs';
import { follow, VARIABLE } from './results.mjs';
import { HangError, runWatched } from './runWatched.mjs';

/** Processor time that a test may take without an end, in seconds: twice what is allowed where it can be told so itself. */
const SILENT_TEST = 120;

/** @typedef {{ passed: number, failed: number, skipped: number, line: string, details: string[] }} StageResult */

/**
 * Starts a stage. `status` says at any time how far it is.
 * @param {import('./stages.mjs').Stage} stage
 * @returns {{ result: Promise<StageResult>, status: () => string }}
 */
export function runStage(stage) {
  return stage.tests ? runTests(stage, stage.tests) : runWork(stage);
}

/** @param {import('./stages.mjs').Stage} stage */
function runWork({ name, about, work }) {
  const start = performance.now();
  const log = join(reports, `${name}.log`);
  let command = '';
  const run = async (/** @type {string} */ program, /** @type {readonly string[]} */ args, options = {}) => {
    command = `${program} ${args.join(' ')}`;
    return /** @type {{ stdout: string }} */ (
      await runWatched(program, args, { cwd: root, localDir: root, ...options }, { log })
    );
  };
  const result = (async () => {
    await rm(log, { force: true });
    try {
      await work?.(run);
      return { ...counts(1, 0, 0), line: lineOf(name, start, 'ok'), details: [] };
    } catch (error) {
      return { ...counts(0, 1, 0), line: lineOf(name, start, 'FAILED'), details: [await textOf(error, log)] };
    }
  })();
  return { result, status: () => `${name}: ${about}: ${command} (${duration(performance.now() - start)})` };
}

/**
 * @param {import('./stages.mjs').Stage} stage
 * @param {readonly string[]} tests
 */
function runTests({ name, about }, tests) {
  const start = performance.now();
  const log = join(reports, `${name}.log`);
  const file = join(reports, `${name}.jsonl`);
  /** @type {string[]} */
  const hangs = [];
  const look = follow(file);
  /** Ends the processes whose tests hang, so that those of other files go on. */
  const release = (/** @type {string} */ why) => {
    const { running } = look();
    const pids = new Set(running.flatMap(({ pid }) => pid ?? []));
    if (pids.size === 0) return false;
    for (const test of running)
      hangs.push(`${test.name} hung (${why}); the other tests of its file that had not run by then did not run`);
    for (const pid of pids) killFamily(pid);
    return true;
  };
  const result = (async () => {
    await rm(log, { force: true });
    await rm(file, { force: true });
    const args = ['run', ...tests, '--reporter=default', '--reporter=./scripts/check/reporter.mjs'];
    const options = { cwd: root, localDir: root, env: { [VARIABLE]: file, SINKHORN_ORACLE: join(reports, 'oracle') } };
    /** @type {unknown} */
    let failure;
    await runWatched('vitest', args, options, {
      log,
      progress: () => look().count,
      silence: SILENT_TEST,
      release,
    }).catch((error) => {
      failure = error;
    });
    const { passed, failed, skipped, broken, running, last } = look();
    const lost = running.filter((test) => !hangs.some((text) => text.startsWith(`${test.name} hung`)));
    const problems = [
      ...failed.map((test) => `${test.name}\n${(test.errors ?? []).join('\n')}`),
      ...hangs,
      ...lost.map((test) => `${test.name} started and did not end`),
      ...broken.map((one) => `${one.name}\n${(one.errors ?? []).join('\n')}`),
    ];
    if (failure instanceof HangError)
      problems.push(`it was ended: ${failure.message}${last ? `; the test that started last was ${last.name}` : ''}`);
    // Whatever else ends vitest with a failure counts as one.
    if (failure && problems.length === 0) problems.push(await textOf(failure, log));
    const text = `${passed.length} passed, ${problems.length} failed, ${skipped.length} skipped`;
    return {
      ...counts(passed.length, problems.length, skipped.length),
      line: lineOf(name, start, text),
      details: [
        ...skipped.map((test) => `  skipped: ${test.name}`),
        ...problems.map((problem) => `  FAILED: ${problem.replaceAll('\n', '\n    ')}`),
        ...(problems.length > 0 ? [`  All that was printed: ${log}`] : []),
      ],
    };
  })();
  const status = () => {
    const { passed, failed, skipped, found, running } = look();
    const done = passed.length + failed.length + skipped.length;
    const now = running.map((test) => test.name).join(', ');
    const wrong = failed.length > 0 ? `, ${failed.length} failed` : '';
    return `${name}: ${about}: ${done} of ${found} tests found so far${wrong} (${duration(performance.now() - start)}) ${now}`;
  };
  return { result, status };
}

const counts = (/** @type {number} */ passed, /** @type {number} */ failed, /** @type {number} */ skipped) => ({
  passed,
  failed,
  skipped,
});

/**
 * @param {string} name
 * @param {number} start
 * @param {string} result
 */
function lineOf(name, start, result) {
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  return `${name.padEnd(10)} ${seconds.padStart(7)} s  ${result}`;
}

/**
 * What went wrong, with what was printed before.
 * @param {unknown} error
 * @param {string} log
 */
async function textOf(error, log) {
  const printed = await readFile(log, 'utf8').catch(() => '');
  if (error instanceof HangError) return `${printed}\nIt was ended: ${error.message}.`;
  const { shortMessage } = /** @type {{ shortMessage?: string }} */ (error);
  return shortMessage ? `${printed}\n${shortMessage}` : String(error instanceof Error ? error.stack : error);
}
