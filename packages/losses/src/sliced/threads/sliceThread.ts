import type { SlicesProblem, SlicesSum } from '@sinkhorn/core/sliced';
import { startThread } from '#startThread';
import type { Thread } from './startThread.js';

/** A thread that adds up slices of one problem after the other. */
export interface SliceThread {
  begin(problem: SlicesProblem): void;
  /** What some directions come to; nothing where that fails. One question at a time. */
  ask(vectors: Float64Array): Promise<SlicesSum | undefined>;
  /** Has it forget its problem, and the process not wait for it. */
  rest(): void;
  isThere(): boolean;
  isIdle(): boolean;
  terminate(): void;
}

export async function startSliceThread(): Promise<SliceThread> {
  let answer: ((sum: SlicesSum | undefined) => void) | undefined;
  let thread: Thread | undefined;
  const settle = (sum: SlicesSum | undefined) => {
    const answered = answer;
    answer = undefined;
    answered?.(sum);
  };
  const end = () => {
    thread = undefined;
    settle(undefined);
  };
  thread = await startThread({ answered: (sum) => settle((sum as SlicesSum | null) ?? undefined), ended: end });
  return {
    begin(problem) {
      thread?.hold();
      thread?.post(problem);
    },
    ask: (vectors) =>
      new Promise((resolve) => {
        answer = resolve;
        if (thread) thread.post(vectors);
        else end();
      }),
    rest() {
      thread?.post(undefined);
      thread?.letGo();
    },
    isThere: () => thread !== undefined,
    isIdle: () => thread !== undefined && answer === undefined,
    terminate() {
      thread?.terminate();
      end();
    },
  };
}
