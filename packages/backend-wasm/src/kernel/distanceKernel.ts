import type { Lanes } from '../arithmetic/lanes.js';
import { logarithm } from '../arithmetic/logarithm.js';
import type { Local } from '../encoding/functionBuilder.js';
import { i32 } from '../encoding/i32.js';
import { f64x2, v128 } from '../encoding/v128.js';
import { BLOCK_ENTRIES } from './arguments.js';
import { encodeKernel, type Kernel } from './kernel.js';
import { argumentLayout, kernelFrame, VECTOR_BYTES } from './kernelFrame.js';
import {
  counted,
  inPowersOfTwo,
  lineBeginnings,
  loadLanes,
  NOTHING,
  PAIR_BYTES,
  powerOfTwo,
  storeLanes,
} from './linesOfLanes.js';

/** What the kernel finds in a table of words, in this order: addresses of what `distanceTables` makes, and sizes. */
export const DISTANCE_WORDS = ['lines', 'inner', 'rows', 'columns', 'columnBits', 'rowTilts', 'columnsBefore'] as const;

/** Bytes of scratch memory for lines of so many columns: sums up to each of them, and from each of them on. */
export const distanceScratchBytes = (columns: number): number => 2 * PAIR_BYTES * (columns + 1);

/**
 * A kernel for softmaxes along an axis whose cost is the distance: as exp(-rate |x - y|) is a number of the row times one of the column on
 * either side of the row, sums over all columns before it and over all behind it are enough, and each of these goes from column to column:
 * a few operations a node, whatever the length of a line.
 *
 * `stored` are the lanes of arrays, `lanes` those of sums.
 */
export function distanceKernel(stored: Lanes, lanes: Lanes, shared: boolean): Kernel {
  const frame = kernelFrame(lanes, argumentLayout(['scores', 'main'], [], lanes));
  const { builder, parameters, constants } = frame;
  const table = builder.local(i32.load(parameters.arguments, BLOCK_ENTRIES.columnBlocks));
  const words = Object.fromEntries(
    DISTANCE_WORDS.map((name, index) => [name, builder.local(i32.load(table, 4 * index))]),
  ) as Record<(typeof DISTANCE_WORDS)[number], Local<'i32'>>;
  const { lines, inner, rows, columns, columnBits, rowTilts, columnsBefore } = words;
  const before = parameters.scratch;
  const behind = builder.local(i32.add(before, i32.mul(i32.add(columns, i32.constant(1)), i32.constant(PAIR_BYTES))));
  const stride = builder.local(i32.mul(inner, stored.bytes));
  const bitBytes = Float64Array.BYTES_PER_ELEMENT;
  const tilt = (address: Local<'i32'>) => builder.local(f64x2.splatLoad(address));

  counted(frame, parameters.start, parameters.end, 1, (group) => {
    const begin = (array: string, length: Local<'i32'>) =>
      lineBeginnings(frame, { stored, lines, inner, group }, array, length);
    const factor = builder.local(constants(0));
    const exponent = builder.local(constants(NOTHING));
    const clear = () => {
      builder.set(factor, constants(0));
      builder.set(exponent, constants(NOTHING));
    };
    /** Adds a column to a sum. */
    const take = (places: readonly Local<'i32'>[], bits: Local<'v128'>) => {
      const node = inPowersOfTwo(frame, loadLanes(frame, stored, places), bits);
      const most = builder.local(lanes.pmax(exponent, node.exponent));
      const old = lanes.mul(factor, powerOfTwo(frame, lanes.sub(exponent, most)));
      builder.set(factor, lanes.madd(node.factor, powerOfTwo(frame, lanes.sub(node.exponent, most)), old));
      builder.set(exponent, most);
    };
    const keep = (at: Local<'i32'>) => {
      builder.add(v128.store(at, factor));
      builder.add(v128.store(at, exponent, VECTOR_BYTES));
    };

    const from = begin('scores', columns);
    const at = builder.local(before);
    const bits = builder.local(columnBits);
    keep(at);
    counted(frame, i32.constant(0), columns, 1, () => {
      take(from, tilt(bits));
      builder.set(bits, i32.add(bits, bitBytes));
      builder.set(at, i32.add(at, PAIR_BYTES));
      keep(at);
      for (const place of from) builder.set(place, i32.add(place, stride));
    });
    clear();
    builder.set(at, i32.add(behind, i32.mul(columns, PAIR_BYTES)));
    keep(at);
    counted(frame, i32.constant(0), columns, 1, () => {
      for (const place of from) builder.set(place, i32.sub(place, stride));
      builder.set(bits, i32.sub(bits, i32.constant(bitBytes)));
      take(from, builder.local(f64x2.neg(tilt(bits))));
      builder.set(at, i32.sub(at, i32.constant(PAIR_BYTES)));
      keep(at);
    });

    const to = begin('main', rows);
    const row = builder.local(rowTilts);
    const count = builder.local(columnsBefore);
    counted(frame, i32.constant(0), rows, 1, () => {
      const place = builder.local(i32.mul(i32.load(count), PAIR_BYTES));
      const sides = [before, behind].map((start, side) => {
        const sum = builder.local(i32.add(start, place));
        const offset = 2 * side * lanes.bytes;
        const exponentOf = lanes.add(v128.load(sum, VECTOR_BYTES), lanes.splatLoad(row, offset + lanes.bytes));
        return { factor: lanes.mul(v128.load(sum), lanes.splatLoad(row, offset)), exponent: builder.local(exponentOf) };
      });
      const most = builder.local(lanes.pmax(sides[0].exponent, sides[1].exponent));
      const [one, two] = sides.map((side) => lanes.mul(side.factor, powerOfTwo(frame, lanes.sub(side.exponent, most))));
      const sum = builder.local(logarithm(builder, lanes, constants, lanes.add(one, two)));
      storeLanes(frame, stored, to, sum, most);
      for (const each of to) builder.set(each, i32.add(each, stride));
      builder.set(row, i32.add(row, 4 * lanes.bytes));
      builder.set(count, i32.add(count, 4));
    });
  });

  return { ...encodeKernel(frame, shared), scratchBytes: 0, rowsAtMost: Number.POSITIVE_INFINITY };
}
