import type { SlicesProblem, SlicesSum, SliceThreads, StartSliceThreads } from '@sinkhorn/core/sliced';
import { type SliceThread, startSliceThread } from './sliceThread.js';

/**
 * Milliseconds that threads without work are kept: engines have compiled their code by then, which takes .4 s of each one's time. Raising it
 * holds their memory for longer. Chosen: calls are seconds apart where their points take as long.
 */
const KEPT_MILLISECONDS = 30_000;

/** Threads for the calls of a loss, which are kept for a while after each: so many for a call, and fewer where some do not start. */
export function sliceThreads(count: number): StartSliceThreads {
  const idle = new Set<SliceThread>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const taken = async (problem: SlicesProblem): Promise<SliceThread[]> => {
    clearTimeout(timer);
    const kept = [...idle].filter(({ isThere }) => isThere()).slice(0, count);
    for (const thread of kept) idle.delete(thread);
    const starting = await Promise.allSettled(Array.from({ length: count - kept.length }, startSliceThread));
    const started = starting.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const threads = [...kept, ...started];
    for (const thread of threads) thread.begin(problem);
    return threads;
  };
  const giveBack = (threads: readonly SliceThread[]) => {
    for (const thread of threads) {
      if (thread.isIdle() && idle.size < count) {
        thread.rest();
        idle.add(thread);
      } else thread.terminate();
    }
    clearTimeout(timer);
    timer = setTimeout(() => {
      for (const thread of idle) thread.terminate();
      idle.clear();
    }, KEPT_MILLISECONDS);
    // In Node a timer would keep the process.
    (timer as { unref?(): void }).unref?.();
  };
  return async (problem) => {
    const threads = await taken(problem);
    return threads.length > 0 ? sharedAmong(threads, () => giveBack(threads)) : undefined;
  };
}

/** What is asked for, and who waits for it. */
interface Question {
  readonly vectors: Float64Array;
  answer(sum: SlicesSum | undefined): void;
}

/** Questions go to whichever thread has none. */
function sharedAmong(threads: readonly SliceThread[], giveBack: () => void): SliceThreads {
  const waiting: Question[] = [];
  const giveUp = () => {
    for (const { answer } of waiting.splice(0)) answer(undefined);
  };
  const goOn = () => {
    for (const thread of threads) {
      const next = thread.isIdle() && waiting.shift();
      if (!next) continue;
      void thread.ask(next.vectors).then((sum) => {
        next.answer(sum);
        goOn();
      });
    }
    if (!threads.some(({ isThere }) => isThere())) giveUp();
  };
  return {
    count: threads.length,
    sum: (vectors) =>
      new Promise((answer) => {
        waiting.push({ vectors, answer });
        goOn();
      }),
    close() {
      giveUp();
      giveBack();
    },
  };
}
