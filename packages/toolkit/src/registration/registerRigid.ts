import { InvalidOptionError, type Measure } from '@sinkhorn/core';
import { areApart, bestStarts } from './bestStarts.js';
import { type Cloud, thinned } from './cloud.js';
import { fitRigid } from './fitMap.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import { liesAcross, offSurface } from './offSurface.js';
import { type CheckedRegistration, checkRegistration, type RegistrationOptions } from './options.js';
import { type Pull, pull, reachAt } from './pull.js';
import { type Registration, registrationOf } from './registration.js';
import { rigidMaps, settle } from './settle.js';

/** How a rigid registration runs. */
export interface RigidOptions extends RegistrationOptions {
  /** Whether the source may grow or shrink as a whole. Default false. */
  readonly scale?: boolean;
}

/** A rigid registration: x -> scale rotation x + translation. */
export interface RigidRegistration extends Registration {
  /** [D, D], row by row: no reflection. */
  readonly rotation: Float64Array;
  /** 1 unless `scale` was asked for. */
  readonly scale: number;
  /** [D] */
  readonly translation: Float64Array;
  /** The angle of the rotation in degrees, in 2-D and 3-D. */
  readonly degrees?: number;
}

/** Points while the blur falls; all of them settle it. */
const SOME_POINTS = 300;

/**
 * Finds the rotation and shift that bring a source onto a target: a scan onto another, a template onto data. The clouds may have any
 * numbers of points, and no point has to have a partner.
 *
 * Each step transports the source onto the target at a blur that falls from step to step, and takes the best rotation for where points
 * would go; the last ones look at near partners alone. It begins from sides all around, in up to three dimensions, and takes the best; with `reach`,
 * outliers and parts that the other cloud lacks are left out. Clouds are [N, D] and [M, D]; weights are taken as shares.
 *
 * @throws InvalidMeasureError for clouds of different dimensions; InvalidOptionError for options out of range.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { registerRigid } from 'sinkhorn/toolkit';
 *
 * const source = Array.from({ length: 60 }, (_, i) => [Math.cos(i), 0.3 * Math.sin(2 * i) + 0.1 * Math.cos(3 * i)]);
 * const target = source.map(([x, y]) => [0.8 * x - 0.6 * y + 5, 0.6 * x + 0.8 * y]);
 * const { degrees, translation, residual } = await registerRigid(source, target, { backend: cpu() });
 * if (Math.abs((degrees ?? 0) - 36.87) > 0.2 || Math.abs(translation[0] - 5) > 0.02 || residual > 0.02) throw new Error(`${degrees}`);
 * ```
 */
export async function registerRigid(
  source: Measure,
  target: Measure,
  options: RigidOptions,
): Promise<RigidRegistration> {
  const checked = await checkRegistration('registerRigid', source, target, options, ['scale']);
  const { scale = false } = options;
  if (typeof scale !== 'boolean') throw new InvalidOptionError(`scale is ${scale}: give true or false`);
  const placed = await rigidMap(checked, scale);
  const map = await settle(checked, placed.map, rigidMaps(scale));
  const { dimension } = checked.whole;
  const factor = Math.abs(determinantRoot(map.matrix, dimension));
  const rotation = map.matrix.map((value) => value / factor);
  const degrees = degreesOf(rotation, dimension);
  return {
    rotation,
    scale: factor,
    translation: map.translation,
    ...(degrees !== undefined && { degrees }),
    ...(await registrationOf(checked, map, rivalDoubts(placed))),
  };
}

/** What is said where another rotation fits as well. */
export function rivalDoubts({ map, rival }: Placed): string[] {
  if (!rival) return [];
  const { length } = map.translation;
  const back = Float64Array.from(map.matrix, (_, k) => map.matrix[(k % length) * length + Math.floor(k / length)]);
  const between = andThen({ matrix: back, translation: new Float64Array(length) }, rival).matrix;
  const degrees = degreesOf(between, length);
  return [
    `Another rotation${degrees === undefined ? '' : `, ${degrees.toFixed(0)} degrees from this one,`} fits as well: the source may be symmetric; turn it roughly to the right side first.`,
  ];
}

/** The map of all steps, and another one that costs as much and turns otherwise, where there is one. */
export interface Placed {
  readonly map: LinearMap;
  readonly rival?: LinearMap;
}

/** Costs that differ by less than this share are alike: of those the map that turns least is taken, and the other one named. */
const ALIKE = 0.05;
/** The same with a reach: where two views share half of a made surface, the right rotation cost up to 10.3 % more than one by 176 degrees. */
const ALIKE_IN_PART = 0.12;

