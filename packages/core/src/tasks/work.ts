import type { StopSignal } from './stopSignal.js';

/** Something to compute that others may wait for: begun when its result is asked for, and done in pieces. */
export interface Work {
  /** What has to be done before. */
  readonly after: readonly Work[];
  /** Goes on from one pause to the next. */
  next(): void;
  readonly done: boolean;
}

/** Makes work of a generator, which is begun when everything before it is done. */
export function makeWork(after: readonly Work[], begin: () => Generator<void, void>): Work {
  let before: readonly Work[] = after.filter((work) => !work.done);
  let start: (() => Generator<void, void>) | undefined = begin;
  let steps: Generator<void, void> | undefined;
  let done = false;
  return {
    get after() {
      return before;
    },
    get done() {
      return done;
    },
    next() {
      steps ??= start?.();
      done = steps?.next().done ?? true;
      // What came before, and the arrays that were read, are kept no longer than they are needed: they may be a long chain.
      if (done) [before, start, steps] = [[], undefined, undefined];
    },
  };
}

/**
 * Does work and all that has to come before it, as long as `goOn` says so after each piece; gives whether all is done. What nobody
 * asks for is never done: work that was begun and given up costs nothing any more.
 */
export function doWork(wanted: Work, goOn: () => boolean): boolean {
  const stack = [wanted];
  while (stack.length > 0) {
    const work = stack[stack.length - 1];
    if (work.done) {
      stack.pop();
      continue;
    }
    const first = work.after.find((before) => !before.done);
    if (first) {
      stack.push(first);
      continue;
    }
    work.next();
    if (!wanted.done && !goOn()) return false;
  }
  return true;
}

/** Other work (timers, clicks, signals) has its turn this often, in milliseconds. */
const MILLISECONDS_AT_ONCE = 40;

const macrotask = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/**
 * Does work in pieces, with a turn for everything else in between. It stops where the signal is aborted, with the signal's reason,
 * and where `check` throws: what keeps the device from working.
 */
export async function doWorkInTurns(work: Work | undefined, check: () => void, signal?: StopSignal): Promise<void> {
  signal?.throwIfAborted();
  let began = performance.now();
  while (work && !doWork(work, () => performance.now() - began < MILLISECONDS_AT_ONCE)) {
    await macrotask();
    check();
    signal?.throwIfAborted();
    began = performance.now();
  }
}
