import { boundingBox } from '../measure/frame.js';
import { chunked } from '../tasks/chunked.js';
import { report, type Task } from '../tasks/task.js';
import { gathered } from './gathered.js';
import { MOST_LEVELS, type MortonOrder, mortonOrder, SCATTERED_AT_ONCE } from './mortonOrder.js';

/** A weighted cloud in Morton order, over a grid of cells from its own lowest corner. */
export interface SortedCloud extends MortonOrder {
  readonly count: number;
  /** [N, D], in order. */
  readonly points: Float64Array;
  /** [N], in order. */
  readonly weights: Float64Array;
  /** [D]: the lowest corner of the grid. */
  readonly low: Float64Array;
  /** Width of the grid's cells. */
  readonly width: number;
  /** Doublings of these cells until one of them holds the whole cloud. */
  readonly levels: number;
}

/**
 * Doublings of the finest cells that there are at least: however small a cloud is against the width that was asked for, cells half, a
 * quarter and an eighth as wide as it are at hand. Estimates of errors take two.
 */
const LEAST_LEVELS = 3;
/** A cloud smaller than half of the width so often halved is as good as a point: float64 has 53 bits. */
const LEAST_DOUBLINGS = -50;

/**
 * Sorts a cloud over a grid of cells of a given width, or of one that is so often halved or doubled that the doublings up
 * to the whole cloud are neither too few nor more than can be counted. `halvings` says how often cells may be halved.
 *
 * The grid starts at the cloud's own corner: a cloud and its copy moved elsewhere fall into the same cells, so that
 * the errors that cells make cancel in what is compared.
 */
export function* sortCloud(
  points: Float32Array | Float64Array,
  weights: Float64Array,
  dimension: number,
  width: number,
  halvings = 0,
): Task<SortedCloud> {
  yield* report({ stage: 'sorting' });
  const count = weights.length;
  const { low, high } = yield* boundingBox([{ points, dimension }]);
  const extent = high.reduce((longest, value, c) => Math.max(longest, value - low[c]), 0);
  const doublings = extent > 0 ? Math.max(LEAST_DOUBLINGS, Math.floor(Math.log2(extent / width)) + 1) : 0;
  const levels = extent > 0 ? Math.min(Math.max(doublings, LEAST_LEVELS), MOST_LEVELS - halvings) : 0;
  const finest = width * 2 ** (doublings - levels);
  const sorted = yield* mortonOrder(points, dimension, low, finest, halvings);
  const arranged = yield* gathered(points, sorted.order, dimension);
  const arrangedWeights = yield* gathered(weights, sorted.order, 1);
  return { ...sorted, count, points: arranged, weights: arrangedWeights, low, width: finest, levels };
}

/** Numbers of a cloud's points, `size` each, back in the order that the points came in. */
export function* unsorted(
  { order }: MortonOrder,
  values: ArrayLike<number>,
  size: number,
  into: Float64Array,
  from = 0,
): Task<void> {
  const put = (first: number, end: number) => {
    for (let k = first; k < end; k++) {
      const index = order[from + k];
      for (let c = 0; c < size; c++) into[index * size + c] = values[k * size + c];
    }
  };
  yield* chunked(values.length / size, put, SCATTERED_AT_ONCE);
}
