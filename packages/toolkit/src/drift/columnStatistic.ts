import { runSync } from '@sinkhorn/core';
import { sortedOrder } from '@sinkhorn/core/line';
import { placesTo } from '../placesTo.js';
import { type CodedColumn, isEmptyAt } from './codedColumn.js';
import { columnScale } from './columnScale.js';

/** How many shuffles a statistic takes at once: one for each bit of a label. */
export const SHUFFLES_AT_ONCE = 8;

/**
 * How far apart two groups of rows are in one column, for several divisions of the rows at once: bit k of a row's label says whether
 * the k-th division has it in the first group. Each division's number is added to its place in `sums`.
 */
export type ColumnStatistic = (labels: Uint8Array, sums: Float64Array) => void;

/**
 * The difference between two groups of rows in one column. Numbers: the energy distance, which is the integral of the squared difference
 * of the distribution functions (Székely and Rizzo 2013), in deviations of both groups, which no shuffle changes. Categories: the sum of the squared differences of
 * their shares, each over its share of all rows (Pearson's chi-squared, but for a factor), so that a rare category counts. With
 * `missing`, missing cells are a category, and for numbers what that gives is added.
 *
 * @param column - all rows, those of both groups.
 */
export function columnStatistic(column: CodedColumn, missing: boolean): ColumnStatistic {
  if (column.type === 'levels') {
    return ofLevels(missing ? codesOf(column, (row) => column.codes[row] + 1) : column.codes);
  }
  const empty = codesOf(column, (row) => (isEmptyAt(column, row) ? 1 : 0));
  const ofValues = ofNumbers(column.values, columnScale(column, 'deviation').scale || 1);
  if (!missing || !empty.includes(1)) return ofValues;
  const ofMissing = ofLevels(empty);
  return (labels, sums) => {
    ofValues(labels, sums);
    ofMissing(labels, sums);
  };
}

function codesOf(column: CodedColumn, codeAt: (row: number) => number): Int32Array {
  const rows = column.type === 'numbers' ? column.values.length : column.codes.length;
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) codes[row] = codeAt(row);
  return codes;
}

function ofNumbers(values: Float64Array, scale: number): ColumnStatistic {
  const rows = placesTo(values.length).filter((row) => !Number.isNaN(values[row]));
  const present = new Float64Array(rows.length);
  for (let k = 0; k < rows.length; k++) present[k] = values[rows[k]];
  const order = runSync(sortedOrder(present)).map((place) => rows[place]);
  const gaps = new Float64Array(order.length);
  for (let place = 0; place + 1 < order.length; place++) {
    gaps[place] = (values[order[place + 1]] - values[order[place]]) / scale;
  }
  const sorted = new Uint8Array(order.length);
  const patterns = new Uint32Array(1 << SHUFFLES_AT_ONCE);
  return (labels, sums) => {
    patterns.fill(0);
    for (let place = 0; place < order.length; place++) {
      const label = labels[order[place]];
      sorted[place] = label;
      patterns[label]++;
    }
    for (let division = 0; division < SHUFFLES_AT_ONCE; division++) {
      const x = firstsOf(patterns, division);
      const y = order.length - x;
      // Where one group has no value at all, only what is missing tells.
      if (x > 0 && y > 0) sums[division] += energyOf(sorted, gaps, division, x, y);
    }
  };
}

/** The integral of the squared difference of two distribution functions: of `x` values of the first group, and `y` of the other one. */
function energyOf(labels: Uint8Array, gaps: Float64Array, division: number, x: number, y: number): number {
  let firsts = 0;
  let sum = 0;
  for (let place = 0; place < gaps.length; place++) {
    firsts += (labels[place] >> division) & 1;
    // firsts / x - (place + 1 - firsts) / y, times x y: a whole number, and 0 where both are the same.
    const difference = firsts * (x + y) - (place + 1) * x;
    sum += difference * difference * gaps[place];
  }
  return sum / (x * y) ** 2;
}

/** Codes below 0 do not count. */
function ofLevels(codes: Int32Array): ColumnStatistic {
  const most = codes.reduce((largest, code) => Math.max(largest, code), -1);
  const totals = new Float64Array(most + 1);
  for (const code of codes) if (code >= 0) totals[code]++;
  const total = totals.reduce((sum, count) => sum + count, 0);
  // Of each category, how many rows each division has in the first group.
  const firsts = new Float64Array((most + 1) * SHUFFLES_AT_ONCE);
  return (labels, sums) => {
    firsts.fill(0);
    for (let row = 0; row < codes.length; row++) {
      if (codes[row] < 0) continue;
      const [at, label] = [codes[row] * SHUFFLES_AT_ONCE, labels[row]];
      for (let division = 0; division < SHUFFLES_AT_ONCE; division++) firsts[at + division] += (label >> division) & 1;
    }
    for (let division = 0; division < SHUFFLES_AT_ONCE; division++) {
      let x = 0;
      for (let at = division; at < firsts.length; at += SHUFFLES_AT_ONCE) x += firsts[at];
      const y = total - x;
      if (x === 0 || y === 0) continue;
      for (let code = 0; code <= most; code++) {
        if (totals[code] === 0) continue;
        const first = firsts[code * SHUFFLES_AT_ONCE + division];
        sums[division] += (first / x - (totals[code] - first) / y) ** 2 / (totals[code] / total);
      }
    }
  };
}

/** How many rows a division has in the first group, from how many have each label. */
function firstsOf(patterns: Uint32Array, division: number): number {
  return patterns.reduce((count, times, label) => count + ((label >> division) & 1) * times, 0);
}
