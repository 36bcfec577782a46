import { atOnce, preparingChunked } from '../tasks/preparing.js';
import type { Task } from '../tasks/task.js';
import type { Domain } from './domain.js';

/** The coordinates a computation is done in: (point - centre) / scale. */
export interface Frame {
  readonly centre: Float64Array;
  readonly scale: number;
}

export interface BoundingBox {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** The smallest box around all points of clouds. */
export function* boundingBox(domains: readonly Domain[]): Task<BoundingBox> {
  const { dimension } = domains[0];
  const low = new Float64Array(dimension).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(dimension).fill(Number.NEGATIVE_INFINITY);
  for (const domain of domains) {
    const points = domain.spanning ?? domain.points;
    const enclose = (from: number, to: number) => {
      for (let index = from * dimension; index < to * dimension; index += dimension) {
        for (let c = 0; c < dimension; c++) {
          const coordinate = points[index + c];
          if (coordinate < low[c]) low[c] = coordinate;
          if (coordinate > high[c]) high[c] = coordinate;
        }
      }
    };
    yield* preparingChunked(points.length / dimension, enclose, dimension);
  }
  return { low, high };
}

/** Length of the diagonal of the bounding box over clouds, and over the elements of their batches; of `box` where that is known. */
export function diameter(domains: readonly Domain[], box = atOnce(boundingBox(domains))): number {
  const { low, high } = box;
  return high.reduce((length, value, c) => Math.hypot(length, value - low[c]), 0);
}

/**
 * The frame in which clouds fill the unit box around 0: float32 has most digits there. `box` is theirs, where it is known.
 *
 * @example
 * ```ts
 * import { checkMeasure } from '@sinkhorn/core';
 * import { unitFrame } from '@sinkhorn/core/extend';
 *
 * const { centre, scale } = unitFrame([checkMeasure('x', [[0, 0], [8, 4]])]);
 * if (centre.join() !== '4,2' || scale !== 8) throw new Error('unexpected');
 * ```
 */
export function unitFrame(domains: readonly Domain[], box = atOnce(boundingBox(domains))): Frame {
  const { low, high } = box;
  const scale = high.reduce((largest, value, c) => Math.max(largest, value - low[c]), 0);
  return { centre: low.map((value, c) => value + (high[c] - value) / 2), scale: scale > 0 ? scale : 1 };
}

/**
 * The frame that leaves coordinates as they are.
 *
 * @example
 * ```ts
 * import { rawFrame } from '@sinkhorn/core/extend';
 *
 * if (rawFrame(2).scale !== 1) throw new Error('unexpected');
 * ```
 */
export const rawFrame = (dimension: number): Frame => ({ centre: new Float64Array(dimension), scale: 1 });

/** A domain's points in a frame. */
export const toFrame = (domain: Domain, frame: Frame): Float32Array | Float64Array =>
  atOnce(toFrameChunked(domain, frame));

/** The same as a task, which can be interrupted where there are many points. */
export function* toFrameChunked(
  { points, dimension }: Domain,
  { centre, scale }: Frame,
): Task<Float32Array | Float64Array> {
  if (scale === 1 && centre.every((value) => value === 0)) return points;
  const moved = new Float64Array(points.length);
  const move = (from: number, to: number) => {
    for (let index = from * dimension; index < to * dimension; index += dimension) {
      for (let c = 0; c < dimension; c++) moved[index + c] = (points[index + c] - centre[c]) / scale;
    }
  };
  yield* preparingChunked(points.length / dimension, move, dimension);
  return moved;
}
