import { compensatedSum, type ReductionKind } from '@sinkhorn/core';
import type { TileProgram } from './tileProgram.js';

/** Gathers, row by row, what a reduction makes of the tiles it is shown. */
export interface Accumulator {
  /** Takes the tile that was just evaluated for `row`: `count` columns from `start` on. */
  add(row: number, start: number, count: number): void;
  /** The main result, [N, size], and the second one, [N], if the kind has one. */
  results(): { value: Float64Array; other?: Float64Array };
}

/** The accumulator of a kind of reduction over `rows` rows. */
export function accumulator(kind: ReductionKind, rows: number, size: number, pairs: TileProgram): Accumulator {
  switch (kind) {
    case 'logSumExp':
      return logSumExp(rows, pairs);
    case 'softmaxMean':
      return softmaxMean(rows, size, pairs);
    case 'sum':
      return sum(rows, size, pairs);
    case 'min':
      return min(rows, pairs);
  }
}

function maximum(values: Float64Array, count: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < count; k++) if (values[k] > best) best = values[k];
  return best;
}

/**
 * Row by row, the largest score so far and the sum of exp(score - largest): rescaled when a tile has a larger one, so
 * that nothing overflows at any temperature.
 */
function runningSums(rows: number) {
  const largest = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  const total = new Float64Array(rows);
  return {
    total,
    /** Makes room for a tile's largest score: the factor by which sums so far shrink, and the shift for the tile. */
    rescale(row: number, tileLargest: number): number {
      const before = largest[row];
      if (tileLargest <= before) return 1;
      largest[row] = tileLargest;
      const factor = Math.exp(before - tileLargest);
      total[row] *= factor;
      return factor;
    },
    shift: (row: number) => largest[row],
    logarithms: () =>
      total.map((value, row) => (value > 0 ? largest[row] + Math.log(value) : Number.NEGATIVE_INFINITY)),
  };
}

function logSumExp(rows: number, pairs: TileProgram): Accumulator {
  const scores = pairs.output(0);
  const terms = new Float64Array(pairs.width);
  const sums = runningSums(rows);
  return {
    add(row, _start, count) {
      sums.rescale(row, maximum(scores, count));
      const shift = sums.shift(row);
      if (shift === Number.NEGATIVE_INFINITY) return;
      for (let k = 0; k < count; k++) terms[k] = Math.exp(scores[k] - shift);
      sums.total[row] += compensatedSum(terms, 0, count);
    },
    results: () => ({ value: sums.logarithms() }),
  };
}

function softmaxMean(rows: number, size: number, pairs: TileProgram): Accumulator {
  const scores = pairs.output(0);
  const values = pairs.output(1);
  const sums = runningSums(rows);
  const means = new Float64Array(rows * size);
  const weights = new Float64Array(pairs.width);
  const terms = new Float64Array(pairs.width);
  return {
    add(row, _start, count) {
      const factor = sums.rescale(row, maximum(scores, count));
      const shift = sums.shift(row);
      if (shift === Number.NEGATIVE_INFINITY) return;
      for (let k = 0; k < count; k++) weights[k] = Math.exp(scores[k] - shift);
      sums.total[row] += compensatedSum(weights, 0, count);
      for (let c = 0; c < size; c++) {
        const at = c * pairs.width;
        for (let k = 0; k < count; k++) terms[k] = weights[k] > 0 ? weights[k] * values[at + k] : 0;
        means[row * size + c] = means[row * size + c] * factor + compensatedSum(terms, 0, count);
      }
    },
    results() {
      const value = means.map((weighted, index) => {
        const total = sums.total[Math.floor(index / size)];
        return total > 0 ? weighted / total : 0;
      });
      return { value, other: sums.logarithms() };
    },
  };
}

function sum(rows: number, size: number, pairs: TileProgram): Accumulator {
  const values = pairs.output(0);
  const totals = new Float64Array(rows * size);
  return {
    add(row, _start, count) {
      for (let c = 0; c < size; c++) {
        totals[row * size + c] += compensatedSum(values, c * pairs.width, count);
      }
    },
    results: () => ({ value: totals }),
  };
}

function min(rows: number, pairs: TileProgram): Accumulator {
  const scores = pairs.output(0);
  const best = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const arguments_ = new Float64Array(rows).fill(-1);
  return {
    add(row, start, count) {
      for (let k = 0; k < count; k++) {
        // Blocks come in any order: of equal scores the least column counts.
        if (scores[k] < best[row] || (scores[k] === best[row] && start + k < arguments_[row])) {
          best[row] = scores[k];
          arguments_[row] = start + k;
        }
      }
    },
    results: () => ({ value: best, other: arguments_ }),
  };
}
