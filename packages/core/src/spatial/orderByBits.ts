import { chunked, numbersChunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';
import { BUCKETS, countsToStarts, DIGIT_BITS, places } from './digits.js';

/** The order of finite numbers, however they lie: a radix sort of all their bits in six passes, of which those over equal digits are left out. */
export function* orderByBits(values: ArrayLike<number>): Task<Uint32Array> {
  const count = values.length;
  let now: SortedBits = { order: yield* places(count), ...(yield* sortableBits(values)) };
  let next: SortedBits = { order: new Uint32Array(count), high: new Uint32Array(count), low: new Uint32Array(count) };
  for (let shift = 0; shift < 64; shift += DIGIT_BITS) {
    const starts = yield* digitStarts(now.high, now.low, shift);
    if (!starts) continue;
    const [before, after] = [now, next];
    yield* chunked(count, (from, to) => scatter(before, after, starts, shift, from, to));
    [now, next] = [after, before];
  }
  return now.order;
}

interface SortedBits {
  readonly order: Uint32Array;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** Puts the numbers at some places behind those of the same digit. */
function scatter(
  { order, high, low }: SortedBits,
  into: SortedBits,
  starts: Uint32Array,
  shift: number,
  from: number,
  to: number,
): void {
  for (let place = from; place < to; place++) {
    const next = starts[digit(high[place], low[place], shift)]++;
    into.order[next] = order[place];
    into.high[next] = high[place];
    into.low[next] = low[place];
  }
}

/** Two words a number, which have as whole numbers the order that the numbers have. */
function* sortableBits(values: ArrayLike<number>): Task<Omit<SortedBits, 'order'>> {
  const count = values.length;
  // -0 + 0 is 0: both zeros are the same place.
  const numbers = yield* numbersChunked(count, (place) => values[place] + 0);
  const words = new Uint32Array(numbers.buffer);
  const highWord = new Uint8Array(Float64Array.of(-1).buffer)[7] === 0 ? 0 : 1;
  const high = new Uint32Array(count);
  const low = new Uint32Array(count);
  yield* chunked(count, (from, to) => {
    for (let place = from; place < to; place++) {
      const top = words[2 * place + highWord];
      const bottom = words[2 * place + 1 - highWord];
      // The larger the bits of a negative number, the less it is.
      const isNegative = top >>> 31 === 1;
      high[place] = isNegative ? ~top : top ^ 0x80000000;
      low[place] = isNegative ? ~bottom : bottom;
    }
  });
  return { high, low };
}

/** The digit of 11 bits that begins at a bit, counted from the least significant one of 64. */
function digit(high: number, low: number, shift: number): number {
  if (shift >= 32) return (high >>> (shift - 32)) & (BUCKETS - 1);
  if (shift + DIGIT_BITS <= 32) return (low >>> shift) & (BUCKETS - 1);
  return ((low >>> shift) | (high << (32 - shift))) & (BUCKETS - 1);
}

/** Where numbers of each digit begin; nothing where all have the same one. */
function* digitStarts(high: Uint32Array, low: Uint32Array, shift: number): Task<Uint32Array | undefined> {
  const starts = new Uint32Array(BUCKETS);
  yield* chunked(high.length, (from, to) => {
    for (let place = from; place < to; place++) starts[digit(high[place], low[place], shift)]++;
  });
  if (starts[digit(high[0], low[0], shift)] === high.length) return undefined;
  countsToStarts(starts);
  return starts;
}
