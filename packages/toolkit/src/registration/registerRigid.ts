import { InvalidOptionError, type Measure, runAsync } from '@sinkhorn/core';
import { shownNumber } from '../shownNumber.js';
import { closer, nearWidths, shaped } from './closestPoints.js';
import { apart, type Cloud, thinned } from './cloud.js';
import { fitRigid } from './fitMap.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import { areApart, lookAround, startsOf } from './lookAround.js';
import { type CheckedRegistration, checkRegistration, type RegistrationOptions } from './options.js';
import { LOOKED_AT, missesMore, type Overlap, overlapOf, widthOf } from './overlap.js';
import { pull, reachAt } from './pull.js';
import { type Registration, registrationOf } from './registration.js';
import { type Maps, rigidMaps, settle } from './settle.js';

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
 * would go; the last ones look at near partners alone. In the plane and in space it looks at sides all around too, and takes the one after which the clouds lie on each other best; with `reach`,
 * outliers and parts that the other cloud lacks are left out. Clouds are [N, D] and [M, D]; weights are taken as shares.
 * Mirror images are not tried: of a shape that is nearly its own one, a mirrored source may lie on the target without a doubt.
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
  const { map, differ } = await settledMap(checked, placed.map, rigidMaps(scale));
  const { dimension } = checked.whole;
  const factor = Math.abs(determinantRoot(map.matrix, dimension));
  const rotation = map.matrix.map((value) => value / factor);
  const degrees = degreesOf(rotation, dimension);
  return {
    rotation,
    scale: factor,
    translation: map.translation,
    ...(degrees !== undefined && { degrees }),
    ...(await registrationOf(checked, map, [...rivalDoubts(placed), ...differDoubts(differ, checked.spread)])),
  };
}

/** Maps that are off by more than this share of the spread, as far as samples tell, are doubted: `pnpm bench registrations` counts what that tells, and what it doubts needlessly. */
export const OFF = 0.1;

/** A map that has settled, and how far from where it takes points closest points would lead them. */
interface Settled {
  readonly map: LinearMap;
  readonly differ: number;
}

/**
 * A map that has settled, but for one after which clouds lie on each other less well, as far as samples tell, than after the one that it began from; or where
 * closest points lead from there, if that is far and better: transport follows how dense points are, and so outliers and parts.
 */
export async function settledMap(checked: CheckedRegistration, start: LinearMap, maps: Maps): Promise<Settled> {
  const { source, target, spread } = checked;
  const settled = await settle(checked, start, maps);
  const [here, there] = [source, target].map((cloud) => shaped(thinned(cloud, LOOKED_AT)));
  const width = widthOf(checked);
  const lies = (map: LinearMap) => overlapOf(here, there, map, width);
  const map = missesMore(lies(settled), lies(start)) > CERTAIN ? start : settled;
  const near = closer(here, there, map, maps, nearWidths(width));
  const differ = apart(source, mapPoints(map, source.points), mapPoints(near, source.points));
  if (!(differ > OFF * spread)) return { map, differ };
  const better = missesMore(lies(map), lies(near));
  if (better > ALIKE) return { map: near, differ: 0 };
  // Closest points that were led astray say nothing.
  return { map, differ: better > -ALIKE ? differ : 0 };
}

/** What is said of a map from which closest points lead away. */
function differDoubts(differ: number, spread: number): string[] {
  if (!(differ > OFF * spread)) return [];
  return [
    `The map may be off by about ${shownNumber(differ)}, where the target is ${shownNumber(spread)} wide: transport and closest points end so far from each other, and the clouds lie on each other as well after either. Give more points, or a reach where only parts are shared.`,
  ];
}

/** What is said where another rotation fits as well. */
export function rivalDoubts({ map, rival }: Placed): string[] {
  if (!rival) return [];
  const { length } = map.translation;
  const back = Float64Array.from(map.matrix, (_, k) => map.matrix[(k % length) * length + Math.floor(k / length)]);
  const between = andThen({ matrix: back, translation: new Float64Array(length) }, rival).matrix;
  const degrees = degreesOf(between, length);
  return [rivalDoubt(degrees)];
}

/** What is said where another rotation fits as well: by how many degrees it is from the one that was taken, where that is one number. */
export const rivalDoubt = (degrees?: number): string =>
  `Another rotation${degrees === undefined ? '' : `, ${degrees.toFixed(0)} degrees from this one,`} fits as well: the source may be symmetric; turn it roughly to the right side first.`;

/** The map of all steps, and another one that costs as much and turns otherwise, where there is one. */
export interface Placed {
  readonly map: LinearMap;
  readonly rival?: LinearMap;
}

/** Maps that miss more by fewer standard errors than this are alike: of those the one that turns least is taken. */
export const ALIKE = 2;

/** Steps of falling blur from the given side, then a look at all other sides; of what misses least the map that turns least. */
export async function rigidMap(checked: CheckedRegistration, scale: boolean): Promise<Placed> {
  const [start] = startsOf(checked.source, checked.target, scale);
  const placed = await annealed(checked, start, scale);
  if (checked.source.dimension === 1 || checked.source.dimension > 3) return { map: placed };
  const placements = await runAsync(lookAround(checked, scale, [placed]), checked.run);
  const best = placements
    .filter(({ overlap }) => missesMore(overlap, placements[0].overlap) < ALIKE)
    .reduce((one, other) => (traceOf(other.map) > traceOf(one.map) ? other : one));
  const rival = placements.find((other) => areApart(best.map, other.map) && fitsAsWell(best.overlap, other.overlap));
  return { map: best.map, ...(rival && { rival: rival.map }) };
}

/** Differences below so many standard errors may be those of samples. */
const CERTAIN = 3;
/** A map after which clouds share less than this part of what they share after the best one is no rival. Raising it doubts less. Chosen on made views of shapes: `pnpm bench registrations` has parts of some. */
const SHARED = 0.8;

/** Where clouds share more than this of both after the best map, nothing is left over that another one might have brought together. Lowering it doubts less. Chosen, not measured. */
const WHOLE = 0.98;

/**
 * Whether another map fits as well, as far as samples tell: in all, or, where parts have no counterpart, in what is shared. How much that is
 * is no sign of the right map then: views of a symmetric thing share more after a wrong turn.
 */
export function fitsAsWell(best: Overlap, other: Overlap): boolean {
  if (missesMore(other, best) < CERTAIN) return true;
  if (best.shared > WHOLE || other.shared < SHARED * best.shared) return false;
  return other.off - best.off < CERTAIN * Math.hypot(best.offError, other.offError);
}

const traceOf = ({ matrix, translation: { length } }: LinearMap): number =>
  matrix.reduce((sum, value, k) => (k % (length + 1) === 0 ? sum + value : sum), 0);

/** Steps of falling blur. */
async function annealed(
  { backend, blurs, reach, run, onStep, source, target }: CheckedRegistration,
  start: LinearMap,
  scale: boolean,
): Promise<LinearMap> {
  const few = thinned(source, SOME_POINTS);
  const fewTargets = thinned(target, SOME_POINTS);
  let map = start;
  for (const [step, blur] of blurs.entries()) {
    const progress = { stage: 'registering', share: step / blurs.length };
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
