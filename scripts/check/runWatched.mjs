/** Runs a command for as long as it makes progress, and ends it where it hangs. */
import { createWriteStream } from 'node:fs';
import { execa } from 'execa';
import { killFamily, processorSeconds } from './processes.mjs';
import { slowness } from './slowness.mjs';

/** How often a command is looked at, in milliseconds. */
const LOOK_EVERY = 1000;
/**
 * Processor time that may go by without a sign of progress, in seconds on the reference machine. The longest silent step, a
 * type check of everything, takes some 40.
 */
const SILENT_SECONDS = 240;
/** Time in which nothing of it may run at all, in seconds: an installation waits for a registry at times. */
const IDLE_SECONDS = 180;
/** Less of one processor than this counts as not running: the timers of processes that wait take some. */
const IDLE_SHARE = 0.02;
/** Where the system does not tell the processor time: time without a sign of progress, in seconds. */
const UNTOLD_SECONDS = 1800;

/** A command that made no progress any more and was ended. */
export class HangError extends Error {}

/**
 * @typedef {object} Watch
 * @property {string} log the file that gets all it prints
 * @property {() => number} [progress] grows with each sign of progress besides output
 * @property {number} [silence] processor time without a sign of progress that counts as a hang, in seconds
 * @property {(why: string) => boolean} [release] ends what hangs, if it can, so that the rest goes on
 */

/** @type {Set<number>} */
const running = new Set();

/** Ends every command that runs. */
export function stopAll() {
  for (const pid of running) killFamily(pid);
}

/**
 * Runs a command; it rejects where the command fails, with a HangError where it was ended for making no progress.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('execa').Options} options
 * @param {Watch} watch
 */
export async function runWatched(command, args, options, { log, silence, progress = () => 0, release = () => false }) {
  const child = execa(command, args, { stdin: 'ignore', all: true, preferLocal: true, ...options });
  const { pid } = child;
  if (pid === undefined) return await child; // It did not start, and says why.
  running.add(pid);
  let written = 0;
  const file = createWriteStream(log, { flags: 'a' });
  child.all?.on('data', (chunk) => {
    written += chunk.length;
    file.write(chunk);
  });
  /** @type {string | undefined} */
  let hung;
  const detector = hangDetector(silence);
  const timer = setInterval(() => {
    const why = detector(written + progress(), processorSeconds(pid));
    if (!why || release(why)) return;
    hung = why;
    killFamily(pid);
  }, LOOK_EVERY);
  try {
    return await child;
  } catch (error) {
    throw hung ? new HangError(hung, { cause: error }) : error;
  } finally {
    clearInterval(timer);
    running.delete(pid);
    file.end();
  }
}

/** Tells, look by look, why a command counts as hung; undefined while it does not. */
export function hangDetector(silence = SILENT_SECONDS, now = () => performance.now() / 1000) {
  const limit = silence * slowness();
  let seen = -1;
  let [since, used] = [now(), 0];
  let [idleSince, usedWhenIdle] = [now(), 0];
  /**
   * @param {number} progress
   * @param {number | undefined} seconds
   */
  return (progress, seconds) => {
    const time = now();
    if (progress !== seen) {
      [seen, since, used] = [progress, time, seconds ?? 0];
      [idleSince, usedWhenIdle] = [time, seconds ?? 0];
      return undefined;
    }
    /** @type {string | undefined} */
    let why;
    if (seconds === undefined) {
      if (time - since > UNTOLD_SECONDS) why = `no sign of progress for ${UNTOLD_SECONDS} s`;
    } else {
      if (seconds - usedWhenIdle > IDLE_SHARE * (time - idleSince)) [idleSince, usedWhenIdle] = [time, seconds];
      if (seconds - used > limit) why = `${Math.round(seconds - used)} s of processor time without a sign of progress`;
      else if (time - idleSince > IDLE_SECONDS) why = `nothing of it has run for ${IDLE_SECONDS} s`;
    }
    // What is told once has another while to show progress, once what hung is gone.
    if (why) [seen, since, used, idleSince, usedWhenIdle] = [-1, time, seconds ?? 0, time, seconds ?? 0];
    return why;
  };
}
