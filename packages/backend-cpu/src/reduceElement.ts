import type { Reduction, ResolvedReduction } from '@sinkhorn/core';
import { type Accumulator, accumulator } from './accumulator.js';
import { type TileProgram, tileProgram } from './tileProgram.js';

/** One element of a batch: its reduction, its arrays, [N, size] each, and where its results go. */
export interface ElementReduction {
  readonly reduction: Reduction;
  readonly resolved: ResolvedReduction;
  readonly rows: Readonly<Record<string, Float64Array>>;
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** [N, M] each. */
  readonly pairs: Readonly<Record<string, Float64Array>>;
  /** [N, resultSize] */
  readonly main: Float64Array;
  /** [N], or empty when the kind has one result. */
  readonly second: Float64Array;
}

/** Pairs from one place to the next where the work may pause: some milliseconds. */
const PAIRS_OF_PIECE = 32_768;

/**
 * Runs a reduction for one element of a batch: tile of columns by tile of columns, and in each row by row. It stops every few
 * milliseconds, for whoever runs it to see whether it is still wanted.
 */
export function* reduceElement({
  reduction,
  resolved,
  rows,
  columns,
  pairs: known,
  main,
  second,
}: ElementReduction): Generator<void, void> {
  const sources = { row: rows, column: columns, pair: known, reduced: {} };
  const pairs = tileProgram(resolved.pair, sources, reduction.parameters, resolved.columns);
  const accumulate = accumulator(reduction.kind, resolved.rows, resolved.reducedSize, pairs);
  yield* visitTiles(reduction, resolved, pairs, accumulate);
  const { value, other } = accumulate.results();
  if (other) second.set(other);
  if (!resolved.finish) {
    main.set(value);
    return;
  }
  const reducedSources = { value, logSumExp: other ?? new Float64Array(0) };
  const finish = tileProgram(
    resolved.finish,
    { row: rows, column: {}, pair: {}, reduced: reducedSources },
    reduction.parameters,
    1,
  );
  finish.loadColumns(0, 1);
  const out = finish.output(0);
  for (let row = 0; row < resolved.rows; row++) {
    finish.evaluateRow(row);
    for (let c = 0; c < resolved.resultSize; c++) main[row * resolved.resultSize + c] = out[c * finish.width];
  }
}

/** Writes a number for every pair of an element of a batch, [N, M], and for every exchanged pair, [M, N], where they are wanted. */
export function* keepElement({
  reduction,
  resolved,
  rows,
  columns,
  main,
  second,
}: Omit<ElementReduction, 'pairs'>): Generator<void, void> {
  const sources = { row: rows, column: columns, pair: {}, reduced: {} };
  const pairs = tileProgram(resolved.pair, sources, reduction.parameters, resolved.columns);
  const values = pairs.output(0);
  const add = (row: number, start: number, count: number) => {
    main.set(values.subarray(0, count), row * resolved.columns + start);
    if (second.length === 0) return;
    for (let lane = 0; lane < count; lane++) second[(start + lane) * resolved.rows + row] = values[lane];
  };
  yield* visitTiles(reduction, resolved, pairs, { add });
}

function* visitTiles(
  { blocks }: Reduction,
  { rows, columns }: ResolvedReduction,
  pairs: TileProgram,
  accumulate: Pick<Accumulator, 'add'>,
): Generator<void, void> {
  // A plain function for what takes the time: engines make less of loops in generators.
  const visitRows = (from: number, to: number, start: number, count: number) => {
    for (let row = from; row < to; row++) {
      pairs.evaluateRow(row);
      accumulate.add(row, start, count);
    }
  };
  let sincePause = 0;
  const visit = function* (rowStart: number, rowEnd: number, columnStart: number, columnEnd: number) {
    for (let start = columnStart; start < columnEnd; start += pairs.width) {
      const count = Math.min(pairs.width, columnEnd - start);
      pairs.loadColumns(start, count);
      const rowsAtOnce = Math.ceil(PAIRS_OF_PIECE / count);
      for (let row = rowStart; row < rowEnd; row += rowsAtOnce) {
        const end = Math.min(rowEnd, row + rowsAtOnce);
        visitRows(row, end, start, count);
        sincePause += (end - row) * count;
        if (sincePause < PAIRS_OF_PIECE) continue;
        sincePause = 0;
        yield;
      }
    }
  };
  if (!blocks) {
    yield* visit(0, rows, 0, columns);
    return;
  }
  const { rowStarts, columnStarts, offsets, columnBlocks } = blocks;
  for (let block = 0; block + 1 < rowStarts.length; block++) {
    for (let at = offsets[block]; at < offsets[block + 1]; at++) {
      const columnBlock = columnBlocks[at];
      yield* visit(rowStarts[block], rowStarts[block + 1], columnStarts[columnBlock], columnStarts[columnBlock + 1]);
    }
  }
}