/** Begins from the best sides, and goes on with the one that costs least in the end. */
export async function rigidMap(checked: CheckedRegistration, scale: boolean): Promise<Placed> {
  const { backend, blurs, reach, run, source, target } = checked;
  const starts = await bestStarts(checked);
  const blur = blurs[blurs.length - 1];
  const options = { backend, blur, reach: reachAt(blur, reach), signal: run.signal };
  const ends: End[] = [];
  for (const [index, start] of starts.entries()) {
    const placed = await annealed(checked, start, scale, [index / starts.length, (index + 1) / starts.length]);
    if (starts.length === 1) return { map: placed };
    // Before that, where clouds overlap in part, the right one is off by some degrees and costs as much as a wrong one.
    const map = await settle(checked, placed, rigidMaps(scale));
    const there = { ...source, points: mapPoints(map, source.points) };
    const found = await pull(there, target, options);
    ends.push({ map, cost: found.cost, costs: costsOf(source, found, options.reach), off: offSurface(there, found) });
  }
  const least = Math.min(...ends.map(({ cost }) => cost));
  const share = reach === undefined ? ALIKE : ALIKE_IN_PART;
  const best = ends
    .filter(({ cost }) => cost <= least + share * Math.abs(least))
    .reduce((one, other) => (traceOf(other.map) > traceOf(one.map) ? other : one));
  const rival = ends.find(
    (end) =>
      areApart(best.map, end.map) &&
      !liesAcross(end.off, best.off, blur) &&
      (end.cost <= best.cost * (1 + share) || isClose(best, end)),
  );
  return { map: best.map, ...(rival && { rival: rival.map }) };
}

/** Where a start has come to, and what is paid there: in all, and for each point. */
interface End {
  readonly map: LinearMap;
  readonly cost: number;
  readonly costs: Float64Array;
  /** How far points are off the surface that they are on, at the median. */
  readonly off: number;
}

/** What is paid for each point: its way, and within a reach what it costs to leave the rest of it out. */
function costsOf({ weights, dimension }: Cloud, { shifts, masses }: Pull, reach = 0): Float64Array {
  return weights.map((weight, i) => {
    const square = shifts.subarray(i * dimension, (i + 1) * dimension).reduce((sum, shift) => sum + shift ** 2, 0);
    return (masses[i] * square + Math.max(0, weight - masses[i]) * reach ** 2) / 2;
  });
}

/** Differences below so many standard errors may be those of samples. With 2 a turn of a noisy cube of 400 points was not named. */
const CERTAIN = 3;

/** Whether another draw of points might have made the other end the better one. */
function isClose(best: End, other: End): boolean {
  const differences = other.costs.map((cost, i) => cost - best.costs[i]);
  const count = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, count - 1);
  return mean < CERTAIN * Math.sqrt(variance / count);
}

const traceOf = ({ matrix, translation: { length } }: LinearMap): number =>
  matrix.reduce((sum, value, k) => (k % (length + 1) === 0 ? sum + value : sum), 0);

/** Steps of falling blur, from which share of the whole to which. */
async function annealed(
  { backend, blurs, reach, run, onStep, source, target }: CheckedRegistration,
  start: LinearMap,
  scale: boolean,
  [begin, end]: readonly [number, number],
): Promise<LinearMap> {
  const few = thinned(source, SOME_POINTS);
  const fewTargets = thinned(target, SOME_POINTS);
  let map = start;
  for (const [step, blur] of blurs.entries()) {
    const progress = { stage: 'registering', share: begin + (end - begin) * (step / blurs.length) };
    run.onProgress?.(progress);
    const moved: Cloud = { ...few, points: mapPoints(map, few.points) };
    const options = { backend, blur, reach: reachAt(blur, reach), signal: run.signal };
    const { shifts, masses } = await pull(moved, fewTargets, options);
    const aims = moved.points.map((value, k) => value + shifts[k]);
    await onStep?.({ ...progress, blur, points: mapPoints(map, source.points), from: moved.points, aims, map });
    if (!masses.some((mass) => mass > 0)) break;
    const fit = fitRigid({ points: moved.points, aims, weights: masses, dimension: moved.dimension }, scale);
    map = andThen(map, fit);
  }
  return map;
}

/** A rotation times a factor: the factor, which is the length of a column. */
const determinantRoot = (matrix: Float64Array, dimension: number): number =>
  Math.hypot(...Array.from({ length: dimension }, (_, r) => matrix[r * dimension]));

function degreesOf(rotation: Float64Array, dimension: number): number | undefined {
  if (dimension === 2) return Math.abs((Math.atan2(rotation[2], rotation[0]) * 180) / Math.PI);
  if (dimension !== 3) return undefined;
  // By the antisymmetric part too: near 0 the trace has half of the digits.
  const sine = Math.hypot(rotation[7] - rotation[5], rotation[2] - rotation[6], rotation[3] - rotation[1]) / 2;
  return (Math.atan2(sine, (rotation[0] + rotation[4] + rotation[8] - 1) / 2) * 180) / Math.PI;
}
