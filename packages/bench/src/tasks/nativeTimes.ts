import { onBackend } from '../backends/onBackend.js';
import { kernelInput } from '../kernels/kernelInput.js';
import { kernelOn } from '../kernels/kernelOn.js';
import { kernels } from '../kernels/kernels.js';
import { softminProblem } from '../kernels/softmin.js';
import { type Differences, differences } from '../measuring/differences.js';
import { median } from '../measuring/median.js';
import { timed } from '../measuring/timed.js';
import { nativeSoftmin } from '../native/nativeSoftmin.js';

export interface NativeTimes {
  readonly n: number;
  readonly flags: readonly string[];
  readonly rounds: number;
}

export interface NativeTime {
  /** Medians, in seconds. */
  readonly native: number;
  readonly wasm: number;
  /** The median, over rounds, of the native time over that of the backend in the same round. */
  readonly fraction: number;
  /** Of the native process, in MB. */
  readonly nativePeak: number;
  readonly difference: Differences;
}

/** Softmins a native process computes in a round; the median counts. */
const REPETITIONS = 3;

/** Times the softmin in three dimensions in C and on one thread of the wasm backend in turn; or says why it cannot. */
export function nativeTimes({ n, flags, rounds }: NativeTimes): Promise<NativeTime | string> {
  const input = kernelInput(3, n);
  return onBackend({ name: 'wasm', threads: 1 }, (backend) => {
    const run = kernelOn(backend, kernels.softmin, input);
    return nativeSoftmin(flags, softminProblem(2, input), (runNative): NativeTime => {
      const result = run();
      const all = Array.from({ length: rounds }, () => ({ native: runNative(REPETITIONS), wasm: timed(run).seconds }));
      const natives = all.map(({ native }) => median(native.seconds));
      return {
        native: median(natives),
        wasm: median(all.map(({ wasm }) => wasm)),
        fraction: median(all.map(({ wasm }, round) => natives[round] / wasm)),
        nativePeak: Math.max(...all.map(({ native }) => native.peak)),
        difference: differences(all[0].native.result, result),
      };
    });
  });
}
