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
  const { i: rows, j: columns, count } = steps;
  const cost = (i: number, j: number) => lineCost(x.at[i] - y.at[j], p);
  const f = new Float64Array(x.at.length);
  const g = new Float64Array(y.at.length);
  const share = period === undefined ? 0.5 : yield* closingShare(x, y, steps, p, period);
  g[0] = cost(0, 0);
  const goOn = (step: number) => {
    const [i, j] = [rows[step], columns[step]];
    const [before, beside] = [rows[step - 1], columns[step - 1]];
    if (j === beside) {
      f[i] = cost(i, j) - g[j];
    } else if (i === before) {
      g[j] = cost(i, j) - f[i];
    } else {
      f[i] =
        f[before] + (1 - share) * (cost(i, beside) - cost(before, beside)) + share * (cost(i, j) - cost(before, j));
      g[j] = cost(i, j) - f[i];
    }
  };
  yield* chunked(count, (from, to) => {
    for (let step = Math.max(1, from); step < to; step++) goOn(step);
  });
  return { f, g };
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
