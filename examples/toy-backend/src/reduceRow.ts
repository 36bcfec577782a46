import type { ReductionKind } from '@sinkhorn/core';
import type { Compiled } from './compile.js';

/** What a reduction gives for a row: the main result before `finish`, and the second one, if the kind has one. */
export interface RowResult {
  readonly main: Float32Array;
  readonly second: number;
}

/** Visits every column that the row meets. */
export type Visit = (visit: (column: number) => void) => void;

/** Reduces one row, column by column, with totals kept in float64. */
export function reduceRow(kind: ReductionKind, pair: Compiled, row: number, size: number, columns: Visit): RowResult {
  pair.beginRow(row);
  const totals = new Float64Array(size);
  const [first, second] = pair.outputs;
  if (kind === 'sum') {
    columns((column) => {
      pair.evaluate(row, column);
      for (let c = 0; c < size; c++) totals[c] += first[c];
    });
    return { main: Float32Array.from(totals), second: 0 };
  }
  if (kind === 'min') {
    let least = Number.POSITIVE_INFINITY;
    let index = -1;
    columns((column) => {
      pair.evaluate(row, column);
      // Blocks come in any order: of equal scores the least column counts.
      if (first[0] < least || (first[0] === least && column < index)) [least, index] = [first[0], column];
    });
    return { main: Float32Array.of(least), second: index };
  }
  // The largest score so far is taken out of every exponential, so that none overflows.
  let largest = Number.NEGATIVE_INFINITY;
  let mass = 0;
  columns((column) => {
    pair.evaluate(row, column);
    const score = first[0];
    if (score > largest) {
      const shrink = Math.exp(largest - score);
      largest = score;
      mass *= shrink;
      for (let c = 0; c < size; c++) totals[c] *= shrink;
    }
    const weight = Math.exp(score - largest);
    if (weight === 0) return;
    mass += weight;
    if (kind === 'softmaxMean') for (let c = 0; c < size; c++) totals[c] += weight * second[c];
  });
  const logSumExp = mass > 0 ? largest + Math.log(mass) : Number.NEGATIVE_INFINITY;
  if (kind === 'logSumExp') return { main: Float32Array.of(logSumExp), second: 0 };
  return { main: Float32Array.from(totals, (total) => (mass > 0 ? total / mass : 0)), second: logSumExp };
}
