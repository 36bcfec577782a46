import type { CodedColumn } from './codedColumn.js';

/** How columns are made comparable: by mean and deviation, or by median and quartiles. */
export type Standardization = 'deviation' | 'quantiles';

/** What a column is measured in. */
export interface ColumnScale {
  /** Numbers only. */
  readonly centre: number;
  /** Numbers only: what becomes 1; 0 where there is one value alone. */
  readonly scale: number;
  /** Categories only: the distance between two of them. */
  readonly apart: number;
  /** The distance between a missing cell and one that is not. */
  readonly missingApart: number;
}

/** Two random rows of the reference differ in a category at least so often, for the scale: 0.02 keeps what is rare within 10 deviations. */
const LEAST_VARIATION = 0.02;
/** The quartiles of a normal distribution are so many deviations apart. */
const QUARTILES_APART = 1.3489795;

/**
 * The scale of a column, such that two random rows are on average as far apart in each column, in the mean of squares:
 * numbers have deviation 1, and categories stand sqrt(2 / (1 - sum of squared shares)) apart, which for two of them is what a
 * standardised 0 and 1 are. Where the quartiles coincide, the deviation is taken.
 *
 * @param sorted - The numbers of the column that are not missing, from the least up, where they are known.
 */
export function columnScale(column: CodedColumn, standardization: Standardization, sorted?: Float64Array): ColumnScale {
  const count = column.type === 'numbers' ? column.values.length : column.codes.length;
  if (column.type === 'levels') {
    const counts = new Map<number, number>();
    for (const code of column.codes) if (code >= 0) counts.set(code, (counts.get(code) ?? 0) + 1);
    const present = [...counts.values()].reduce((sum, times) => sum + times, 0);
    return {
      centre: 0,
      scale: 0,
      apart: apartOf([...counts.values()]),
      missingApart: apartOf([present, count - present]),
    };
  }
  const present = sorted ?? column.values.filter((value) => !Number.isNaN(value)).sort();
  return {
    ...scaleOf(present, standardization),
    apart: 0,
    missingApart: apartOf([present.length, count - present.length]),
  };
}

function scaleOf(sorted: Float64Array, standardization: Standardization): { centre: number; scale: number } {
  if (sorted.length === 0) return { centre: 0, scale: 0 };
  // The same value throughout: sums would leave rounding for a deviation.
  if (sorted[0] === sorted[sorted.length - 1]) return { centre: sorted[0], scale: 0 };
  const mean = meanOfSorted(sorted);
  const deviation = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2 / sorted.length, 0));
  if (standardization === 'deviation') return { centre: mean, scale: deviation };
  const spread = (quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25)) / QUARTILES_APART;
  return { centre: quantileOf(sorted, 0.5), scale: spread > 0 ? spread : deviation };
}

/** The mean, as a way from the least number on: equal ones are their own mean, and numbers far from 0 lose no digits in the sum. */
export function meanOfSorted(sorted: Float64Array): number {
  const [least] = sorted;
  return least + sorted.reduce((sum, value) => sum + (value - least) / sorted.length, 0);
}

function apartOf(counts: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const variation = 1 - counts.reduce((sum, count) => sum + (count / total) ** 2, 0);
  return Math.sqrt(2 / Math.max(LEAST_VARIATION, total > 0 ? variation : 0));
}

/** A quantile of sorted numbers, between two of them in proportion. */
export function quantileOf(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}
