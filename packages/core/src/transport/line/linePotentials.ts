import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import { lineCost } from './lineCost.js';
import type { LineOptions } from './lineOptions.js';
import type { Sorted, Steps } from './walk.js';

/** Potentials at sorted points that have weight. */
export interface SortedPotentials {
  readonly f: Float64Array;
  readonly g: Float64Array;
}

/**
 * The dual potentials of a walk: f_i + g_j = C_ij along it.
 *
 * Where both sides go on together two choices are admissible, that over the one corner and that over the other: on a line the mean of both
 * is taken, which is symmetric and the mean of the one-sided derivatives in the weights. Around a circle that share of the two is taken
 * with which potentials come back to where they began.
 * A circle is one that was cut where both sides go on together.
 */
export function* linePotentials(
  x: Sorted,
  y: Sorted,
  steps: Steps,
  { p, period }: LineOptions,
): Task<SortedPotentials> {
  const potentials = { f: new Float64Array(x.at.length), g: new Float64Array(y.at.length) };
  const share = period === undefined ? 0.5 : yield* closingShare(x, y, steps, p, period);
  potentials.g[0] = lineCost(x.at[0] - y.at[0], p);
  yield* chunked(steps.count, (from, to) => goOn(x, y, steps, p, share, potentials, Math.max(1, from), to));
  return potentials;
}

/** Potentials along some steps, from those before. */
function goOn(
  { at: xAt }: Sorted,
  { at: yAt }: Sorted,
  { i: rows, j: columns }: Steps,
  p: number,
  share: number,
  { f, g }: SortedPotentials,
  from: number,
  to: number,
): void {
  for (let step = from; step < to; step++) {
    const [i, j, before, beside] = [rows[step], columns[step], rows[step - 1], columns[step - 1]];
    const cost = lineCost(xAt[i] - yAt[j], p);
    if (j === beside) {
      f[i] = cost - g[j];
    } else if (i === before) {
      g[j] = cost - f[i];
    } else {
      const over = lineCost(xAt[i] - yAt[beside], p) - lineCost(xAt[before] - yAt[beside], p);
      const under = cost - lineCost(xAt[before] - yAt[j], p);
      f[i] = f[before] + (1 - share) * over + share * under;
      g[j] = cost - f[i];
    }
  }
}

/** The share of the second corner with which f returns to its first value after a turn. */
function* closingShare(
  x: Sorted,
  y: Sorted,
  { i: rows, j: columns, count }: Steps,
  p: number,
  period: number,
): Task<number> {
  let [rise, span] = [0, 0];
  const goOn = (step: number) => {
    const isEnd = step === count;
    const [before, beside] = [rows[step - 1], columns[step - 1]];
    const [i, j] = isEnd ? [0, 0] : [rows[step], columns[step]];
    if (!isEnd && i === before) return;
    const here = x.at[before];
    const there = isEnd ? x.at[0] + period : x.at[i];
    const [left, right] = [y.at[beside], isEnd ? y.at[0] + period : y.at[j]];
    const first = lineCost(there - left, p) - lineCost(here - left, p);
    rise += first;
    if (isEnd || j !== beside) span += lineCost(there - right, p) - lineCost(here - right, p) - first;
  };
  yield* chunked(count, (from, to) => {
    for (let step = from; step < to; step++) goOn(step + 1);
  });
  return span < 0 ? Math.min(1, Math.max(0, -rise / span)) : 0.5;
}
