import { cpu } from '@sinkhorn/backend-cpu';
import { median } from '../measuring/median.js';
import { timed } from '../measuring/timed.js';
import { softminSetting } from './softminSetting.js';

export interface SoftminTimes {
  /** Medians, in seconds. */
  readonly byHand: number;
  readonly onBackend: number;
  /** The median, over rounds, of the backend's time over that of the loop in the same round. */
  readonly ratio: number;
  /** The largest difference between the results. */
  readonly difference: number;
}

/** Times a softmin by hand and on the CPU reference in turn, so that a busy moment of the machine hits both alike. */
export function softminTimes({ n, rounds }: { n: number; rounds: number }): SoftminTimes {
  const setting = softminSetting(n);
  const backend = cpu();
  const pairs = Array.from({ length: rounds }, () => ({
    hand: timed(() => setting.byHand()),
    backend: timed(() => setting.onBackend(backend)),
  }));
  const [first] = pairs;
  return {
    byHand: median(pairs.map(({ hand }) => hand.seconds)),
    onBackend: median(pairs.map((pair) => pair.backend.seconds)),
    ratio: median(pairs.map((pair) => pair.backend.seconds / pair.hand.seconds)),
    difference: first.hand.result.reduce(
      (largest, value, i) => Math.max(largest, Math.abs(value - first.backend.result[i])),
      0,
    ),
  };
}
