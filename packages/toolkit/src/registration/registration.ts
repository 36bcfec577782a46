import { type CheckedMeasure, checkMeasure, InvalidMeasureError, type Measure } from '@sinkhorn/core';
import type { CallOptions } from '@sinkhorn/losses';
import { shownNumber } from '../shownNumber.js';
import { shaped } from './closestPoints.js';
import { type Cloud, halvesOf, thinned } from './cloud.js';
import { identityMap, type LinearMap, mapPoints } from './linearMap.js';
import { type CheckedRegistration, sampled } from './options.js';
import { LOOKED_AT, type Overlap, overlapOf, widthOf } from './overlap.js';
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
  /** What speaks against the result, a sentence each: clouds that lie off each other, another way that fits as well. Empty where nothing does. */
  readonly doubts: readonly string[];
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
export async function registrationOf(
  checked: CheckedRegistration,
  map: LinearMap,
  doubts: readonly string[],
): Promise<Registration> {
  const { whole, source } = checked;
  return resultOf(checked, {
    points: mapPoints(map, whole.points),
    sample: mapPoints(map, source.points),
    apply: async (points) => mapPoints(map, points),
    doubts,
  });
}

/** What a registration moved: all points, and those that it looked at. */
export interface Moved {
  readonly points: Float64Array;
  readonly sample: Float64Array;
  /** What speaks against it, beside its residual. */
  readonly doubts: readonly string[];
  apply(points: ArrayLike<number>): Promise<Float64Array>;
}

/** The results of a registration, by where it moved points to. */
export async function resultOf(checked: CheckedRegistration, moved: Moved): Promise<Registration> {
  const { backend, whole, source, target, reach, blurs, run } = checked;
  const { dimension } = whole;
  const last = blurs[blurs.length - 1];
  const optionsFor = (signal: CallOptions['signal']) => ({ backend, blur: last, reach: reachAt(last, reach), signal });
  run.onProgress?.({ stage: 'measuring', share: 0 });
  const there = { ...source, points: moved.sample };
  const found = await pull(there, target, optionsFor(run.signal));
  const [even, odd] = halvesOf(target);
  const halves = odd.weights.length > 0 ? await pull(even, odd, optionsFor(run.signal)) : undefined;
  const width = widthOf(checked);
  const looked = (here: Cloud, other: Cloud) =>
    overlapOf(shaped(thinned(here, LOOKED_AT)), shaped(thinned(other, LOOKED_AT)), identityMap(dimension), width);
  const overlap = looked(there, target);
  const ofHalves = halves ? looked(even, odd) : undefined;
  const figures = {
    residual: lengthOf(found),
    residualByChance: halves ? lengthOf(halves) : 0,
    matched: reach === undefined ? 1 : Math.min(1, sumOf(found.masses)),
  };
  return {
    points: moved.points,
    ...figures,
    doubts: [
      ...(ofHalves ? overlapDoubts(overlap, ofHalves, width, last) : []),
      ...matchDoubts(figures),
      ...moved.doubts,
    ],
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

/** Clouds that lie off each other by this much more than halves of the target do, as a share of a miss, and by more than samples tell, are doubted. */
const OFF = 0.1;
/** By how many standard errors more. */
const CERTAIN = 3;
/** Clouds that share less than this part of both are doubted: where most of both has no counterpart, what is left may lie on each other anywhere. */
const SHARED = 0.5;
/** With less than this share matched, whether the rest is rightly left out is not to be seen. Chosen, not measured. */
const LEAST_MATCHED = 0.3;
/**
 * Clouds that lie off each other's surfaces by so many times what halves of the target do are doubted: true maps have about 1. Lowering
 * it doubts more. Chosen on parts of made shapes, of which `pnpm bench registrations` has some.
 */
const OFF_SURFACE = 1.8;
/** So far off, in blurs, is within what a registration leaves: flat things have nothing else. Chosen, not measured. */
const SLIGHTLY = 0.2;

/** What is said where clouds do not lie on each other as two halves of the target do. Residuals tell less: they grow where one is denser than the other. */
function overlapDoubts(found: Overlap, halves: Overlap, width: number, blur: number): string[] {
  const doubts: string[] = [];
  if (found.offAtMedian > Math.max(OFF_SURFACE * halves.offAtMedian, SLIGHTLY * blur)) {
    doubts.push(
      `The source may lie across the target: its points are ${shownNumber(found.offAtMedian)} off the surface at the median, those of two halves of the target ${shownNumber(halves.offAtMedian)}. Where only parts are shared, turn the source roughly to the right side first, or give a shorter reach.`,
    );
  }
  const more = found.off - halves.off;
  if (more > OFF && more > CERTAIN * Math.hypot(found.offError, halves.offError)) {
    const [its, usual] = [found, halves].map(({ off }) => shownNumber(width * Math.sqrt(off)));
    doubts.push(
      `The source may not lie on the target: where they are near, they are ${its} off each other's surface, two halves of the target ${usual}. For parts that the other lacks give a reach; a start too far off needs a turn by hand.`,
    );
  }
  if (found.shared < SHARED) {
    doubts.push(
      `The source may not lie on the target: ${shownNumber(100 * (1 - found.shared))} % of the two are where the other has nothing. For parts that the other lacks give a reach; a start too far off needs a turn by hand.`,
    );
  }
  return doubts;
}

/** What is said where little finds a partner. */
function matchDoubts({ matched }: Pick<Registration, 'matched'>): string[] {
  if (matched >= LEAST_MATCHED) return [];
  return [
    `Only ${shownNumber(100 * matched)} % of the source found a partner within reach: give a longer reach, or bring the source nearer.`,
  ];
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
