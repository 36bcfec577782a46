/**
 * What happened to the tests of a stage: one line of JSON for each event, written when it happens, so that nothing is lost
 * where the stage is stopped in the middle.
 *
 * @typedef {object} TestEvent
 * @property {'planned' | 'collected' | 'started' | 'ended' | 'broken'} event a file is to be run, tests were found in a file, one
 *   started, one ended, or something failed outside of any test
 * @property {string} [id] of a test that started or ended
 * @property {string} [name] its file and its full name
 * @property {string} [file] to be run, or of tests that were found: its project and its path
 * @property {number} [count] how many were found in the file
 * @property {number} [pid] the process that a test started in, where it runs in Node
 * @property {'passed' | 'failed' | 'skipped'} [state] of one that ended
 * @property {number} [milliseconds] that it took
 * @property {string[]} [errors] what is wrong
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** Names the file of events for the processes of a stage. */
export const VARIABLE = 'SINKHORN_TEST_EVENTS';

/**
 * Appends an event, where somebody keeps them.
 * @param {TestEvent} event
 */
export function record(event) {
  const file = process.env[VARIABLE];
  if (file) appendFileSync(file, `${JSON.stringify(event)}\n`);
}

/**
 * Follows a file of events: each call reads what is new, and says what all of them come to.
 * @param {string} file
 */
export function follow(file) {
  let offset = 0;
  let count = 0;
  /** @type {Map<string, TestEvent>} */
  const running = new Map();
  /** @type {Set<string>} */
  const planned = new Set();
  /** @type {Map<string, number>} */
  const found = new Map();
  /** @type {Map<string, TestEvent>} */
  const ended = new Map();
  /** @type {TestEvent[]} */
  const broken = [];
  /** @type {TestEvent | undefined} */
  let last;

  /** @param {TestEvent} event */
  const take = (event) => {
    const { id = '' } = event;
    count += 1;
    if (event.event === 'planned') planned.add(event.file ?? '');
    if (event.event === 'collected') found.set(event.file ?? '', event.count ?? 0);
    if (event.event === 'broken') broken.push(event);
    if (event.event === 'started') {
      running.set(id, event);
      last = event;
    }
    if (event.event === 'ended') {
      running.delete(id);
      // The process of a test tells first, and then the reporter, who knows more.
      ended.set(id, event);
    }
  };
  const inState = (/** @type {TestEvent['state']} */ state) =>
    [...ended.values()].filter((event) => event.state === state);

  return () => {
    const text = existsSync(file) ? readFileSync(file).subarray(offset).toString() : '';
    // The last line may be half written.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    offset += Buffer.byteLength(whole);
    for (const line of whole.split('\n').filter(Boolean)) take(JSON.parse(line));
    return {
      passed: inState('passed'),
      failed: inState('failed'),
      skipped: inState('skipped'),
      broken,
      /** The tests that started and did not end. */
      running: [...running.values()],
      /** The test that started last. */
      last,
      /** How many tests the files have that were loaded so far. */
      found: [...found.values()].reduce((sum, number) => sum + number, 0),
      /** The files that were to be run and of which nothing is known: their project and their path. */
      unheard: [...planned].filter((name) => !found.has(name)),
      /** How many events there are. */
      count,
    };
  };
}
