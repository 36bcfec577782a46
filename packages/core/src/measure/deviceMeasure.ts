import type { DeviceArray } from '../backend/backend.js';
import { uploadInPieces } from '../backend/uploadInPieces.js';
import type { Workspace } from '../backend/workspace.js';
import { atOnce } from '../tasks/preparing.js';
import type { Task } from '../tasks/task.js';
import { type Frame, toFrameChunked } from './frame.js';
import type { CheckedMeasure, CheckedWeights } from './measure.js';
import { normalizedWeightsOf } from './normalization.js';

/** The weights of a measure on a backend's device: all that a solver has to know of it beside the geometry. */
export interface DeviceWeights {
  /** [B, N, 1] or [N, 1] */
  readonly weights: DeviceArray;
  /** The logarithms of the weights. */
  readonly logWeights: DeviceArray;
  /** The normalised weights: over their sum. */
  readonly normalizedWeights: DeviceArray;
}

/** A measure on a backend's device, in the coordinates of a frame. */
export interface DeviceMeasure extends DeviceWeights {
  readonly count: number;
  readonly dimension: number;
  /** [B, N, D] or [N, D] */
  readonly points: DeviceArray;
}

/**
 * The logarithm that represents that of a weight of 0: so low that such a point never counts, and finite, for devices
 * whose arithmetic has no infinity.
 */
export const LOG_ZERO = -1e30;

/** The logarithms of weights, for the device. */
export const logarithms = (weights: Float64Array): Float64Array =>
  weights.map((weight) => (weight > 0 ? Math.log(weight) : LOG_ZERO));

/** The shape of an array with one entry of `size` components for each point of a measure. */
export const shapeOf = ({ batched, batch, count }: CheckedWeights, size: number): readonly number[] =>
  batched ? [batch, count, size] : [count, size];

/**
 * Uploads a measure: its points in a frame, [N, D] or [B, N, D], and its weights, their logarithms and the normalised weights, [N, 1] or [B, N, 1].
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { checkMeasure } from '@sinkhorn/core';
 * import { rawFrame, uploadMeasure, workspace } from '@sinkhorn/core/extend';
 *
 * const space = workspace(cpu());
 * const { points, weights } = uploadMeasure(space, checkMeasure('x', [[0, 0], [3, 4]]), rawFrame(2));
 * if (points.shape.join() !== '2,2' || weights.shape.join() !== '2,1') throw new Error('unexpected');
 * space.releaseAll();
 * ```
 */
export const uploadMeasure = (space: Workspace, measure: CheckedMeasure, frame: Frame): DeviceMeasure =>
  atOnce(uploadChunked(space, measure, frame));

/** The same as a task, which can be interrupted where there are many points. */
export function* uploadChunked(space: Workspace, measure: CheckedMeasure, frame: Frame): Task<DeviceMeasure> {
  const { count, dimension } = measure;
  const points = yield* uploadInPieces(space, yield* toFrameChunked(measure, frame), shapeOf(measure, dimension));
  return { count, dimension, points, ...(yield* weightsChunked(space, measure)) };
}

/** Uploads weights, their logarithms and the normalised weights, [N, 1] or [B, N, 1], as a task. */
export function* weightsChunked(space: Workspace, measure: CheckedWeights): Task<DeviceWeights> {
  const upload = (values: Float64Array) => uploadInPieces(space, values, shapeOf(measure, 1));
  return {
    weights: yield* upload(measure.weights),
    logWeights: yield* upload(logarithms(measure.weights)),
    normalizedWeights: yield* upload(normalizedWeightsOf(measure)),
  };
}
