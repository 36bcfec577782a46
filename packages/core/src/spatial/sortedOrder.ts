import { chunked, numbersChunked } from '../tasks/chunked.js';
import { pause, type Task } from '../tasks/task.js';
import { BUCKETS, countsToStarts, DIGIT_BITS, places } from './digits.js';
import { orderByBits } from './orderByBits.js';

/** Two digits. */
const LARGEST_KEY = BUCKETS ** 2 - 1;
/** Below, so few are sorted by comparisons. */
const FEW = 64;
/** Numbers that share keys are put in order by so many moves each at most: more take longer than the passes over all bits. */
const MOVES_OF_NUMBER = 4;

/** Numbers from the least to the largest, and where each comes from. */
export interface InOrder {
  /** Places in the input, those of equal numbers from the first on. */
  readonly order: Uint32Array;
  readonly sorted: Float64Array;
}

/** The order of finite numbers from the least to the largest: places, equal numbers by place. */
export function* sortedOrder(values: ArrayLike<number>): Task<Uint32Array> {
  return (yield* inOrder(values)).order;
}

/**
 * Sorts finite numbers.
 *
 * A radix sort, least significant digits first, by keys of 22 bits: how far along a number is from the least to the largest. Insertions put
 * those in order that share a key, which are few unless nearly all numbers are next to each other: then all 64 bits are sorted by.
 */
export function* inOrder(values: ArrayLike<number>): Task<InOrder> {
  const count = values.length;
  const { least, largest, isSorted } = yield* rangeOf(values);
  if (isSorted) {
    const order = yield* places(count);
    return { order, sorted: new Float64Array(values) };
  }
  if (count <= FEW) {
    const order = (yield* places(count)).sort((one, two) => values[one] - values[two] || one - two);
    return { order, sorted: Float64Array.from(order, (place) => values[place]) };
  }
  const byKeys = yield* orderByKeys(values, least, LARGEST_KEY / (largest - least));
  if (byKeys) return byKeys;
  const order = yield* orderByBits(values);
  return { order, sorted: yield* numbersChunked(count, (place) => values[order[place]]) };
}

function* rangeOf(values: ArrayLike<number>) {
  const range = { least: values[0], largest: values[0], isSorted: true };
  yield* chunked(values.length, (from, to) => widen(range, values, Math.max(1, from), to));
  return range;
}

function widen(
  range: { least: number; largest: number; isSorted: boolean },
  values: ArrayLike<number>,
  from: number,
  to: number,
): void {
  let { least, largest, isSorted } = range;
  for (let place = from; place < to; place++) {
    const value = values[place];
    if (value < least) least = value;
    if (value > largest) largest = value;
    if (value < values[place - 1]) isSorted = false;
  }
  Object.assign(range, { least, largest, isSorted });
}

/** Nothing where so many numbers share keys that this would take long, or where their range is no number. */
function* orderByKeys(values: ArrayLike<number>, least: number, scale: number): Task<InOrder | undefined> {
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) return undefined;
  const count = values.length;
  const keys = new Uint32Array(count);
  const [low, high] = [new Uint32Array(BUCKETS), new Uint32Array(BUCKETS)];
  yield* chunked(count, (from, to) => countKeys(values, least, scale, keys, low, high, from, to));
  countsToStarts(low);
  countsToStarts(high);
  const between = { high: new Uint16Array(count), order: new Uint32Array(count) };
  yield* chunked(count, (from, to) => scatterLow(keys, low, between, from, to));
  // Keys are not read again.
  const order = keys;
  yield* chunked(count, (from, to) => scatterHigh(between, high, order, from, to));
  const sorted = new Float64Array(count);
  let moves = 0;
  for (let from = 0; from < count; from += INSERTED_AT_ONCE) {
    yield* pause();
    moves = insert(values, order, sorted, from, Math.min(count, from + INSERTED_AT_ONCE), moves);
    if (moves > MOVES_OF_NUMBER * count) return undefined;
  }
  return { order, sorted };
}

/** Numbers that are inserted between two places where that can be interrupted, or given up: a few moves each. Chosen, not measured. */
const INSERTED_AT_ONCE = 16_384;

function countKeys(
  values: ArrayLike<number>,
  least: number,
  scale: number,
  keys: Uint32Array,
  low: Uint32Array,
  high: Uint32Array,
  from: number,
  to: number,
): void {
  for (let place = from; place < to; place++) {
    // Rounded differences and products of a number that is larger are never less: keys have the order of the numbers.
    const key = Math.min(LARGEST_KEY, (values[place] - least) * scale) >>> 0;
    keys[place] = key;
    low[key & (BUCKETS - 1)]++;
    high[key >>> DIGIT_BITS]++;
  }
}

function scatterLow(
  keys: Uint32Array,
  starts: Uint32Array,
  into: { readonly high: Uint16Array; readonly order: Uint32Array },
  from: number,
  to: number,
): void {
  const { high, order } = into;
  for (let place = from; place < to; place++) {
    const key = keys[place];
    const next = starts[key & (BUCKETS - 1)]++;
    high[next] = key >>> DIGIT_BITS;
    order[next] = place;
  }
}

function scatterHigh(
  { high, order }: { readonly high: Uint16Array; readonly order: Uint32Array },
  starts: Uint32Array,
  into: Uint32Array,
  from: number,
  to: number,
): void {
  for (let place = from; place < to; place++) into[starts[high[place]]++] = order[place];
}

/** Inserts some numbers, which are sorted by their keys, into those before them. Gives how many moves that makes in all, or gives up. */
function insert(
  values: ArrayLike<number>,
  order: Uint32Array,
  sorted: Float64Array,
  from: number,
  to: number,
  movesBefore: number,
): number {
  const most = MOVES_OF_NUMBER * order.length;
  let moves = movesBefore;
  for (let place = from; place < to && moves <= most; place++) {
    const point = order[place];
    const value = values[point];
    let into = place;
    for (; into > 0 && sorted[into - 1] > value; into--) {
      sorted[into] = sorted[into - 1];
      order[into] = order[into - 1];
    }
    sorted[into] = value;
    order[into] = point;
    moves += place - into;
  }
  return moves;
}
