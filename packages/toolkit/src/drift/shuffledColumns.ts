import type { StopSignal } from '@sinkhorn/core';
import { placesTo } from '../placesTo.js';
import { everySplit, shuffles } from '../splits.js';
import { type ColumnStatistic, SHUFFLES_AT_ONCE } from './columnStatistic.js';

/** How far apart, relative, two values are that differ by rounding alone. */
const ROUNDING = 1e-10;

/**
 * A column whose shuffles were at least as far apart so often is not looked at any further: its p-value is that number over the shuffles
 * so far, which holds its level too (Besag and Clifford 1991). Far above what is rare, and drifted columns alone take all shuffles.
 */
const OFTEN = 30;

interface Shuffling {
  readonly countX: number;
  readonly countY: number;
  readonly permutations: number;
  readonly seed: number;
  readonly signal?: StopSignal;
  readonly onShare?: (share: number) => void;
}

/**
 * The p-value of each column, by shuffling which rows belong to which table: the same shuffles for all columns. Where no more than
 * `permutations` divisions of the rows differ, all of them are visited.
 */
export async function shuffledColumns(
  statistics: readonly ColumnStatistic[],
  run: Shuffling,
): Promise<readonly number[]> {
  const { countX, countY, permutations, seed, signal, onShare } = run;
  const count = countX + countY;
  // Rows are told apart by their places: what stands in them differs from column to column.
  const places = new Float64Array(placesTo(count));
  const pool = { points: places, weights: places, weighted: false, dimension: 1, count, countX, massX: 1, massY: 1 };
  const every = everySplit(pool, permutations);
  const labels = new Uint8Array(count);
  const mark = (order: ArrayLike<number>, division: number) => {
    for (let place = 0; place < countX; place++) labels[order[place]] |= 1 << division;
  };
  const sums = new Float64Array(SHUFFLES_AT_ONCE);
  mark(places, 0);
  let lastPause = performance.now();
  let total = 0;
  const turn = async () => {
    if (performance.now() - lastPause < 40) return;
    onShare?.(total / (every?.count ?? permutations));
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    signal?.throwIfAborted();
    lastPause = performance.now();
  };
  const observed = new Float64Array(statistics.length);
  for (const [index, statistic] of statistics.entries()) {
    await turn();
    statistic(labels, sums.fill(0));
    observed[index] = sums[0];
  }
  const atLeast = new Float64Array(statistics.length);
  // After how many shuffles a column was left; 0 while it is looked at.
  const leftAfter = new Float64Array(statistics.length);
  const countIn = (index: number, before: number, divisions: number) => {
    for (let division = 0; division < divisions; division++) {
      if (sums[division] >= observed[index] * (1 - ROUNDING)) atLeast[index]++;
      if (every || atLeast[index] < OFTEN) continue;
      leftAfter[index] = before + division + 1;
      return;
    }
  };
  const take = async (before: number, divisions: number) => {
    for (const [index, statistic] of statistics.entries()) {
      if (leftAfter[index] > 0) continue;
      await turn();
      statistic(labels, sums.fill(0));
      countIn(index, before, divisions);
    }
    labels.fill(0);
  };
  labels.fill(0);
  onShare?.(0);
  for (const { order } of every?.splits() ?? shuffles(pool, permutations, seed)) {
    mark(order, total % SHUFFLES_AT_ONCE);
    total++;
    if (total % SHUFFLES_AT_ONCE !== 0) continue;
    await take(total - SHUFFLES_AT_ONCE, SHUFFLES_AT_ONCE);
    if (leftAfter.every((shuffled) => shuffled > 0)) break;
    await turn();
    signal?.throwIfAborted();
  }
  await take(total - (total % SHUFFLES_AT_ONCE), total % SHUFFLES_AT_ONCE);
  return Array.from(atLeast, (times, index) => {
    if (every) return times / total;
    return leftAfter[index] > 0 ? times / leftAfter[index] : (1 + times) / (1 + total);
  });
}
