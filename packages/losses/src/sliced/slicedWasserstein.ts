import { InvalidOptionError, type RunOptions, runAsync, runSync, type Task } from '@sinkhorn/core';
import { type Directions, drawDirections, maxSliced, type StartSliceThreads, solveSliced } from '@sinkhorn/core/sliced';
import { checkBoolean, checkNames } from '../checkOptions.js';
import { exactEngine } from '../exact/exactEngine.js';
import type { Loss } from '../loss.js';
import { makeLoss } from '../makeLoss.js';
import { type NormalizeOptions, pairWithNormalizedWeights } from '../normalized.js';
import type { Solution } from '../solution.js';

export interface SlicedWassersteinOptions extends NormalizeOptions {
  /** The exponent: the cost along each direction is |d|^p / p, for any p of 1 or more. Default 2. */
  readonly p?: number;
  /** How many directions to draw, or the directions themselves: unit vectors [L, D], flat. Default 128. */
  readonly directions?: number | ArrayLike<number>;
  /** A whole number: the same directions are drawn for the same one. Default 0. */
  readonly seed?: number;
  /**
   * Whether directions are drawn in blocks that are orthogonal, and in the plane are equally spaced angles: errors are several times less
   * than those of independent ones. Default true.
   */
  readonly orthogonal?: boolean;
  /**
   * On how many threads methods that return a promise work: workers, which start with the first call and end half a minute after the last
   * one. Results are the same to the last bit for any number. Sync methods work on the calling thread alone. Default 1.
   */
  readonly threads?: number;
}

/** The direction along which transport is largest, as far as it was found. */
export interface MaxSlice {
  /** A number, or for a batch one for each element. */
  readonly value: number | Float64Array;
  /** [D], or [B, D]. */
  readonly direction: Float64Array;
}

/** A sliced distance, computed. */
export interface SlicedSolution extends Solution {
  /**
   * How far the value is from the mean over the whole sphere, as a standard deviation: of independent directions or blocks of them. For
   * equally spaced angles it is that of as many independent ones, which is more than their error. 0 on the line, where there is one
   * direction, and Infinity where a single one was used in more dimensions, for which nothing is known. A number, or for a batch one for
   * each element.
   */
  readonly standardError: number | Float64Array;
  /** The directions that were used, [L, D]. */
  readonly directions: Float64Array;
  /** What the value is the mean of: [L], or [B, L]. */
  readonly perDirection: Float64Array;
  /** How many threads it took: 1 also where workers do not start, as in a bundle without their scripts. */
  readonly threads: number;
  /** Climbs from the best of the directions to a local maximum: a lower bound of the largest value along any direction. */
  max(options?: RunOptions): Promise<MaxSlice>;
  maxSync(): MaxSlice;
}

/** Lengths of given directions may be rounded to float32. */
const UNIT = 1e-6;
/** More are a slip. */
const MOST_THREADS = 64;

/** Threads for all calls of a loss, and what starts them once there is a call. */
function onThreads(count: number): StartSliceThreads {
  let start: Promise<StartSliceThreads> | undefined;
  return async (problem) => {
    start ??= import('./threads/sliceThreads.js').then(({ sliceThreads }) => sliceThreads(count));
    return (await start)(problem);
  };
}

/**
 * Sliced transport in any dimension: the mean over directions theta of the exact transport of what is projected on them,
 * min over plans of sum_ij pi_ij |<x_i - y_j, theta>|^p / p. It takes L (N log N + N D) on the host in float64, visits no pairs, and needs
 * no backend.
 *
 * There is neither a root nor a factor in the value: a translation by v costs |v|^2 / (2 D) for p = 2, and the sliced Wasserstein distance
 * SW_p of Bonneel, Rabin, Peyré and Pfister (2015), as POT and OTT state it, is (p value)^(1 / p). Masses must agree, or `normalize`
 * compares shares. Errors in diagnostics are those of the mean over these directions; `standardError` is that of the directions.
 *
 * @throws InvalidOptionError when an option is unknown or out of range; calls throw InvalidMeasureError for unequal masses, and
 * InvalidOptionError where given directions do not fit the points.
 *
 * @example
 * ```ts
 * import { slicedWasserstein } from '@sinkhorn/losses/sliced';
 *
 * const x = [[0, 0, 0], [1, 0, 2], [0, 3, 1]];
 * const y = x.map(([a, b, c]) => [a + 3, b, c]);
 * const { value, standardError, directions } = await slicedWasserstein({ p: 2, directions: 30 }).solve(x, y);
 * if (Math.abs(value - 9 / 6) > 1e-12 || Number(standardError) > 1e-12) throw new Error('orthogonal directions are exact for a translation');
 * if (directions.length !== 90) throw new Error('unexpected');
 * ```
 */
