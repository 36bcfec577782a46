import { boundingBox } from '../measure/frame.js';
import type { Side } from '../measure/side.js';
import { MOST_LEVELS } from '../spatial/mortonOrder.js';
import { type SortedCloud, sortCloud } from '../spatial/sortedCloud.js';
import { chunked } from '../tasks/chunked.js';
import type { Task } from '../tasks/task.js';
import type { Weighted } from './problem.js';

/** The difference of two measures, a - b, as one cloud in Morton order. */
export interface SignedCloud {
  /** The points of both, with weights 0 or more. */
  readonly joint: SortedCloud;
  /** [N + M], in order: 1 for a point of x, -1 for one of y. */
  readonly signs: Int8Array;
  /** [N + M], in order: of a - b, so below 0 for a point of y. */
  readonly weights: Float64Array;
  /** The points of each, in the same order and over the same grid. */
  readonly sides: Readonly<Record<Side, SortedCloud>>;
}

/**
 * Sorts two clouds over one grid, fine enough to tell apart all points that its codes can. What represents cells of both is
 * then off in like ways, which cancel where the clouds are alike.
 */
export function* signedCloud(x: Weighted, y: Weighted, dimension: number): Task<SignedCloud> {
  const points = yield* joined(x.points, y.points);
  const weights = yield* joined(x.weights, y.weights);
  const width = yield* finestWidth(points, dimension);
  const joint = yield* sortCloud(points, weights, dimension, width);
  const count = x.weights.length;
  const signs = new Int8Array(joint.count);
  const signedWeights = new Float64Array(joint.count);
  yield* chunked(joint.count, (from, to) => {
    for (let place = from; place < to; place++) {
      signs[place] = joint.order[place] < count ? 1 : -1;
      signedWeights[place] = signs[place] * joint.weights[place];
    }
  });
  const sides = { x: yield* part(joint, signs, 1, 0), y: yield* part(joint, signs, -1, count) };
  return { joint, signs, weights: signedWeights, sides };
}

/** Numbers of x, and behind them those of y. */
function* joined(x: Weighted['points'], y: Weighted['points']): Task<Float64Array> {
  const both = new Float64Array(x.length + y.length);
  yield* chunked(x.length, (from, to) => both.set(x.subarray(from, to), from));
  yield* chunked(y.length, (from, to) => both.set(y.subarray(from, to), x.length + from));
  return both;
}

/** The cells of which MOST_LEVELS doublings hold all points. */
function* finestWidth(points: Float64Array, dimension: number): Task<number> {
  const { low, high } = yield* boundingBox([{ points, dimension }]);
  const extent = high.reduce((longest, value, c) => Math.max(longest, value - low[c]), 0);
  return extent > 0 ? extent * 2 ** (1 - MOST_LEVELS) : 1;
}

/** The points of one sign, their indices counted from `first`. */
function* part(joint: SortedCloud, signs: Int8Array, sign: number, first: number): Task<SortedCloud> {
  const { dimension } = joint;
  let count = 0;
  for (let place = 0; place < signs.length; place++) if (signs[place] === sign) count++;
  const cloud = {
    ...joint,
    count,
    order: new Uint32Array(count),
    upper: new Float64Array(count),
    lower: new Float64Array(count),
    points: new Float64Array(count * dimension),
    weights: new Float64Array(count),
  };
  let to = 0;
  yield* chunked(joint.count, (from, end) => {
    for (let place = from; place < end; place++) {
      if (signs[place] !== sign) continue;
      cloud.order[to] = joint.order[place] - first;
      cloud.upper[to] = joint.upper[place];
      cloud.lower[to] = joint.lower[place];
      cloud.weights[to] = joint.weights[place];
      for (let c = 0; c < dimension; c++) cloud.points[to * dimension + c] = joint.points[place * dimension + c];
      to++;
    }
  });
  return cloud;
}
