/**
 * Numbers of a point that one reduction sums at most: kernels for more take longer to compile than to run. Raising it makes fewer passes
 * and longer kernels: with 64 the first call with 1000 values took half the time on wasm that one kernel of 1000 did.
 */
const WIDEST = 64;

/** A part of the numbers that every point has: `width` of them from `start` on, of which those past the last one are 0. */
export interface ValueBlock {
  readonly start: number;
  readonly width: number;
}

/** As few parts of at most WIDEST numbers as there can be, all of one width, so that one kernel serves them all. */
export function valueBlocks(size: number): readonly ValueBlock[] {
  const count = Math.ceil(size / WIDEST);
  const width = Math.ceil(size / count);
  return Array.from({ length: count }, (_, k) => ({ start: k * width, width }));
}

/** A part of values [N, size], as [N, width]. */
export function takeBlock(values: ArrayLike<number>, size: number, { start, width }: ValueBlock): ArrayLike<number> {
  if (width === size) return values;
  const taken = new Float64Array((values.length / size) * width);
  const end = Math.min(width, size - start);
  for (let from = start, to = 0; to < taken.length; from += size, to += width) {
    for (let c = 0; c < end; c++) taken[to + c] = values[from + c];
  }
  return taken;
}

/** Puts a part of values [N, size] back where it was taken. */
export function putBlock(
  into: Float64Array,
  size: number,
  { start, width }: ValueBlock,
  values: ArrayLike<number>,
): void {
  const end = Math.min(width, size - start);
  for (let from = 0, to = start; from < values.length; from += width, to += size) {
    for (let c = 0; c < end; c++) into[to + c] = values[from + c];
  }
}
