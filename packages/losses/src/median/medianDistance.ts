import { checkMeasure, checkPair, InvalidOptionError, type Measure, type MeasurePair } from '@sinkhorn/core';
import { drawsFrom } from '@sinkhorn/core/random';
import { checkNames } from '../checkOptions.js';

export interface MedianDistanceOptions {
  /** Pairs that are drawn at most. Default 4096, which leaves some 2 percent of the distances' spread. */
  readonly samples?: number;
  /** What draws depend on: a whole number. Default 0. */
  readonly seed?: number;
}

/** Pairs that are drawn: the median is then within about 2 % of ranks of the true one. */
const DEFAULT_SAMPLES = 4096;

/**
 * The median distance |x - y| between a point of x and one of y, drawn by their weights: a length scale for `blur`. Where there are no
 * more pairs than samples it is that of all pairs, else of seeded draws, the same for the same seed. A batch has one over all its elements.
 *
 * @throws InvalidMeasureError where a measure cannot be used or both do not go together; InvalidOptionError for samples or a seed that are
 * no whole numbers.
 *
 * @example
 * ```ts
 * import { medianDistance } from '@sinkhorn/losses/median';
 *
 * if (medianDistance([[0, 0], [0, 0], [3, 4]], [[0, 0]]) !== 0) throw new Error('unexpected');
 * if (medianDistance([[0, 0], [3, 4], [3, 4]], [[0, 0]]) !== 5) throw new Error('unexpected');
 * ```
 */
export function medianDistance(x: Measure, y: Measure, options: MedianDistanceOptions = {}): number {
  checkNames('medianDistance', options, ['samples', 'seed']);
  const { samples = DEFAULT_SAMPLES, seed = 0 } = options;
  if (!Number.isSafeInteger(samples) || samples < 1) {
    throw new InvalidOptionError(`samples is ${samples}: give a whole number, 1 or more`);
  }
  if (!Number.isSafeInteger(seed)) throw new InvalidOptionError(`seed is ${seed}: give a whole number`);
  const pair = { x: checkMeasure('x', x), y: checkMeasure('y', y) };
  checkPair(pair);
  return medianOf(pair, samples, seed);
}

/** The same of measures that were checked. */
export function medianOf({ x, y }: MeasurePair, samples = DEFAULT_SAMPLES, seed = 0): number {
  const { dimension, batch } = x;
  const distance = (i: number, j: number): number => {
    let squares = 0;
    for (let c = 0; c < dimension; c++) squares += (x.points[i * dimension + c] - y.points[j * dimension + c]) ** 2;
    return Math.sqrt(squares);
  };
  const found: { readonly length: number; readonly weight: number }[] = [];
  if (batch * x.count * y.count <= samples) {
    for (let i = 0; i < batch * x.count; i++) {
      const element = Math.floor(i / x.count);
      for (let j = element * y.count; j < (element + 1) * y.count; j++) {
        const weight = (x.weights[i] / x.masses[element]) * (y.weights[j] / y.masses[element]);
        if (weight > 0) found.push({ length: distance(i, j), weight });
      }
    }
  } else {
    const draw = drawsFrom(seed);
    const [sumsX, sumsY] = [x, y].map(({ weights }) => runningSums(weights));
    const drawn = (sums: Float64Array, from: number, count: number) => {
      const before = from === 0 ? 0 : sums[from - 1];
      return placeOf(sums, before + (draw() / 2 ** 32) * (sums[from + count - 1] - before), from, from + count - 1);
    };
    for (let k = 0; k < samples; k++) {
      const element = k % batch;
      const i = drawn(sumsX, element * x.count, x.count);
      found.push({ length: distance(i, drawn(sumsY, element * y.count, y.count)), weight: 1 });
    }
  }
  found.sort((one, two) => one.length - two.length);
  const half = found.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let passed = 0;
  for (const { length, weight } of found) {
    passed += weight;
    if (passed >= half * (1 - 1e-12)) return length;
  }
  return 0;
}

function runningSums(weights: Float64Array): Float64Array {
  let total = 0;
  return weights.map((weight) => {
    total += weight;
    return total;
  });
}

/** The first place whose running sum is above a number. */
function placeOf(sums: Float64Array, above: number, first: number, last: number): number {
  let [low, high] = [first, last];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > above) high = middle;
    else low = middle + 1;
  }
  return low;
}
