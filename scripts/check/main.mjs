/**
 * Everything that has to hold before a change lands: `pnpm run check`, and the second half of `npm test`.
 *
 * Three stages run at a time. One that fails shows why, and the others run all the same. Each test counts as one, and so does
 * each stage that runs no tests. The last line is 'N passed, N failed, N skipped', and the exit code is 1 where anything failed.
 *
 *   --only STAGE   that stage alone, after those whose output it needs; may be given several times
 *   --fast         what an edit needs, in under a minute: `pnpm test:fast`
 *   --list         the names of the stages
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { display, duration } from './display.mjs';
import { fastStages } from './fastStages.mjs';
import { reports } from './folders.mjs';
import { runStage } from './runStage.mjs';
import { stopAll } from './runWatched.mjs';
import { slowness } from './slowness.mjs';
import { stages } from './stages.mjs';

/** One more than the cores of continuous integration: a stage that waits for a browser or the disk leaves its core idle. */
const AT_ONCE = 3;

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' }, fast: { type: 'boolean' } },
});
if (values.list) {
  for (const { name, about } of stages) console.log(`${name.padEnd(10)} ${about}`);
  process.exit(0);
}
const chosen = values.fast ? await fastStages() : values.only ? withNeeds(values.only) : stages;
if (!values.only && !values.fast) await rm(reports, { recursive: true, force: true });
await mkdir(reports, { recursive: true });

const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {Map<string, Pick<ReturnType<typeof runStage>, 'status' | 'soFar'>>} */
const running = new Map();
/** @type {Set<string>} */
const ended = new Set();
const begun = performance.now();
const screen = display(() => {
  const head = `${ended.size} of ${chosen.length} stages, ${total.passed + total.failed} results, ${duration(performance.now() - begun)}`;
  return [head, ...[...running.values()].map(({ status }) => status())];
});
if (slowness() > 1.2) {
  screen.print(
    `This machine is ${slowness().toFixed(1)} times slower than the one that limits are set for: they are stretched.`,
  );
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    stopAll();
    for (const [name, { soFar }] of running) {
      screen.print(`${name}: stopped by ${signal}; its results so far are in ${join(reports, name)}.jsonl`);
      // What was stopped has failed, whatever has come out of it.
      add({ ...soFar(), failed: soFar().failed + 1 });
    }
    finish();
    process.exit(1);
  });
}

await runAll();
finish();

/** Runs the chosen stages, each as soon as those before it have ended. */
async function runAll() {
  const waiting = [...chosen];
  const isWaitedFor = (/** @type {string} */ name) => !ended.has(name) && chosen.some((stage) => stage.name === name);
  /** @type {Set<Promise<void>>} */
  const underWay = new Set();
  while (waiting.length > 0 || underWay.size > 0) {
    const next = waiting.findIndex(({ after = [] }) => !after.some(isWaitedFor));
    if (next >= 0 && underWay.size < AT_ONCE) {
      const [stage] = waiting.splice(next, 1);
      const work = runOne(stage).finally(() => underWay.delete(work));
      underWay.add(work);
    } else {
      await Promise.race(underWay);
    }
  }
}

/** @param {import('./stages.mjs').Stage} stage */
async function runOne(stage) {
  const { result, ...progress } = runStage(stage);
  running.set(stage.name, progress);
  const { passed, failed, skipped, line, details } = await result;
  running.delete(stage.name);
  ended.add(stage.name);
  add({ passed, failed, skipped });
  screen.print(line);
  for (const detail of details) screen.print(detail);
}

/** @param {typeof total} counts */
function add({ passed, failed, skipped }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

function finish() {
  screen.end();
  process.exitCode = total.failed > 0 ? 1 : 0;
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
}

/**
 * The stages of these names, and those whose output they need.
 * @param {readonly string[]} names
 */
function withNeeds(names) {
  const wanted = new Set(names);
  for (const name of wanted) {
    const stage = stages.find((one) => one.name === name);
    if (!stage) {
      console.error(`There is no stage '${name}': the stages are ${stages.map((one) => one.name).join(', ')}.`);
      process.exit(2);
    }
    for (const need of stage.needs ?? []) wanted.add(need);
  }
  return stages.filter(({ name }) => wanted.has(name));
}
