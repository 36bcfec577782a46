import { type CheckedMeasure, checkMeasure, InvalidMeasureError, type Measure } from '@sinkhorn/core';
import type { CallOptions } from '@sinkhorn/losses';
import type { Cloud } from './cloud.js';
import { type LinearMap, mapPoints } from './linearMap.js';
import { type CheckedRegistration, sampled } from './options.js';
import { pull, reachAt } from './pull.js';

/** What points of the source belong to, at the end. */
export interface Correspondences {
  /** [N, D]: where each point's partner is, on average. A point without one stays where it was moved to. */
  readonly partners: Float64Array;
  /** [N]: the share of each point that has a partner within reach, 1 where nothing is left out. */
  readonly matched: Float64Array;
}

/** What every registration gives. */
export interface Registration {
  /** [N, D]: all points of the source, moved. */
  readonly points: Float64Array;
  /** How far points are from their partners in the end: the root of the mean square, in units of the coordinates. */
  readonly residual: number;
  /** The share of the source that has a partner within reach; 1 where nothing is left out. */
  readonly matched: number;
  /** The blurs of the first and the last step, as lengths. */
  readonly blur: { readonly from: number; readonly to: number };
  /** Other points, [K, D], moved like the source. */
  apply(points: Measure): Promise<Float64Array>;
  /** Partners of all points of the source, computed when asked for. */
  correspondences(options?: CallOptions): Promise<Correspondences>;
}

/** The results of a registration by one map. */
export async function registrationOf(checked: CheckedRegistration, map: LinearMap): Promise<Registration> {
  const { whole, source } = checked;
  return resultOf(checked, {
    points: mapPoints(map, whole.points),
    sample: mapPoints(map, source.points),
    apply: async (points) => mapPoints(map, points),
  });
}

/** What a registration moved: all points, and those that it looked at. */
export interface Moved {
  readonly points: Float64Array;
  readonly sample: Float64Array;
  apply(points: ArrayLike<number>): Promise<Float64Array>;
}

/** The results of a registration, by where it moved points to. */
export async function resultOf(checked: CheckedRegistration, moved: Moved): Promise<Registration> {
  const { backend, whole, source, target, reach, blurs, run } = checked;
  const { dimension } = whole;
  const last = blurs[blurs.length - 1];
  const optionsFor = (signal: CallOptions['signal']) => ({ backend, blur: last, reach: reachAt(last, reach), signal });
  run.onProgress?.({ stage: 'measuring', share: 0 });
  const { shifts, masses } = await pull({ ...source, points: moved.sample }, target, optionsFor(run.signal));
  const taken = masses.reduce((sum, mass) => sum + mass, 0);
  let square = 0;
  shifts.forEach((shift, k) => {
    square += masses[Math.floor(k / dimension)] * shift ** 2;
  });
  return {
    points: moved.points,
    residual: taken > 0 ? Math.sqrt(square / taken) : Number.POSITIVE_INFINITY,
    matched: reach === undefined ? 1 : Math.min(1, taken),
    blur: { from: blurs[0], to: last },
    async apply(points) {
      const checkedPoints = checkMeasure('points', points);
      if (checkedPoints.dimension !== dimension || checkedPoints.batched) {
        throw new InvalidMeasureError(
          `points have dimension ${checkedPoints.dimension}: give points of dimension ${dimension}, as the source has`,
        );
      }
      return moved.apply(checkedPoints.points);
    },
    async correspondences({ signal } = {}) {
      const all: Cloud = { points: moved.points, weights: sharesOf(whole), dimension };
      const found = await pull(all, target, optionsFor(signal));
      return {
        partners: moved.points.map((value, k) => value + found.shifts[k]),
        matched: found.masses.map((mass, i) => (all.weights[i] > 0 ? Math.min(1, mass / all.weights[i]) : 0)),
      };
    },
  };
}

const sharesOf = (measure: CheckedMeasure): Float64Array => sampled(measure, measure.count, 0).weights;