export function slicedWasserstein(options: SlicedWassersteinOptions = {}): Loss<SlicedSolution> {
  checkNames('slicedWasserstein', options, ['p', 'directions', 'seed', 'orthogonal', 'threads', 'normalize']);
  const { p = 2, normalize = false, threads = 1 } = options;
  if (!Number.isFinite(p) || p < 1) throw new InvalidOptionError(`p is ${p}: give a finite number, 1 or more`);
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new InvalidOptionError(`threads is ${threads}: give a whole number from 1 to ${MOST_THREADS}`);
  }
  const startThreads = threads > 1 ? onThreads(threads) : undefined;
  const directionsIn = checkDirections(options);
  const engine = exactEngine('slicedWasserstein', options, 'each direction sorts its points', function* (pair, wrt) {
    const directions = directionsIn(pair.x.dimension);
    return { ...(yield* solveSliced(pair, { p }, directions, wrt, startThreads)), directions: directions.vectors };
  });
  return makeLoss(engine, (solution, { pair, result: { transport } }): SlicedSolution => {
    const { standardErrors, perDirection, directions, threads } = transport;
    const { batch, batched, dimension } = pair.x;
    const climb = function* (): Task<MaxSlice> {
      const count = directions.length / dimension;
      const starts = new Float64Array(batch * dimension);
      for (let element = 0; element < batch; element++) {
        const values = perDirection.subarray(element * count, (element + 1) * count);
        const best = values.reduce((most, value, l) => (value > values[most] ? l : most), 0);
        starts.set(directions.subarray(best * dimension, (best + 1) * dimension), element * dimension);
      }
      const found = yield* maxSliced(normalize ? pairWithNormalizedWeights(pair) : pair, { p }, starts);
      return { value: batched ? found.values : found.values[0], direction: found.directions };
    };
    return Object.assign(solution, {
      standardError: batched ? standardErrors : standardErrors[0],
      directions: directions.slice(),
      perDirection,
      threads,
      max: (run?: RunOptions) => runAsync(climb(), run),
      maxSync: () => runSync(climb()),
    });
  });
}

/** The directions for a dimension, drawn when first asked for. */
function checkDirections(options: SlicedWassersteinOptions): (dimension: number) => Directions {
  const { directions = 128, seed = 0, orthogonal = true } = options;
  checkBoolean('orthogonal', orthogonal);
  if (!Number.isSafeInteger(seed)) throw new InvalidOptionError(`seed is ${seed}: give a whole number`);
  if (typeof directions === 'number') {
    if (!Number.isInteger(directions) || directions < 1) {
      throw new InvalidOptionError(`directions is ${directions}: give a whole number, 1 or more, or unit vectors`);
    }
    const drawn = new Map<number, Directions>();
    return (dimension) => {
      const known = drawn.get(dimension) ?? drawDirections(dimension, directions, seed, orthogonal);
      drawn.set(dimension, known);
      return known;
    };
  }
  if (options.seed !== undefined || options.orthogonal !== undefined) {
    throw new InvalidOptionError(
      'seed and orthogonal are for directions that are drawn: leave them out where directions are given',
    );
  }
  if (typeof directions?.length !== 'number' || typeof directions !== 'object') {
    throw new InvalidOptionError(
      `directions is ${String(directions)}: give a whole number, 1 or more, or unit vectors, flat`,
    );
  }
  // The caller may go on to change its array.
  const vectors = Float64Array.from(directions);
  if (vectors.length === 0) throw new InvalidOptionError('directions is empty: give one unit vector or more, flat');
  return (dimension) => {
    if (vectors.length % dimension !== 0) {
      throw new InvalidOptionError(
        `directions has ${vectors.length} numbers, not a multiple of the ${dimension} coordinates of points: give unit vectors, flat`,
      );
    }
    for (let l = 0; l < vectors.length / dimension; l++) {
      const length = Math.hypot(...vectors.subarray(l * dimension, (l + 1) * dimension));
      if (Math.abs(length - 1) <= UNIT) continue;
      throw new InvalidOptionError(`directions: number ${l} has length ${length}: divide it by that`);
    }
    return { vectors, block: 1 };
  };
}
