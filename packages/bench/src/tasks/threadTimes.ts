import { onBackend } from '../backends/onBackend.js';
import { kernelInput } from '../kernels/kernelInput.js';
import { kernelOn } from '../kernels/kernelOn.js';
import { kernels } from '../kernels/kernels.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

export interface ThreadTimes extends Repetition {
  readonly n: number;
  readonly threads: number;
}

export interface ThreadTime {
  /** Medians, in seconds. */
  readonly one: number;
  readonly all: number;
  /** The median, over rounds, of the time on one thread over that on all in the same round. */
  readonly speedup: number;
}

/** Times the softmin in three dimensions on one thread and on several in turn. */
export function threadTimes({ n, threads, ...repetition }: ThreadTimes): Promise<ThreadTime> {
  const input = kernelInput(3, n);
  return onBackend({ name: 'wasm', threads: 1 }, (single) =>
    onBackend({ name: 'wasm', threads }, (several) => {
      const { one, all } = inTurn(repetition, {
        one: kernelOn(single, kernels.softmin, input),
        all: kernelOn(several, kernels.softmin, input),
      });
      return { one: median(one.seconds), all: median(all.seconds), speedup: timeRatio(one, all) };
    }),
  );
}
