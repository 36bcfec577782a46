import { slicedWasserstein } from '@sinkhorn/losses/sliced';
import { counterCloud } from '../clouds/counterCloud.js';
import { timeRatio } from '../measuring/inTurn.js';
import { inTurnLater } from '../measuring/inTurnLater.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';

export interface SliceThreadTimes extends Repetition {
  readonly n: number;
  readonly dimension: number;
  readonly directions: number;
  readonly threads: number;
}

/** Times slices with gradients on one thread and on several in turn, whose threads are there from a call before. */
export async function sliceThreadTimes({ n, dimension, directions, threads, ...repetition }: SliceThreadTimes) {
  const [x, y] = [counterCloud(1, n, dimension), counterCloud(2, n, dimension, 0.1)];
  const [single, several] = [1, threads].map((count) => slicedWasserstein({ directions, threads: count }));
  const solved = await several.solve(x, y);
  const { one, all } = await inTurnLater(repetition, {
    one: () => single.valueAndGradients(x, y),
    all: () => several.valueAndGradients(x, y),
  });
  const isSame =
    one.result.value === all.result.value && one.result.x.points.every((slope, k) => slope === all.result.x.points[k]);
  return {
    threads: solved.threads,
    one: median(one.seconds),
    all: median(all.seconds),
    speedup: timeRatio(one, all),
    sameBits: isSame ? 'yes' : 'no',
  };
}
