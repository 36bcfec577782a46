import type { DeviceArray } from '../backend/backend.js';
import type { Workspace } from '../backend/workspace.js';
import { type Frame, toFrame } from './frame.js';
import type { CheckedMeasure } from './measure.js';
import { sharesOf } from './shares.js';

/** A measure on a backend's device, in the coordinates of a frame. */
export interface DeviceMeasure {
  readonly count: number;
  readonly dimension: number;
  /** [B, N, D] or [N, D] */
  readonly points: DeviceArray;
  /** [B, N, 1] or [N, 1] */
  readonly weights: DeviceArray;
  /** The logarithms of the weights. */
  readonly logWeights: DeviceArray;
  /** The weights over their sum. */
  readonly shares: DeviceArray;
}

/**
 * The logarithm that stands for that of a weight of 0: so low that such a point never counts, and finite, for devices
 * whose arithmetic has no infinity.
 */
export const LOG_ZERO = -1e30;

/** The shape of an array with one entry of `size` components for each point of a measure. */
export const shapeOf = ({ batched, batch, count }: CheckedMeasure, size: number): readonly number[] =>
  batched ? [batch, count, size] : [count, size];

/** Uploads a measure. */
export function uploadMeasure(space: Workspace, measure: CheckedMeasure, frame: Frame): DeviceMeasure {
  const { weights, count, dimension } = measure;
  const scalars = shapeOf(measure, 1);
  return {
    count,
    dimension,
    points: space.upload(toFrame(measure, frame), shapeOf(measure, dimension)),
    weights: space.upload(weights, scalars),
    logWeights: space.upload(
      weights.map((weight) => (weight > 0 ? Math.log(weight) : LOG_ZERO)),
      scalars,
    ),
    shares: space.upload(sharesOf(measure), scalars),
  };
}
