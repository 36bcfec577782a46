import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import type { HostProblem } from './hostProblem.js';
import { compressed, type StoredPairs } from './pairs.js';

/**
 * The pairs whose slack C_ij - f_i - g_j was at most `cut` at the potentials `f`, `g`, as `ofWhatIsLeft` gives them: as long as `room` is
 * large against the temperature, all others together carry next to nothing of any point's mass.
 */
export interface PairList {
  readonly pairs: StoredPairs;
  readonly f: Float64Array;
  readonly g: Float64Array;
  readonly cut: number;
}

/** A list of all pairs, which nothing makes invalid. */
export const completeList = (pairs: StoredPairs): PairList => ({
  pairs,
  f: new Float64Array(0),
  g: new Float64Array(0),
  cut: Number.POSITIVE_INFINITY,
});

/** The least slack that a pair outside of a list can have at the potentials f, g, whatever their common translation. */
export function room({ cut, ...list }: PairList, f: Float64Array, g: Float64Array): number {
  if (cut === Number.POSITIVE_INFINITY) return cut;
  let largestF = Number.NEGATIVE_INFINITY;
  let largestG = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < f.length; i++) largestF = Math.max(largestF, f[i] - list.f[i]);
  for (let j = 0; j < g.length; j++) largestG = Math.max(largestG, g[j] - list.g[j]);
  return cut - largestF - largestG;
}

/** Keeps the pairs of a list whose slack is at most `cut` now; undefined where that leaves most of them. */
export function narrowed(list: PairList, f: Float64Array, g: Float64Array, cut: number): PairList | undefined {
  const { pairs } = list;
  const starts = new Uint32Array(pairs.rows + 1);
  for (let i = 0; i < pairs.rows; i++) {
    let kept = 0;
    for (let k = pairs.begin(i); k < pairs.end(i); k++) {
      if (pairs.cost[k] - f[i] - g[pairs.column[k]] <= cut) kept += 1;
    }
    starts[i + 1] = starts[i] + kept;
  }
  const length = starts[pairs.rows];
  if (length > WORTH_NARROWING * pairs.length) return undefined;
  const column = new Uint32Array(length);
  const cost = new Float64Array(length);
  let at = 0;
  for (let i = 0; i < pairs.rows; i++) {
    for (let k = pairs.begin(i); k < pairs.end(i); k++) {
      if (pairs.cost[k] - f[i] - g[pairs.column[k]] > cut) continue;
      column[at] = pairs.column[k];
      cost[at++] = pairs.cost[k];
    }
  }
  return { pairs: compressed(starts, column, cost), f: f.slice(), g: g.slice(), cut };
}

/**
 * The share of the pairs that a narrower list holds at most to be made. Raising it makes lists more often that hardly save anything.
 * Chosen, not measured.
 */
const WORTH_NARROWING = 0.6;
/**
 * Rows that are looked at to foresee how many pairs a cut lets through. Raising it foresees better, and costs M pairs each. Chosen, not
 * measured.
 */
const SAMPLED_ROWS = 256;
/**
 * How finely slacks are counted, in parts of a doubling. Raising it finds cuts closer to the length asked for: within 9 % of the slack
 * here.
 */
const BINS_OF_DOUBLING = 8;
/** Parts in all: 20 doublings. */
const BINS = 160;

/** What a list may hold. */
export interface ListLimits {
  /** The narrowest cut that serves, in units of cost. */
  readonly leastCut: number;
  readonly largestCut: number;
  readonly mostPairs: number;
}

/** Goes through all pairs once, without exponentials, and keeps as wide a list as the limits allow; undefined where none serves. */
export function* scan(
  { costs }: HostProblem,
  f: Float64Array,
  g: Float64Array,
  { leastCut, largestCut, mostPairs }: ListLimits,
  epsilon: number,
): Task<PairList | undefined> {
  const row = new Float64Array(costs.columns);
  const counts = new Float64Array(BINS);
  const step = Math.max(1, Math.floor(costs.rows / SAMPLED_ROWS));
  let sampled = 0;
  for (let i = 0; i < costs.rows; i += step) {
    sampled += 1;
    costs.row(i, row);
    for (let j = 0; j < row.length; j++) {
      const slack = row[j] - f[i] - g[j];
      if (slack <= leastCut) counts[0] += 1;
      else counts[Math.min(BINS - 1, 1 + Math.floor(Math.log2(slack / leastCut) * BINS_OF_DOUBLING))] += 1;
    }
  }
  // Half of what there is room for: a sample is a sample.
  const foreseen = (0.5 * mostPairs * sampled) / costs.rows;
  if (counts[0] > 2 * foreseen) return undefined;
  let bin = 0;
  for (let total = counts[0]; bin + 1 < BINS && total + counts[bin + 1] <= foreseen; bin++) total += counts[bin + 1];
  const cut = Math.min(largestCut, leastCut * 2 ** (bin / BINS_OF_DOUBLING));

  const starts = new Uint32Array(costs.rows + 1);
  let column = new Uint32Array(costs.columns);
  let cost = new Float64Array(costs.columns);
  let length = 0;
  const keep = (from: number, to: number) => {
    for (let i = from; i < to && length <= mostPairs; i++) {
      costs.row(i, row);
      if (length + row.length > column.length) {
        column = grown(Uint32Array, column, length + row.length);
        cost = grown(Float64Array, cost, length + row.length);
      }
      for (let j = 0; j < row.length; j++) {
        if (row[j] - f[i] - g[j] > cut) continue;
        column[length] = j;
        cost[length++] = row[j];
      }
      starts[i + 1] = length;
    }
  };
  const told = (share: number) => ({ stage: 'finding pairs', epsilon, share });
  yield* chunked(costs.rows, keep, Math.ceil(PAIRS_AT_ONCE / costs.columns), told);
  if (length > mostPairs) return undefined;
  return { pairs: compressed(starts, column.slice(0, length), cost.slice(0, length)), f: f.slice(), g: g.slice(), cut };
}

/** Pairs of about one chunk of work: some milliseconds. Raising it makes an abort wait longer. Chosen, not measured. */
const PAIRS_AT_ONCE = 1 << 20;

function grown<A extends Uint32Array | Float64Array>(Kind: new (length: number) => A, array: A, least: number): A {
  const larger = new Kind(Math.max(2 * array.length, least));
  larger.set(array);
  return larger;
}
