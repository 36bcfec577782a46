import type { Measure } from '@sinkhorn/core';
import { shownNumber } from '../shownNumber.js';
import { closer, nearWidths, shaped, slid } from './closestPoints.js';
import { apart, halvesOf, meanOf, thinned } from './cloud.js';
import { fitAffine } from './fitMap.js';
import { andThen, identityMap, type LinearMap, mapPoints } from './linearMap.js';
import { halfTurned, type Placement } from './lookAround.js';
import { type CheckedRegistration, checkRegistration, type RegistrationOptions } from './options.js';
import { LOOKED_AT, missesMore, overlapOf, widthOf } from './overlap.js';
import { pull, reachAt } from './pull.js';
import { ALIKE, fitsAsWell, OFF, rigidMap, rivalDoubt, settledMap } from './registerRigid.js';
import { type Registration, registrationOf } from './registration.js';
import { affineMaps, settle } from './settle.js';
import { whitenedStart } from './whitenedStart.js';

/** An affine registration: x -> matrix x + translation. */
export interface AffineRegistration extends Registration {
  /** [D, D], row by row. */
  readonly matrix: Float64Array;
  /** [D] */
  readonly translation: Float64Array;
}

/**
 * Finds the linear map and shift that bring a source onto a target: what is turned, moved, stretched and sheared. It begins from a
 * rigid registration, and from one of the clouds brought to a covariance of 1; then come as many steps with all linear maps, and the end after which the clouds lie on each other best stays.
 *
 * Clouds are [N, D] and [M, D]; weights are taken as shares. With `reach`, outliers are left out; a map that may shrink can then
 * also leave out what it should not: look at `matched`. Mirror images are not tried, as by `registerRigid`.
 *
 * @throws What `registerRigid` throws.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { registerAffine } from 'sinkhorn/toolkit';
 *
 * const source = Array.from({ length: 60 }, (_, i) => [Math.cos(i), 0.5 * Math.sin(2 * i) + 0.2 * Math.cos(3 * i)]);
 * const target = source.map(([x, y]) => [1.3 * x + 0.2 * y + 5, 0.9 * y]);
 * const { matrix, residual } = await registerAffine(source, target, { backend: cpu() });
 * if (Math.abs(matrix[0] - 1.3) > 0.03 || Math.abs(matrix[1] - 0.2) > 0.03 || residual > 0.03) throw new Error(`${matrix}`);
 * ```
 */
export async function registerAffine(
  source: Measure,
  target: Measure,
  options: RegistrationOptions,
): Promise<AffineRegistration> {
  const checked = await checkRegistration('registerAffine', source, target, options);
  const starts = [await rigidMap(checked, false), await whitenedStart(checked)].filter((start) => start !== undefined);
  const [here, there] = [checked.source, checked.target].map((cloud) => shaped(thinned(cloud, LOOKED_AT)));
  const width = widthOf(checked);
  const placed = (map: LinearMap): Placement => {
    const moved = shaped({ ...here, points: mapPoints(map, here.points) });
    return { map, overlap: overlapOf(moved, there, identityMap(here.dimension), width) };
  };
  // Transport follows how dense samples are: whether clouds lie on each other is to be seen after steps of closest points.
  const nearer = (map: LinearMap, widest?: number) => closer(here, there, map, affineMaps, nearWidths(width, widest));
  const ends: Placement[] = [];
  // Rivals too: what a rotation alone cannot tell apart, a stretch may.
  for (const start of starts.flatMap(({ map, rival }) => (rival ? [map, rival] : [map]))) {
    const end = await stretched(checked, start);
    ends.push(placed(end), placed(nearer(end)));
  }
  const best = bestOf(checked, ends);
  // Half turns too, which a symmetric shape is brought onto itself by: whatever rotation came first was followed alone.
  for (const start of halfTurned(checked.source, checked.target, best.map)) {
    ends.push(placed(nearer(start)));
  }
  const turns = ends.length;
  // And what slides along the surface, in the ways that closest points tell least of.
  for (const start of slid(here, there, bestOf(checked, ends).map, affineMaps, {
    ...SLIDES,
    width,
    length: SLIDES.share * checked.spread,
  })) {
    ends.push(placed(nearer(start, SLIDES.widest)));
  }
  const end = bestOf(checked, ends);
  const rival = ends.findIndex(
    (other) => fitsAsWell(end.overlap, other.overlap) && arePlacedApart(checked, end.map, other.map),
  );
  const { map } = await settledMap(checked, end.map, affineMaps);
  const doubts = [
    ...(rival < 0 ? [] : [rival < turns ? rivalDoubt() : SLIDES_DOUBT]),
    ...sampleDoubts(await offByHalves(checked, map), checked.spread),
  ];
  return { ...map, ...(await registrationOf(checked, map, doubts)) };
}

