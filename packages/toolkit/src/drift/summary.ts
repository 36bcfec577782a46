import type { CodedColumn } from './codedColumn.js';
import { meanOfSorted, quantileOf } from './columnScale.js';

/** A column of one table in short. */
export interface NumberSummary {
  /** Cells that are not missing. */
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  /** Least, first quartile, median, third quartile, greatest. */
  readonly quantiles: readonly number[];
}

/** The shares of the cells that are not missing in equal bins from the first number to the second; the ends hold what lies beyond. */
export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

/** Bars of a histogram, as wide as the reports' pictures have room for. */
const BINS = 28;

/** Undefined where every cell is missing. */
export function summarize(sorted: Float64Array): NumberSummary | undefined {
  if (sorted.length === 0) return undefined;
  const mean = meanOfSorted(sorted);
  const deviation = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2 / sorted.length, 0));
  const quantiles = [0, 0.25, 0.5, 0.75, 1].map((share) => quantileOf(sorted, share));
  return { count: sorted.length, mean, deviation, quantiles };
}

/** Histograms of both tables over what both have most of; undefined where a side has no value. */
export function histogramOf(reference: Float64Array, current: Float64Array): Histogram | undefined {
  if (reference.length === 0 || current.length === 0) return undefined;
  const bound = (share: number, choose: (...values: number[]) => number) =>
    choose(quantileOf(reference, share), quantileOf(current, share));
  let [from, to] = [bound(0.005, Math.min), bound(0.995, Math.max)];
  if (from === to) {
    const half = Math.abs(from) / 2 || 0.5;
    [from, to] = [from - half, to + half];
  }
  const sharesOf = (values: Float64Array) => {
    const shares = new Array<number>(BINS).fill(0);
    for (const value of values) {
      const bin = Math.floor((BINS * (value - from)) / (to - from));
      shares[Math.min(BINS - 1, Math.max(0, bin))] += 1 / values.length;
    }
    return shares;
  };
  return { from, to, reference: sharesOf(reference), current: sharesOf(current) };
}

/** The share of each category among the cells that are not missing. */
export function sharesOf(column: CodedColumn, levels: number): readonly number[] {
  const counts = new Array<number>(levels).fill(0);
  if (column.type !== 'levels') return counts;
  let total = 0;
  for (const code of column.codes) {
    if (code < 0) continue;
    counts[code]++;
    total++;
  }
  return counts.map((count) => (total > 0 ? count / total : 0));
}

/** The share of cells that are missing. */
export function missingShare(column: CodedColumn): number {
  const rows = column.type === 'numbers' ? column.values : column.codes;
  let missing = 0;
  for (const value of rows) if (column.type === 'numbers' ? Number.isNaN(value) : value < 0) missing++;
  return missing / rows.length;
}
