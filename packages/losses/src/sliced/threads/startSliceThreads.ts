import type { SlicesProblem, SlicesSum, StartSliceThreads } from '@sinkhorn/core/sliced';
import { startThread } from '#startThread';
import type { Thread } from './startThread.js';

/** What is asked for. */
interface Question {
  readonly vectors: Float64Array;
  answer(sum: SlicesSum | undefined): void;
}

/** Starts so many threads for a problem: fewer where some do not start, and none where none does. */
export const startSliceThreads =
  (count: number): StartSliceThreads =>
  async (problem) => {
    const waiting: Question[] = [];
    const started = await Promise.allSettled(Array.from({ length: count }, () => startAsked(problem, waiting)));
    const threads = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    if (threads.length === 0) return undefined;
    return {
      count: threads.length,
      sum: (vectors) =>
        new Promise((answer) => {
          waiting.push({ vectors, answer });
          for (const thread of threads) thread.goOn();
          if (!threads.some((thread) => thread.isThere())) giveUp(waiting);
        }),
      close() {
        for (const thread of threads) thread.terminate();
        giveUp(waiting);
      },
    };
  };

const giveUp = (questions: Question[]) => {
  for (const { answer } of questions.splice(0)) answer(undefined);
};

/** Starts a thread that takes one question after the other. */
async function startAsked(problem: SlicesProblem, waiting: Question[]) {
  let current: Question | undefined;
  let thread: Thread | undefined;
  const settle = (sum: SlicesSum | undefined) => {
    current?.answer(sum);
    current = undefined;
  };
  const goOn = () => {
    if (!thread || current) return;
    current = waiting.shift();
    if (current) thread.post(current.vectors);
  };
  const end = () => {
    thread = undefined;
    settle(undefined);
  };
  thread = await startThread({
    answered(sum) {
      settle((sum as SlicesSum | null) ?? undefined);
      goOn();
    },
    ended: end,
  });
  thread.post(problem);
  return {
    goOn,
    isThere: () => thread !== undefined,
    terminate() {
      thread?.terminate();
      end();
    },
  };
}