/**
 * How many slides are tried in both ways, how long they are as a share of the spread, and the first width of the steps after them. More find more of
 * what samples leave open, and each takes as long as a half turn.
 */
const SLIDES = { count: 3, share: 0.3, widest: 2 };

const SLIDES_DOUBT =
  'Another map, which slides the source along the target, fits as well: points may belong elsewhere though the clouds lie on each other. Give more points, or a map with less freedom.';

/** Of the maps after which clouds lie on each other best, as far as samples tell, the one that turns and stretches least. */
function bestOf({ source }: CheckedRegistration, ends: readonly Placement[]): Placement {
  const least = ends.reduce((one, other) => (other.overlap.miss < one.overlap.miss ? other : one));
  const middle = meanOf(source);
  const changed = ({ map }: Placement) => {
    const to = mapPoints(map, middle);
    return apart(
      source,
      source.points,
      mapPoints(map, source.points).map((value, k) => value - to[k % to.length] + middle[k % to.length]),
    );
  };
  return ends
    .filter(({ overlap }) => missesMore(overlap, least.overlap) < ALIKE)
    .reduce((one, other) => (changed(other) < changed(one) ? other : one));
}

/** Maps that place points closer than this share of the spread, at the root of the mean square, count as one: about what a turn by 15 degrees moves them. */
const APART = 0.2;

function arePlacedApart({ source, spread }: CheckedRegistration, one: LinearMap, other: LinearMap): boolean {
  return apart(source, mapPoints(one, source.points), mapPoints(other, source.points)) > APART * spread;
}

/**
 * About how far a map is off because clouds are samples: it is found anew from here for half of the points, and for the others, and half of
 * what these two maps differ by is what one of all points is off by, where errors fall with the root of their number. Wide blurs come first, so that
 * a map that points leave open does not stay where it is. It says nothing of a map
 * that is wrong for all of them alike: that is for how the clouds lie on each other after it, and after others.
 */
async function offByHalves(checked: CheckedRegistration, map: LinearMap): Promise<number> {
  const [sources, targets] = [halvesOf(checked.source), halvesOf(checked.target)];
  if (sources[1].weights.length === 0 || targets[1].weights.length === 0) return 0;
  const width = widthOf(checked);
  const ends: Float64Array[] = [];
  for (const [half, source] of sources.entries()) {
    const own = { ...checked, source, target: targets[half], onStep: undefined };
    const [here, there] = [own.source, own.target].map((cloud) => shaped(thinned(cloud, LOOKED_AT)));
    const far = closer(here, there, await stretched(own, map), affineMaps, nearWidths(width));
    // So few points may be led astray: an end after which they lie on each other less well says nothing.
    const [after, before] = [far, map].map((end) => overlapOf(here, there, end, width));
    const found = await settle(own, missesMore(after, before) > ALIKE ? map : far, affineMaps);
    ends.push(mapPoints(found, checked.source.points));
  }
  return apart(checked.source, ends[0], ends[1]) / 2;
}

/** What is said of a map that half of the points and the others would have otherwise. */
function sampleDoubts(off: number, spread: number): string[] {
  if (!(off > OFF * spread)) return [];
  return [
    `The map may be off by about ${shownNumber(off)}, where the target is ${shownNumber(spread)} wide: half of the points and the others give maps so different. Give more points, or a map with less freedom.`,
  ];
}

/** Steps of falling blur with all linear maps. */
async function stretched(
  { backend, reach, blurs, run, onStep, source, target }: CheckedRegistration,
  start: LinearMap,
): Promise<LinearMap> {
  let map = start;
  for (const [step, blur] of blurs.entries()) {
    const progress = { stage: 'stretching', share: step / blurs.length };
    run.onProgress?.(progress);
    const points = mapPoints(map, source.points);
    const options = { backend, blur, reach: reachAt(blur, reach), signal: run.signal };
    const { shifts, masses } = await pull({ ...source, points }, target, options);
    if (!masses.some((mass) => mass > 0)) break;
    const aims = points.map((value, k) => value + shifts[k]);
    await onStep?.({ ...progress, blur, points, from: points, aims, map });
    map = andThen(map, fitAffine({ points, aims, weights: masses, dimension: source.dimension }));
  }
  return map;
}
