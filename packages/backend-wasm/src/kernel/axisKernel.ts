import { TILE_STEP } from '@sinkhorn/core/axis-tiles';
import type { Lanes } from '../arithmetic/lanes.js';
import { logarithm } from '../arithmetic/logarithm.js';
import type { Code } from '../encoding/code.js';
import type { Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { type Vector, v128 } from '../encoding/v128.js';
import { BLOCK_ENTRIES } from './arguments.js';
import { encodeKernel, type Kernel } from './kernel.js';
import { argumentLayout, kernelFrame, VECTOR_BYTES } from './kernelFrame.js';
import {
  counted as countedIn,
  inPowersOfTwo,
  lineBeginnings,
  loadLanes,
  NOTHING,
  PAIR_BYTES,
  powerOfTwo,
  storeLanes,
} from './linesOfLanes.js';

type Integer = Code<'i32'>;

/** What the kernel finds in a table of words, in this order. Addresses are those of numbers in the precision of sums. */
export const AXIS_WORDS = [
  'lines',
  'inner',
  'rows',
  'columns',
  'rowsPerTile',
  'columnsPerTile',
  'rowsFilled',
  'columnsFilled',
  'rowTiles',
  'columnTiles',
  'within',
  'columnTilts',
  'rowTilts',
  'bounds',
  'negligible',
] as const;

/** Bytes of scratch memory for lines of so many nodes, filled up to tiles. */
export const axisScratchBytes = (columnsFilled: number, columnTiles: number, rowsFilled: number): number =>
  PAIR_BYTES * columnsFilled * columnTiles + VECTOR_BYTES * (columnTiles + columnsFilled) + PAIR_BYTES * rowsFilled;

/**
 * A kernel for softmaxes along an axis: it takes as many lines at a time as there are lanes. Each score becomes a factor and a whole exponent
 * of two. For each pair of tiles (`axisTiles`) that is not negligible, columns are tilted and brought to their largest exponent, the rows'
 * sums are products with a table, and these are brought to the largest exponent that a row has seen. So exponentials are taken once
 * a node and not once a pair, nothing overflows, and what is large stays exact: exponents are whole numbers.
 *
 * `stored` are the lanes of arrays, `lanes` those of sums.
 */
export function axisKernel(stored: Lanes, lanes: Lanes, shared: boolean): Kernel {
  const frame = kernelFrame(lanes, argumentLayout(['scores', 'main'], [], lanes));
  const { builder, parameters, constants } = frame;
  const table = builder.local(i32.load(parameters.arguments, BLOCK_ENTRIES.columnBlocks));
  const words = Object.fromEntries(
    AXIS_WORDS.map((name, index) => [name, builder.local(i32.load(table, 4 * index))]),
  ) as Record<(typeof AXIS_WORDS)[number], Local<'i32'>>;
  const { lines, inner, rows, columns, rowsPerTile, columnsPerTile, rowsFilled, columnsFilled } = words;
  const { rowTiles, columnTiles } = words;
  const negligible = lanes.splatLoad(words.negligible);
  const numberBytes = lanes.bytes;
  const tiltBytes = 2 * numberBytes;
  const columnsEnd = (start: Integer) => i32.add(start, i32.mul(columnTiles, i32.mul(columnsFilled, PAIR_BYTES)));
  // Factors and exponents of columns, largest exponents of their tiles, tilted columns of one tile, sums of the rows of one tile.
  const nodes = parameters.scratch;
  const largest = builder.local(columnsEnd(nodes));
  const tilted = builder.local(i32.add(largest, i32.mul(columnTiles, VECTOR_BYTES)));
  const sums = builder.local(i32.add(tilted, i32.mul(columnsFilled, VECTOR_BYTES)));
  const rowsBytes = builder.local(i32.mul(rowsFilled, PAIR_BYTES));
  const stride = builder.local(i32.mul(inner, stored.bytes));

  const counted = (from: Integer, to: Integer, step: number, body: (at: Local<'i32'>) => void) =>
    countedIn(frame, from, to, step, body);
  const power = (x: Vector): Vector => powerOfTwo(frame, x);

  counted(parameters.start, parameters.end, 1, (group) => {
    const begin = (array: string, length: Local<'i32'>) =>
      lineBeginnings(frame, { stored, lines, inner, group }, array, length);
    const advance = (places: readonly Local<'i32'>[]) => {
      for (const place of places) builder.set(place, i32.add(place, stride));
    };

    const from = begin('scores', columns);
    const node = builder.local(nodes);
    const left = builder.local(columns);
    const clearNode = () => {
      builder.add(v128.store(node, constants(0)));
      builder.add(v128.store(node, constants(NOTHING), VECTOR_BYTES));
      builder.set(node, i32.add(node, PAIR_BYTES));
    };
    counted(i32.constant(0), columnTiles, 1, (tile) => {
      const most = builder.local(constants(NOTHING));
      const here = builder.local(i32.min(left, columnsPerTile));
      counted(i32.constant(0), here, 1, () => {
        const { factor, exponent } = inPowersOfTwo(frame, loadLanes(frame, stored, from));
        builder.add(v128.store(node, factor));
        builder.add(v128.store(node, exponent, VECTOR_BYTES));
        builder.set(most, lanes.pmax(most, exponent));
        builder.set(node, i32.add(node, PAIR_BYTES));
        advance(from);
      });
      counted(here, columnsFilled, 1, clearNode);
      builder.set(left, i32.sub(left, here));
      builder.add(v128.store(i32.add(largest, i32.mul(tile, VECTOR_BYTES)), most));
    });

    const to = begin('main', rows);
    const rowsLeft = builder.local(rows);
    counted(i32.constant(0), rowTiles, 1, (rowTile) => {
      /** The difference of the row tile and the first column tile; it goes down by one for each further one. */
      const difference = builder.local(i32.sub(i32.add(rowTile, columnTiles), i32.constant(1)));
      const bound = builder.local(i32.add(words.bounds, i32.mul(difference, tiltBytes)));
      const least = builder.local(constants(NOTHING));
      const seen = builder.local(bound);
      counted(largest, i32.add(largest, i32.mul(columnTiles, VECTOR_BYTES)), VECTOR_BYTES, (at) => {
        builder.set(least, lanes.pmax(least, lanes.sub(v128.load(at), lanes.splatLoad(seen, numberBytes))));
        builder.set(seen, i32.sub(seen, i32.constant(tiltBytes)));
      });
      builder.set(least, lanes.sub(least, negligible));
      counted(sums, i32.add(sums, rowsBytes), PAIR_BYTES, (at) => {
        builder.add(v128.store(at, constants(0)));
        builder.add(v128.store(at, constants(NOTHING), VECTOR_BYTES));
      });
      const tileBytes = builder.local(i32.mul(columnsFilled, PAIR_BYTES));
      const columnStep = builder.local(i32.mul(columnsFilled, tiltBytes));
      const rowStep = builder.local(i32.mul(rowsFilled, tiltBytes));
      const columnTilt = builder.local(i32.add(words.columnTilts, i32.mul(difference, columnStep)));
      const rowTilt = builder.local(i32.add(words.rowTilts, i32.mul(difference, rowStep)));
      const tile = builder.local(nodes);
      counted(largest, i32.add(largest, i32.mul(columnTiles, VECTOR_BYTES)), VECTOR_BYTES, (at) => {
        const bounded = lanes.sub(v128.load(at), lanes.splatLoad(bound));
        // NaN is not below: it is to be seen.
        builder.if(v128.anyTrue(v128.not(lanes.lt(bounded, least))), () => pairOfTiles({ tile, columnTilt, rowTilt }));
        builder.set(bound, i32.sub(bound, i32.constant(tiltBytes)));
        builder.set(columnTilt, i32.sub(columnTilt, columnStep));
        builder.set(rowTilt, i32.sub(rowTilt, rowStep));
        builder.set(tile, i32.add(tile, tileBytes));
      });
      const here = builder.local(i32.min(rowsLeft, rowsPerTile));
      counted(sums, i32.add(sums, i32.mul(here, PAIR_BYTES)), PAIR_BYTES, (at) => {
        const sum = builder.local(logarithm(builder, lanes, constants, v128.load(at)));
        storeLanes(frame, stored, to, sum, builder.local(v128.load(at, VECTOR_BYTES)));
        advance(to);
      });
      builder.set(rowsLeft, i32.sub(rowsLeft, here));
    });
  });

  function pairOfTiles(given: Readonly<Record<'tile' | 'columnTilt' | 'rowTilt', Local<'i32'>>>): void {
    const tileEnd = builder.local(i32.add(given.tile, i32.mul(columnsFilled, PAIR_BYTES)));
    const highest = builder.local(constants(NOTHING));
    const tilt = builder.local(given.columnTilt);
    counted(given.tile, tileEnd, PAIR_BYTES, (at) => {
      const exponent = lanes.add(v128.load(at, VECTOR_BYTES), lanes.splatLoad(tilt, numberBytes));
      builder.set(highest, lanes.pmax(highest, exponent));
      builder.set(tilt, i32.add(tilt, tiltBytes));
    });
    builder.set(tilt, given.columnTilt);
    const into = builder.local(tilted);
    counted(given.tile, tileEnd, PAIR_BYTES, (at) => {
      const exponent = lanes.add(v128.load(at, VECTOR_BYTES), lanes.splatLoad(tilt, numberBytes));
      const factor = lanes.mul(v128.load(at), lanes.splatLoad(tilt));
      builder.add(v128.store(into, lanes.mul(factor, power(lanes.sub(exponent, highest)))));
      builder.set(into, i32.add(into, VECTOR_BYTES));
      builder.set(tilt, i32.add(tilt, tiltBytes));
    });
    const weight = builder.local(words.within);
    const rowTilt = builder.local(given.rowTilt);
    counted(sums, i32.add(sums, rowsBytes), TILE_STEP * PAIR_BYTES, (row) => {
      const found = Array.from({ length: TILE_STEP }, () => builder.local(constants(0)));
      counted(tilted, i32.add(tilted, i32.mul(columnsFilled, VECTOR_BYTES)), TILE_STEP * VECTOR_BYTES, (at) => {
        for (let column = 0; column < TILE_STEP; column++) {
          const value = builder.local(v128.load(at, column * VECTOR_BYTES));
          found.forEach((sum, k) => {
            const factor = lanes.splatLoad(weight, (column * TILE_STEP + k) * numberBytes);
            builder.set(sum, lanes.madd(value, factor, sum));
          });
        }
        builder.set(weight, i32.add(weight, TILE_STEP * TILE_STEP * numberBytes));
      });
      found.forEach((sum, k) => {
        const place = k * PAIR_BYTES;
        const exponent = builder.local(lanes.add(highest, lanes.splatLoad(rowTilt, k * tiltBytes + numberBytes)));
        const before = builder.local(v128.load(row, place + VECTOR_BYTES));
        const most = builder.local(lanes.pmax(before, exponent));
        const factor = lanes.mul(sum, lanes.splatLoad(rowTilt, k * tiltBytes));
        const old = lanes.mul(v128.load(row, place), power(lanes.sub(before, most)));
        builder.add(v128.store(row, lanes.madd(factor, power(lanes.sub(exponent, most)), old), place));
        builder.add(v128.store(row, most, place + VECTOR_BYTES));
      });
      builder.set(rowTilt, i32.add(rowTilt, TILE_STEP * tiltBytes));
    });
  }

  return { ...encodeKernel(frame, shared), scratchBytes: 0, rowsAtMost: Number.POSITIVE_INFINITY };
}
