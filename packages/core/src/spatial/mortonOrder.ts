import { chunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';
import { gathered } from './gathered.js';

/** Bits of each coordinate in one word of a Morton code: three times 17 fit the 53 bits of a number exactly. */
const WORD_BITS = 17;
const WORD = 2 ** WORD_BITS;
/** How often the finest cells may be doubled to hold a whole cloud: two words of bits. */
export const MOST_LEVELS = 2 * WORD_BITS;

/** Points in the order of a space-filling curve: those of any cell of the grid, or of its doublings, are neighbours. */
export interface MortonOrder {
  readonly dimension: number;
  /** How often a cell of the grid may be halved: points within it are in order, too. */
  readonly halvings: number;
  /** [N]: the index that the point at each place had. */
  readonly order: Uint32Array;
  /** [N], in order: the upper and the lower bits of each point's cell, interleaved. */
  readonly upper: Float64Array;
  readonly lower: Float64Array;
}

/** Tables that put `dimension - 1` zeros before each bit of a 9-bit number. */
const spreads = [1, 2, 3].map((dimension) =>
  Float64Array.from({ length: 512 }, (_, value) => {
    let spread = 0;
    for (let bit = 0; bit < 9; bit++) if ((value >> bit) & 1) spread += 2 ** (bit * dimension);
    return spread;
  }),
);

/**
 * Sorts points by the Morton codes of their cells in a grid of cubes of a given width, each halved so many times, from the lowest corner of
 * their bounding box (Morton 1966). At most 3 dimensions and MOST_LEVELS bits a coordinate.
 */
export function* mortonOrder(
  points: Float32Array | Float64Array,
  dimension: number,
  low: Float64Array,
  width: number,
  halvings: number,
): Task<MortonOrder> {
  const finest = width / 2 ** halvings;
  const count = points.length / dimension;
  const spread = spreads[dimension - 1];
  const shift = 2 ** (9 * dimension);
  const upper = new Float64Array(count);
  const lower = new Float64Array(count);
  let isFine = false;
  yield* chunked(count, (from, to) => {
    for (let index = from; index < to; index++) {
      let above = 0;
      let below = 0;
      for (let c = dimension - 1; c >= 0; c--) {
        const cell = Math.floor((points[index * dimension + c] - low[c]) / finest);
        const high = Math.floor(cell / WORD);
        const rest = cell - high * WORD;
        above = above * 2 + spread[high & 511] + shift * spread[high >> 9];
        below = below * 2 + spread[rest & 511] + shift * spread[rest >> 9];
      }
      upper[index] = above;
      lower[index] = below;
      if (above > 0) isFine = true;
    }
  });
  const order = yield* sortedBy(isFine ? [lower, upper] : [lower]);
  // Of most clouds one word has all bits, and the other one is 0 everywhere.
  return {
    dimension,
    halvings,
    order,
    upper: isFine ? yield* gathered(upper, order, 1) : upper,
    lower: yield* gathered(lower, order, 1),
  };
}

/**
 * Items between two places where a task can be interrupted, where each is written somewhere else: the first ones may each meet a page of memory that the
 * system has yet to hand out. Raising it makes an abort wait longer.
 */
export const SCATTERED_AT_ONCE = 8192;

/** Bits a pass of the radix sort. Raising it needs fewer passes and counters that leave the cache. Chosen, not measured. */
const DIGIT_BITS = 13;
const DIGITS = 2 ** DIGIT_BITS;

/** The order of indices by some keys, the last one counting most: a radix sort, in steps of 13 bits. */
function* sortedBy(keys: readonly Float64Array[]): Task<Uint32Array> {
  const count = keys[0].length;
  let order = new Uint32Array(count);
  let spare = new Uint32Array(count);
  const digits = new Uint16Array(count);
  yield* chunked(count, (from, to) => {
    for (let index = from; index < to; index++) order[index] = index;
  });
  for (const key of keys) {
    let largest = 0;
    yield* chunked(count, (from, to) => {
      for (let index = from; index < to; index++) if (key[index] > largest) largest = key[index];
    });
    for (let unit = 1; unit <= largest; unit *= DIGITS) {
      const starts = new Uint32Array(DIGITS + 1);
      yield* chunked(count, (from, to) => {
        for (let index = from; index < to; index++) {
          const scaled = Math.floor(key[index] / unit);
          const digit = scaled - Math.floor(scaled / DIGITS) * DIGITS;
          digits[index] = digit;
          starts[digit + 1]++;
        }
      });
      for (let digit = 0; digit < DIGITS; digit++) starts[digit + 1] += starts[digit];
      const [before, after] = [order, spare];
      const move = (from: number, to: number) => {
        for (let place = from; place < to; place++) {
          const index = before[place];
          after[starts[digits[index]]++] = index;
        }
      };
      yield* chunked(count, move, SCATTERED_AT_ONCE);
      [order, spare] = [after, before];
    }
  }
  return order;
}

/**
 * Tells whether the points at two places share a cell of the grid doubled `level` times (halved, where that is below 0), or doubled once
 * more in only the first `axes` dimensions: a quarter or a half of the next cell.
 */
export function sharedCell(
  { dimension, halvings, upper, lower }: MortonOrder,
  level: number,
  axes = 0,
): (a: number, b: number) => boolean {
  const bits = level + halvings;
  if (bits < WORD_BITS) {
    const unit = 2 ** (dimension * bits + axes);
    return (a, b) => upper[a] === upper[b] && Math.floor(lower[a] / unit) === Math.floor(lower[b] / unit);
  }
  const unit = 2 ** (dimension * (bits - WORD_BITS) + axes);
  return (a, b) => Math.floor(upper[a] / unit) === Math.floor(upper[b] / unit);
}
