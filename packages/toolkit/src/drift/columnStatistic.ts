import { type CodedColumn, isEmptyAt } from './codedColumn.js';
import { columnScale } from './columnScale.js';

/** How far apart two groups of rows are in one column: `labels` is 1 for the rows of the first group, else 0. */
export type ColumnStatistic = (labels: Uint8Array) => number;

/**
 * The difference between two groups of rows in one column. Numbers: the energy distance, which is the integral of the squared difference
 * of the distribution functions (Székely and Rizzo 2013), in deviations of both groups, which no shuffle changes. Categories: the sum of the squared differences of
 * their shares, each over its share of all rows (Pearson's chi-squared, but for a factor), so that a rare category counts. With
 * `missing`, missing cells are a category, and for numbers what that gives is added.
 *
 * @param column - all rows, those of both groups.
 */
export function columnStatistic(column: CodedColumn, missing: boolean): ColumnStatistic {
  const empty = codesOf(column, (row) => (isEmptyAt(column, row) ? 1 : 0));
  if (column.type === 'levels') {
    return ofLevels(missing ? codesOf(column, (row) => column.codes[row] + 1) : column.codes);
  }
  const ofValues = ofNumbers(column.values, columnScale(column, 'deviation').scale || 1);
  const ofMissing = missing && empty.includes(1) ? ofLevels(empty) : () => 0;
  return (labels) => ofValues(labels) + ofMissing(labels);
}

function codesOf(column: CodedColumn, codeAt: (row: number) => number): Int32Array {
  const rows = column.type === 'numbers' ? column.values.length : column.codes.length;
  return Int32Array.from({ length: rows }, (_, row) => codeAt(row));
}

function ofNumbers(values: Float64Array, scale: number): ColumnStatistic {
  const order = Uint32Array.from(values.keys())
    .filter((row) => !Number.isNaN(values[row]))
    .sort((i, j) => values[i] - values[j]);
  const gaps = Float64Array.from(order, (row, place) =>
    place + 1 < order.length ? (values[order[place + 1]] - values[row]) / scale : 0,
  );
  return (labels) => {
    let x = 0;
    for (const row of order) x += labels[row];
    const y = order.length - x;
    // Where one group has no value at all, only what is missing tells.
    if (x === 0 || y === 0) return 0;
    let [firsts, sum] = [0, 0];
    for (let place = 0; place < order.length; place++) {
      firsts += labels[order[place]];
      const difference = firsts / x - (place + 1 - firsts) / y;
      sum += difference * difference * gaps[place];
    }
    return sum;
  };
}

/** Codes below 0 do not count. */
function ofLevels(codes: Int32Array): ColumnStatistic {
  const most = codes.reduce((largest, code) => Math.max(largest, code), -1);
  const totals = new Float64Array(most + 1);
  for (const code of codes) if (code >= 0) totals[code]++;
  const total = totals.reduce((sum, count) => sum + count, 0);
  const firsts = new Float64Array(most + 1);
  return (labels) => {
    firsts.fill(0);
    let x = 0;
    for (let row = 0; row < codes.length; row++) {
      if (codes[row] < 0) continue;
      firsts[codes[row]] += labels[row];
      x += labels[row];
    }
    const y = total - x;
    if (x === 0 || y === 0) return 0;
    let sum = 0;
    for (let code = 0; code <= most; code++) {
      if (totals[code] === 0) continue;
      sum += (firsts[code] / x - (totals[code] - firsts[code]) / y) ** 2 / (totals[code] / total);
    }
    return sum;
  };
}
