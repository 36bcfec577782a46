import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { duration } from './display.mjs';
import { reports, root } from './folders.mjs';
import { killFamily } from './processes.mjs';
import { follow, VARIABLE } from './results.mjs';
import { HangError, runWatched } from './runWatched.mjs';

/** Processor time that a test may take without an end, in seconds: twice what is allowed where it can be told so itself. */
const SILENT_TEST = 120;

const PROJECT = '--project';
const UNRUN = 'the other tests of its file that had not run by then did not run';

/** @typedef {{ passed: number, failed: number, skipped: number, line: string, details: string[] }} StageResult */

/**
 * Starts a stage. `status` says at any time how far it is, and `soFar` what has come out.
 * @param {import('./stages.mjs').Stage} stage
 * @returns {{ result: Promise<StageResult>, status: () => string, soFar: () => ReturnType<typeof counts> }}
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
  const status = () => `${name}: ${about}: ${command} (${duration(performance.now() - start)})`;
  return { result, status, soFar: () => counts(0, 0, 0) };
}

/**
 * @param {import('./stages.mjs').Stage} stage
 * @param {readonly string[]} tests
 */
function runTests({ name, about, env }, tests) {
  const start = performance.now();
  const log = join(reports, `${name}.log`);
  const file = join(reports, `${name}.jsonl`);
  /** What is told of the tests that hung, by their id. @type {Map<string | undefined, string>} */
  const hangs = new Map();
  const look = follow(file);
  /** Ends the processes whose tests hang, so that those of other files go on. */
  const release = (/** @type {string} */ why) => {
    const running = look().running.filter(({ id }) => !hangs.has(id));
    const pids = new Set(running.flatMap(({ pid }) => pid ?? []));
    if (pids.size === 0) return false;
    for (const { id, name } of running) hangs.set(id, `${name} hung (${why}); ${UNRUN}`);
    for (const pid of pids) killFamily(pid);
    return true;
  };
  const result = (async () => {
    await rm(log, { force: true });
    await rm(file, { force: true });
    const options = {
      cwd: root,
      localDir: root,
      env: { ...env, [VARIABLE]: file, SINKHORN_ORACLE: join(reports, 'oracle') },
    };
    /** @type {unknown} */
    let failure;
    /** @type {string[]} */
    const ends = [];
    const run = async (/** @type {readonly string[]} */ what) => {
      const args = ['run', ...what, '--reporter=default', '--reporter=./scripts/check/reporter.mjs'];
      const watch = { log, progress: () => look().count, silence: SILENT_TEST, release };
      await runWatched('vitest', args, options, watch).catch((error) => {
        failure ??= error;
        if (!(error instanceof HangError)) return;
        const { last } = look();
        ends.push(`it was ended: ${error.message}${last ? `; the test that started last was ${last.name}` : ''}`);
      });
    };
    await run(tests);
    // With a process or a browser that was ended went the files that had yet to run there: they run by themselves.
    for (let left = Number.POSITIVE_INFINITY; ; ) {
      const { unheard } = look();
      if (unheard.length === 0 || unheard.length >= left) break;
      left = unheard.length;
      const files = new Set(unheard.map((name) => name.slice(name.lastIndexOf(' ') + 1)));
      await run([...tests.filter((word, k) => word === PROJECT || tests[k - 1] === PROJECT), ...files]);
    }
    const { passed, failed, skipped, broken, running, unheard } = look();
    const lost = running.filter(({ id }) => !hangs.has(id));
    const problems = [
      ...failed.map((test) => `${test.name}\n${(test.errors ?? []).join('\n')}`),
      ...hangs.values(),
      ...lost.map((test) => `${test.name} started and did not end; ${UNRUN}`),
      ...broken.map((one) => `${one.name}\n${(one.errors ?? []).join('\n')}`),
      ...unheard.map((name) => `${name} did not run`),
      ...ends,
    ];
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
  const soFar = () => {
    const { passed, failed, skipped } = look();
    return counts(passed.length, failed.length, skipped.length);
  };
  return { result, status, soFar };
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
