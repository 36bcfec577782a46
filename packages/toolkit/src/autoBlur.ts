import type { CheckedMeasure } from '@sinkhorn/core';
import { drawBelow, drawsFrom } from '@sinkhorn/core/random';

/** A blur that nobody had to choose, and how it was found. */
export interface FoundBlur {
  /** A length, in units of the coordinates. */
  readonly blur: number;
  /** The rule in words, for people. */
  readonly rule: string;
}

/** Points of both clouds whose distances are looked at: some 80,000 distances give the median to a percent. */
const MOST_POINTS = 400;

/**
 * The toolkit's rule for a blur: a share of the median distance between two points of all clouds put together. For kernels the share is
 * 1, the median heuristic (Gretton et al. 2012, section 8); for transport it is a tenth. Few outliers do not move a median, and a
 * unit of length moves the blur along.
 *
 * Where there are more than 400 points, as many are drawn by the seed 0. Where more than half of the distances are 0 the median of the
 * others is taken, and where all points coincide the blur is 1, as any gives the same.
 */
export function autoBlur(clouds: readonly CheckedMeasure[], share: number): FoundBlur {
  const points = drawn(clouds);
  const lengths: number[] = [];
  for (let i = 0; i < points.length; i++) {
    for (let j = 0; j < i; j++) {
      const length = distance(points[i], points[j]);
      if (length > 0) lengths.push(length);
    }
  }
  if (lengths.length === 0) return { blur: 1, rule: '1, as all points coincide' };
  const pairs = (points.length * (points.length - 1)) / 2;
  const some = 2 * lengths.length < pairs;
  const all = some ? lengths : [...lengths, ...new Array<number>(pairs - lengths.length).fill(0)];
  const median = medianOf(all);
  const what = `the median ${some ? 'of the distances above 0' : 'distance'} between points`;
  return { blur: share * median, rule: share === 1 ? what : `${share} of ${what}` };
}

function drawn(clouds: readonly CheckedMeasure[]): readonly (Float32Array | Float64Array)[] {
  // Points that have weight, by their place among all.
  const heavy = new Uint32Array(clouds.reduce((sum, { weights }) => sum + weights.length, 0));
  let found = 0;
  let first = 0;
  for (const { weights } of clouds) {
    for (let index = 0; index < weights.length; index++) if (weights[index] > 0) heavy[found++] = first + index;
    first += weights.length;
  }
  const draw = drawsFrom(0);
  const count = Math.min(MOST_POINTS, found);
  for (let k = 0; k < count && found > MOST_POINTS; k++) {
    const other = k + drawBelow(found - k, draw);
    [heavy[k], heavy[other]] = [heavy[other], heavy[k]];
  }
  return Array.from(heavy.subarray(0, count), (place) => pointAt(clouds, place));
}

function pointAt(clouds: readonly CheckedMeasure[], place: number): Float32Array | Float64Array {
  let index = place;
  for (const { points, weights, dimension } of clouds) {
    if (index < weights.length) return points.subarray(index * dimension, (index + 1) * dimension);
    index -= weights.length;
  }
  throw new RangeError(`there is no point ${place}`);
}

function distance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let square = 0;
  for (let d = 0; d < x.length; d++) square += (x[d] - y[d]) ** 2;
  return Math.sqrt(square);
}

function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
