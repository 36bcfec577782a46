import { multiple, product, transposed } from '../linear/matrix.js';
import { leastSquares } from '../linear/singularValues.js';
import { type Cloud, meanOf } from './cloud.js';
import { type Aims, fitAffine, fitRigid } from './fitMap.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import { localShape } from './localShape.js';
import type { CheckedRegistration } from './options.js';
import { pull, reachAt, selfMap } from './pull.js';
import { changeOf, spreadAround } from './smallChange.js';

/** The maps that a registration chooses from. */
export interface Maps {
  /** Whether a step may turn without stretching alone: a plan of the source onto itself then turns with the source. */
  readonly keepsLengths: boolean;
  /** A basis of the small changes of a map, [D, D] each. */
  readonly changes: (dimension: number) => readonly Float64Array[];
  /** The map that brings points nearest to their aims. */
  readonly fit: (aims: Aims) => LinearMap;
}

const single = (dimension: number, entries: readonly (readonly [row: number, column: number, value: number])[]) => {
  const matrix = new Float64Array(dimension ** 2);
  for (const [row, column, value] of entries) matrix[row * dimension + column] = value;
  return matrix;
};

const turnsOf = (dimension: number): Float64Array[] =>
  pairsOf(dimension)
    .filter(([row, column]) => row < column)
    .map(([row, column]) =>
      single(dimension, [
        [row, column, -1],
        [column, row, 1],
      ]),
    );

const pairsOf = (dimension: number) =>
  Array.from({ length: dimension ** 2 }, (_, k) => [Math.floor(k / dimension), k % dimension] as const);

/** Rotations and shifts, and with `scale` a factor. */
export const rigidMaps = (scale: boolean): Maps => ({
  keepsLengths: !scale,
  changes: (dimension) => [...turnsOf(dimension), ...(scale ? [multiple(1, dimension)] : [])],
  fit: (aims) => fitRigid(aims, scale),
});

/** All linear maps and shifts. */
export const affineMaps: Maps = {
  keepsLengths: false,
  changes: (dimension) => pairsOf(dimension).map(([row, column]) => single(dimension, [[row, column, 1]])),
  fit: fitAffine,
};

/**
 * The reach of the last steps, in blurs. Two samples of one thing differ in how dense they are: with all mass to be moved that turns the
 * whole. Raising it lets more of that in, lowering it looks at nearer partners and takes more steps. Found on two scans of the Stanford bunny.
 */
const NEAR = 3;
/** The same once they have settled, where long shifts hardly count: those at edges of what two scans share. */
const NEARER = 2;
/** Steps at most, of each of the two. */
const MOST_STEPS = 12;
/** Ends where a step moves nothing by more than this share of the blur. */
const SETTLED = 0.01;
/** Steps that an extrapolation goes by. */
const MEMORY = 4;

/**
 * The last steps of a registration by one map, at one blur and a near reach. Distances count as the source is around each point: those
 * to a surface or a curve in full, those along it hardly. Then the same once more, with a say of long shifts that falls with their square
 * (Geman and McClure 1985). A map that leaves the neighbourhood it began in has not settled: the one before is kept.
 */
export async function settle(checked: CheckedRegistration, map: LinearMap, maps: Maps): Promise<LinearMap> {
  const { source, reach = Number.POSITIVE_INFINITY, blurs } = checked;
  const blur = blurs[blurs.length - 1];
  const anchors = anchorsOf(source);
  let current = map;
  for (const [round, near] of [NEAR, NEARER].entries()) {
    const next = await settled(checked, current, maps, anchors, {
      near: reachAt(blur, Math.min(reach, near * blur)),
      longest: round === 0 ? Number.POSITIVE_INFINITY : blur / 2,
      progress: [round / 2, (round + 1) / 2],
    });
    const [from, to] = [mapPoints(current, anchors), mapPoints(next, anchors)];
    if (to.some((value, k) => Math.abs(value - from[k]) > (round === 0 ? blurs[0] : near * blur))) return current;
    current = next;
  }
  return current;
}

interface Settling {
  readonly near: number | undefined;
  /** Shifts of this length have a quarter of the say of short ones. */
  readonly longest: number;
  /** From which share of the whole to which. */
  readonly progress: readonly [number, number];
}

