import { type CheckedMeasure, checkMeasure, InvalidMeasureError, type Measure } from '@sinkhorn/core';
import type { CallOptions } from '@sinkhorn/losses';
import { type Cloud, halvesOf } from './cloud.js';
import { type LinearMap, mapPoints } from './linearMap.js';
import { type CheckedRegistration, sampled } from './options.js';
import { type Pull, pull, reachAt } from './pull.js';

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
  /**
   * The same of two halves of the target, which belong together: what points that lie anywhere on one thing leave. A `residual` far above
   * it says that the source does not lie on the target; 0 where the target has one point alone.
   */
  readonly residualByChance: number;
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
  const found = await pull({ ...source, points: moved.sample }, target, optionsFor(run.signal));
  const [even, odd] = halvesOf(target);
  const halves = odd.weights.length > 0 ? await pull(even, odd, optionsFor(run.signal)) : undefined;
  return {
    points: moved.points,
    residual: lengthOf(found),
    residualByChance: halves ? lengthOf(halves) : 0,
    matched: reach === undefined ? 1 : Math.min(1, sumOf(found.masses)),
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

const sumOf = (masses: Float64Array): number => masses.reduce((sum, mass) => sum + mass, 0);

/** The root of the mean squared shift of what finds a partner. */
function lengthOf({ shifts, masses }: Pull): number {
  const dimension = shifts.length / masses.length;
  const taken = sumOf(masses);
  const square = shifts.reduce((sum, shift, k) => sum + masses[Math.floor(k / dimension)] * shift ** 2, 0);
  return taken > 0 ? Math.sqrt(square / taken) : Number.POSITIVE_INFINITY;
}

const sharesOf = (measure: CheckedMeasure): Float64Array => sampled(measure, measure.count, 0).weights;
