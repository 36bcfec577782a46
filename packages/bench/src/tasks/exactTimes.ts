import type { Loss } from '@sinkhorn/losses';
import { exactTransport } from '@sinkhorn/losses/exact';
import { transportOnLine } from '@sinkhorn/losses/line';
import { slicedWasserstein } from '@sinkhorn/losses/sliced';
import { counterCloud } from '../clouds/counterCloud.js';
import { inTurn, timeRatio } from '../measuring/inTurn.js';
import { median } from '../measuring/median.js';
import type { Repetition } from '../measuring/repeat.js';
import { type NativeExact, nativeExact } from '../native/nativeExact.js';

const DIRECTIONS = 128;
const losses = {
  line: () => transportOnLine(),
  circle: () => transportOnLine({ period: 1 }),
  slices: () => slicedWasserstein({ directions: DIRECTIONS }),
  exact: () => exactTransport(),
} as const satisfies Record<string, () => Loss>;

export interface ExactTimes extends Repetition {
  readonly loss: keyof typeof losses;
  readonly n: number;
  readonly dimension: number;
}

/** Times exact transport beside the sorts that it cannot do without: two of a direction, by Float64Array. */
export function exactTimes({ loss: name, n, dimension, ...repetition }: ExactTimes) {
  const [x, y] = [counterCloud(1, n, dimension), counterCloud(2, n, dimension, 0.1)];
  const loss: Loss = losses[name]();
  const sorts = name === 'slices' ? DIRECTIONS : 1;
  const along = (points: Float64Array) => Float64Array.from({ length: n }, (_, k) => points[k * dimension]);
  const courses = inTurn(repetition, {
    value: () => loss.valueSync(x, y),
    gradients: () => loss.valueAndGradientsSync(x, y).x,
    sorts: () => {
      for (let k = 0; k < sorts; k++) for (const { points } of [x, y]) along(points).sort();
    },
  });
  const { value, gradients, sorts: sorting } = courses;
  const rounds = value.seconds.length;
  const native = name === 'exact' ? nativeExact(x, y, rounds) : '–';
  return {
    runs: value.seconds.length,
    seconds: median(value.seconds),
    withGradients: median(gradients.seconds),
    sorts: median(sorting.seconds),
    inSorts: timeRatio(value, sorting),
    ...againstNative(native, () => Number(loss.valueSync(x, y)), rounds),
  };
}

/** The processor time in C++, how many times as much it takes here, and how far values are apart; or why it is not known. */
function againstNative(native: NativeExact | string, solve: () => number, rounds: number) {
  if (typeof native === 'string') return { native, inNative: '–', difference: '–' };
  const here = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage();
    const value = solve();
    const { user, system } = process.cpuUsage(before);
    return { value, seconds: (user + system) / 1e6 };
  });
  const inNative = median(native.seconds);
  return {
    native: inNative,
    inNative: median(here.map(({ seconds }) => seconds)) / inNative,
    difference: Math.abs(here[0].value / native.value - 1),
  };
}