/** Steps until one changes nothing. They close in slowly: each next map is extrapolated from the last ones (Anderson 1965). */
async function settled(
  { source, target, backend, blurs, run, onStep }: CheckedRegistration,
  map: LinearMap,
  maps: Maps,
  anchors: Float64Array,
  { near, longest, progress: [begin, end] }: Settling,
): Promise<LinearMap> {
  const { dimension } = source;
  const blur = blurs[blurs.length - 1];
  const options = { backend, blur, reach: near, signal: run.signal };
  const own = maps.keepsLengths ? await selfMap(source, options) : undefined;
  const shape = maps.keepsLengths ? localShape(source).metrics : undefined;
  const weights = new Float64Array(anchors.length / dimension).fill(1);
  const tried: Tried[] = [];
  let current = map;
  let start: Awaited<ReturnType<typeof pull>>['solution'] | undefined;
  for (let step = 0; step < MOST_STEPS; step++) {
    const share = begin + (end - begin) * (step / MOST_STEPS);
    run.onProgress?.({ stage: 'settling', share });
    const moved: Cloud = { ...source, points: mapPoints(current, source.points) };
    const { shifts, masses, solution } = await pull(moved, target, options, own && mapPoints(current, own), start);
    start = solution;
    if (!masses.some((mass) => mass > 0)) return current;
    const aims = moved.points.map((value, k) => value + shifts[k]);
    await onStep?.({ stage: 'settling', share, blur, points: moved.points, from: moved.points, aims, map: current });
    const metrics = shape ? turned(shape, current.matrix, dimension) : localShape(moved).metrics;
    const say = masses.map((mass, i) => {
      const square = shifts.subarray(i * dimension, (i + 1) * dimension).reduce((sum, shift) => sum + shift ** 2, 0);
      return mass / (1 + square / longest ** 2) ** 2;
    });
    const change = changeOf({ ...moved, weights: say, shifts, metrics }, maps.changes(dimension));
    const from = mapPoints(current, anchors);
    const image = mapPoints(change, from);
    const differences = image.map((value, k) => value - from[k]);
    tried.push({ image, change: differences });
    const isSettled = differences.every((value) => Math.abs(value) <= SETTLED * blur);
    // A sum of rotations is none: the nearest one is taken.
    const to = isSettled ? image : extrapolated(tried.slice(-MEMORY));
    const fit = maps.fit({ points: from, aims: to, weights, dimension });
    current = andThen(current, fit);
    if (isSettled) return current;
  }
  return current;
}

/** Metrics of points, [N, D, D], after a rotation. */
function turned(metrics: Float64Array, rotation: Float64Array, dimension: number): Float64Array {
  const size = dimension ** 2;
  const back = transposed(rotation, dimension);
  const all = new Float64Array(metrics.length);
  for (let at = 0; at < metrics.length; at += size) {
    const halfway = product(rotation, metrics.subarray(at, at + size), dimension);
    all.set(product(halfway, back, dimension), at);
  }
  return all;
}

/** Points that a map is told by: its changes of them are lengths. The mean of a cloud, and on each axis as far from it as the cloud is wide. */
function anchorsOf(cloud: Cloud): Float64Array {
  const { dimension } = cloud;
  const mean = meanOf(cloud);
  const width = spreadAround(cloud, mean) / Math.sqrt(dimension) || 1;
  const anchors = new Float64Array(2 * dimension * dimension);
  for (let anchor = 0; anchor < 2 * dimension; anchor++) {
    anchors.set(mean, anchor * dimension);
    anchors[anchor * dimension + (anchor >> 1)] += anchor % 2 === 0 ? width : -width;
  }
  return anchors;
}

interface Tried {
  /** Where a step took the anchors, and what it changed. */
  readonly image: Float64Array;
  readonly change: Float64Array;
}

/** The combination of steps whose changes cancel best. */
function extrapolated(tried: readonly Tried[]): Float64Array {
  const [last, ...earlier] = [...tried].reverse();
  if (earlier.length === 0) return last.image;
  const columns = earlier.map(({ change }) => last.change.map((value, k) => value - change[k]));
  const rows = last.change.length;
  const differences = new Float64Array(rows * columns.length);
  for (let row = 0; row < rows; row++) {
    for (const [c, column] of columns.entries()) differences[row * columns.length + c] = column[row];
  }
  const parts = leastSquares(differences, last.change, rows, columns.length);
  return last.image.map((value, k) =>
    earlier.reduce((sum, { image }, index) => sum - parts[index] * (value - image[k]), value),
  );
}
