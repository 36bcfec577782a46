import { runAsync } from '@sinkhorn/core';
import { nearestPairs, type ShapedCloud } from './closestPoints.js';
import type { Cloud } from './cloud.js';
import { localShape } from './localShape.js';
import type { CheckedRegistration } from './options.js';
import { pull, reachAt } from './pull.js';
import { fieldAt, fitField, type Sightings, type SmoothField } from './smoothField.js';

/** A bend of a source: the coefficients of its field, and how far each point moves, [N, D]. */
export interface Bend {
  readonly coefficients: Float64Array;
  readonly ways: Float64Array;
}

/** What bends go by. */
export interface Bending extends Pick<CheckedRegistration, 'backend' | 'reach' | 'blurs' | 'run' | 'onStep'> {
  /** The source where it begins. */
  readonly source: Cloud;
  readonly target: ShapedCloud;
  readonly field: SmoothField;
  /** The features of the source. */
  readonly features: Float64Array;
  /** How far a smoother bend moved each point, where there was one. */
  readonly start?: Float64Array;
}

/**
 * The reach of transport in a step, in blurs. Samples differ in how dense they are, and with all mass to be moved bends follow that: raising it lets
 * more of it in, and lowering it leaves out what has to move far. Chosen among 1.4, 2 and 3 on made bends; `pnpm bench registrations` has such.
 */
const NEAR = 1.4;

/**
 * How surely a partner is known along the surface or curve it lies on, of how surely across: samples lie anywhere along it. With none points slide, and
 * with much they go to partners that are none. Chosen among .01, .1 and .3 on made bends, where it hardly mattered.
 */
const ALONG = 0.1;

/**
 * The bend by transport at each of the blurs, one step each, and where the first step took points. Without a start that one looks at everything, and so
 * brings clouds together that lie apart.
 */
export async function bendByTransport(
  bending: Bending,
): Promise<{ readonly bend: Bend; readonly first: Bend } | undefined> {
  const { backend, source, target, reach, blurs, run, onStep, start } = bending;
  const { dimension } = source;
  let bend: Bend | undefined;
  let first: Bend | undefined;
  for (const [step, blur] of blurs.entries()) {
    const progress = { stage: 'bending', share: step / (2 * blurs.length) };
    run.onProgress?.(progress);
    const ways = bend?.ways ?? start;
    const points = ways ? source.points.map((value, k) => value + ways[k]) : source.points;
    const cloud: Cloud = { ...source, points };
    const near = ways ? Math.min(NEAR * blur, reach ?? Number.POSITIVE_INFINITY) : reachAt(blur, reach);
    const { shifts, masses } = await pull(cloud, target, { backend, blur, reach: near, signal: run.signal });
    await onStep?.({ ...progress, blur, points, from: points, aims: points.map((value, k) => value + shifts[k]) });
    if (!masses.some((mass) => mass > 0)) break;
    const { metrics } = localShape(cloud);
    const sightings = nothingSeen(source);
    for (let i = 0; i < masses.length; i++) {
      const way = (d: number) => (ways?.[i * dimension + d] ?? 0) + shifts[i * dimension + d];
      see(sightings, i, metrics.subarray(i * dimension ** 2), (masses.length * masses[i]) / blur ** 2, way);
    }
    bend = await bent(bending, sightings);
    first ??= bend;
  }
  return bend && first && { bend, first };
}

/** Looks at each width: closest points change as points move. */
const LOOKS = 3;

/** The bend by closest points in both directions, whose say falls with the square of their distance over the width, as the blur falls. */
export async function bendByClosestPoints(bending: Bending, first: Bend): Promise<Bend> {
  const { source, target, reach = Number.POSITIVE_INFINITY, blurs, run } = bending;
  const { dimension } = source;
  const [size, count, others] = [dimension ** 2, source.weights.length, target.weights.length];
  let bend = first;
  for (const [step, blur] of blurs.entries()) {
    run.onProgress?.({ stage: 'bending', share: (blurs.length + step) / (2 * blurs.length) });
    for (let look = 0; look < LOOKS; look++) {
      const points = source.points.map((value, k) => value + bend.ways[k]);
      const { onto, back } = nearestPairs(points, target.points, dimension);
      const sightings = nothingSeen(source);
      const meet = (i: number, j: number, square: number, weight: number) => {
        if (square > reach ** 2) return;
        const say = weight / (blur ** 2 * (1 + square / blur ** 2) ** 2);
        const way = (d: number) =>
          bend.ways[i * dimension + d] + target.points[j * dimension + d] - points[i * dimension + d];
        see(sightings, i, target.metrics.subarray(j * size), say, way);
      };
      for (let i = 0; i < count; i++) meet(i, onto.rows[i], onto.squares[i], (count * source.weights[i]) / 2);
      for (let j = 0; j < others; j++) meet(back.rows[j], j, back.squares[j], (others * target.weights[j]) / 2);
      bend = await bent(bending, sightings);
    }
  }
  return bend;
}

const nothingSeen = ({ points, dimension }: Cloud): Sightings => ({
  precisions: new Float64Array(points.length * dimension),
  pulls: new Float64Array(points.length),
});

/** Adds where a point is seen to go: so surely across what it lies on, and less along it. */
function see(
  { precisions, pulls }: Sightings,
  i: number,
  metric: Float64Array,
  say: number,
  way: (d: number) => number,
): void {
  const dimension = precisions.length / pulls.length;
  for (let r = 0; r < dimension; r++) {
    for (let c = 0; c < dimension; c++) {
      const precision = say * (metric[r * dimension + c] + (r === c ? ALONG : 0));
      precisions[(i * dimension + r) * dimension + c] += precision;
      pulls[i * dimension + r] += precision * way(c);
    }
  }
}

async function bent({ field, features, run }: Bending, sightings: Sightings): Promise<Bend> {
  const coefficients = await runAsync(fitField(field, features, sightings), { signal: run.signal });
  return { coefficients, ways: await runAsync(fieldAt(field, coefficients, features), { signal: run.signal }) };
}
