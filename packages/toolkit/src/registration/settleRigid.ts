import { Matrix, solve } from 'ml-matrix';
import { type Cloud, meanOf } from './cloud.js';
import { fitRigid } from './fitMap.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import type { CheckedRegistration } from './options.js';
import { pull, reachAt, selfMap } from './pull.js';

/**
 * The reach of the last steps, in blurs. Two samples of one thing differ in how dense they are: with all mass to be moved that turns the
 * whole. Raising it lets more of that in, lowering it looks at nearer partners and takes more steps. Found on two scans of the Stanford bunny.
 */
const NEAR = 3;
/** Steps at most. */
const MOST_STEPS = 20;
/** Ends where a step moves nothing by more than this share of the blur. */
const SETTLED = 0.01;
/** Steps that an extrapolation goes by. */
const MEMORY = 4;

/**
 * The last steps of a rigid registration, at one blur and a near reach. Such steps close in slowly: each next map is extrapolated from
 * the last ones (Anderson 1965, as for the iterative closest points of Pavlov et al. 2018).
 */
export async function settleRigid(
  { source, target, backend, reach = Number.POSITIVE_INFINITY, blurs, run, onStep }: CheckedRegistration,
  map: LinearMap,
  scale: boolean,
): Promise<LinearMap> {
  const blur = blurs[blurs.length - 1];
  const options = { backend, blur, reach: reachAt(blur, Math.min(reach, NEAR * blur)), signal: run.signal };
  // A plan of the source onto itself turns with the source; where the source may grow, it changes.
  const own = scale ? undefined : await selfMap(source, options);
  const anchors = anchorsOf(source);
  const weights = new Float64Array(anchors.length / source.dimension).fill(1);
  const tried: Tried[] = [];
  let current = map;
  let start: Awaited<ReturnType<typeof pull>>['solution'] | undefined;
  for (let step = 0; step < MOST_STEPS; step++) {
    const progress = { stage: 'settling', share: step / MOST_STEPS };
    run.onProgress?.(progress);
    const moved: Cloud = { ...source, points: mapPoints(current, source.points) };
    const { shifts, masses, solution } = await pull(moved, target, options, own && mapPoints(current, own), start);
    start = solution;
    if (!masses.some((mass) => mass > 0)) return current;
    const aims = moved.points.map((value, k) => value + shifts[k]);
    await onStep?.({ ...progress, blur, points: moved.points, from: moved.points, aims, map: current });
    const fit = fitRigid({ points: moved.points, aims, weights: masses, dimension: source.dimension }, scale);
    const next = andThen(current, fit);
    const image = mapPoints(next, anchors);
    const from = mapPoints(current, anchors);
    const change = image.map((value, k) => value - from[k]);
    tried.push({ image, change });
    if (change.every((value) => Math.abs(value) <= SETTLED * blur)) return next;
    // A sum of rotations is none: the nearest one is taken.
    current = fitRigid(
      { points: anchors, aims: extrapolated(tried.slice(-MEMORY)), weights, dimension: source.dimension },
      scale,
    );
  }
  return current;
}

/** Points that a map is told by: its changes of them are lengths. The mean of a cloud, and on each axis as far from it as the cloud is wide. */
function anchorsOf({ points, weights, dimension }: Cloud): Float64Array {
  const mean = meanOf({ points, weights, dimension });
  const square = points.reduce(
    (sum, value, k) => sum + weights[Math.floor(k / dimension)] * (value - mean[k % dimension]) ** 2,
    0,
  );
  const width = Math.sqrt(square / dimension) || 1;
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
  const differences = new Matrix(
    earlier.map(({ change }) => last.change.map((value, k) => value - change[k])),
  ).transpose();
  const parts = solve(differences, Matrix.columnVector(last.change), true).to1DArray();
  return last.image.map((value, k) =>
    earlier.reduce((sum, { image }, index) => sum - parts[index] * (value - image[k]), value),
  );
}
