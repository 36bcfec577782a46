import { InvalidOptionError, type Measure } from '@sinkhorn/core';
import { type Cloud, meanOf, thinned } from './cloud.js';
import { fitRigid } from './fitMap.js';
import { andThen, identityMap, type LinearMap, mapPoints } from './linearMap.js';
import {
  type CheckedRegistration,
  checkRegistration,
  type RegistrationOptions,
  type RegistrationStep,
} from './options.js';
import { pull, reachAt, selfMap } from './pull.js';
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

/** Points for the first look from several sides, and steps of it. */
const FEW_POINTS = 100;
const FEW_STEPS = 5;
/** Another side is only better where its cost is lower by this share. */
const BETTER = 0.98;
/** Points while the blur falls; all of them settle it. */
const SOME_POINTS = 300;

/**
 * Finds the rotation and shift that bring a source onto a target: a scan onto another, a template onto data. The clouds may have any
 * numbers of points, and no point has to have a partner.
 *
 * Each step transports the source onto the target at a blur that falls from step to step, and takes the best rotation for where points
 * would go; the last ones look at near partners alone. It begins from several sides, and finds rotations of up to some 60 degrees; with `reach`,
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
  const map = await settle(checked, await rigidMap(checked, scale), rigidMaps(scale));
  const { dimension } = checked.whole;
  const factor = Math.abs(determinantRoot(map.matrix, dimension));
  const rotation = map.matrix.map((value) => value / factor);
  const degrees = degreesOf(rotation, dimension);
  return {
    rotation,
    scale: factor,
    translation: map.translation,
    ...(degrees !== undefined && { degrees }),
    ...(await registrationOf(checked, map)),
  };
}

/** The map of all steps. */
export async function rigidMap(checked: CheckedRegistration, scale: boolean): Promise<LinearMap> {
  const { blurs, run } = checked;
  let map = await bestStart(checked);
  const few = { source: thinned(checked.source, SOME_POINTS), target: thinned(checked.target, SOME_POINTS) };
  for (const [step, blur] of blurs.entries()) {
    const progress = { stage: 'registering', share: step / blurs.length };
    run.onProgress?.(progress);
    map = await improve(few, checked, map, blur, scale, undefined, progress);
  }
  return map;
}

type Clouds = Pick<CheckedRegistration, 'source' | 'target'>;

/** One step: the rotation that fits best where the points would go. */
async function improve(
  { source, target }: Clouds,
  { backend, reach, run, onStep, source: whole }: CheckedRegistration,
  map: LinearMap,
  blur: number,
  scale: boolean,
  own?: Float64Array,
  progress?: Pick<RegistrationStep, 'stage' | 'share'>,
): Promise<LinearMap & { readonly cost: number }> {
  const options = { backend, blur, reach: reachAt(blur, reach), signal: run.signal };
  const moved: Cloud = { ...source, points: mapPoints(map, source.points) };
  const { shifts, masses, cost } = await pull(moved, target, options, own && mapPoints(map, own));
  const aims = moved.points.map((value, k) => value + shifts[k]);
  if (progress)
    await onStep?.({ ...progress, blur, points: mapPoints(map, whole.points), from: moved.points, aims, map });
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  if (!(total > 0)) return { ...map, cost };
  const fit = fitRigid({ points: moved.points, aims, weights: masses, dimension: source.dimension }, scale);
  return { ...andThen(map, fit), cost };
}

/** The best of some rotations to begin with, each after some coarse steps with few points. */
async function bestStart(checked: CheckedRegistration): Promise<LinearMap> {
  const source = thinned(checked.source, FEW_POINTS);
  const target = thinned(checked.target, FEW_POINTS);
  const { blurs, run } = checked;
  const [first, last] = [blurs[0], Math.max(blurs[blurs.length - 1], blurs[0] / 4)];
  const starts = startsOf(source, target);
  const steps = Array.from({ length: FEW_STEPS }, (_, step) => first * (last / first) ** (step / (FEW_STEPS - 1)));
  // A plan of the source onto itself turns with the source: it is the same for all starts.
  const own: Float64Array[] = [];
  for (const blur of steps) {
    own.push(
      await selfMap(source, {
        backend: checked.backend,
        blur,
        reach: reachAt(blur, checked.reach),
        signal: run.signal,
      }),
    );
  }
  let best: { map: LinearMap; cost: number } | undefined;
  for (const [index, start] of starts.entries()) {
    run.onProgress?.({ stage: 'looking from several sides', share: index / starts.length });
    let map = start;
    let cost = Number.POSITIVE_INFINITY;
    for (const [step, blur] of steps.entries()) {
      const next = await improve({ source, target }, checked, map, blur, false, own[step]);
      [map, cost] = [next, next.cost];
    }
    if (!best || cost < BETTER * best.cost) best = { map, cost };
  }
  return best?.map ?? identityMap(source.dimension);
}

/** The means brought together, turned about each axis by 60 degrees either way, and in the plane all around. */
function startsOf(source: Cloud, target: Cloud): LinearMap[] {
  const { dimension } = source;
  const [from, to] = [source, target].map(meanOf);
  const turned = (a: number, b: number, degrees: number): LinearMap => {
    const { matrix } = identityMap(dimension);
    const angle = (degrees * Math.PI) / 180;
    matrix[a * dimension + a] = Math.cos(angle);
    matrix[b * dimension + b] = Math.cos(angle);
    matrix[a * dimension + b] = -Math.sin(angle);
    matrix[b * dimension + a] = Math.sin(angle);
    return centred(matrix);
  };
  const centred = (matrix: Float64Array): LinearMap => {
    const moved = mapPoints({ matrix, translation: new Float64Array(dimension) }, from);
    return { matrix, translation: to.map((value, d) => value - moved[d]) };
  };
  const starts = [centred(identityMap(dimension).matrix)];
  const planes =
    dimension === 2
      ? [[0, 1]]
      : dimension === 3
        ? [
            [0, 1],
            [1, 2],
            [0, 2],
          ]
        : [];
  const angles = dimension === 2 ? [60, -60, 120, -120, 180] : [60, -60];
  for (const [a, b] of planes) for (const degrees of angles) starts.push(turned(a, b, degrees));
  return starts;
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
