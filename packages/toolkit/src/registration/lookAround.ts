import type { Task } from '@sinkhorn/core';
import { report } from '@sinkhorn/core/extend';
import { product, transposed } from '../linear/matrix.js';
import { spectrum } from '../linear/spectrum.js';
import { closer, falling, nearWidths, type ShapedCloud, shaped } from './closestPoints.js';
import { type Cloud, covarianceOf, meanOf, spreadOf, thinned } from './cloud.js';
import { evenRotations } from './evenRotations.js';
import { andThen, type LinearMap, mapPoints } from './linearMap.js';
import type { CheckedRegistration } from './options.js';
import { LOOKED_AT, type Overlap, overlapOf, widthOf } from './overlap.js';
import { rigidMaps } from './settle.js';

/** A map, and how the clouds lie on each other after it. */
export interface Placement {
  readonly map: LinearMap;
  readonly overlap: Overlap;
}

/** Points that tell which sides are worth a closer look. */
const FEW = 150;
/** Steps of the look from afar. */
const STEPS = 12;
/** Sides that are looked at closely. */
const KEPT = 12;
/**
 * Where a source may lie on a target: rotations all around and half turns of a known map about the target's axes, each brought closer by
 * steps of closest points, and known maps too. Those that turn otherwise, the one that misses least first.
 */
export function* lookAround(
  checked: Pick<CheckedRegistration, 'source' | 'target' | 'spread'>,
  scale: boolean,
  known: readonly LinearMap[],
): Task<Placement[]> {
  const { source, target, spread } = checked;
  const width = widthOf(checked);
  const maps = rigidMaps(scale);
  let looked = 0;
  function* closest([here, there]: readonly ShapedCloud[], starts: readonly LinearMap[], widths: readonly number[]) {
    const placements: Placement[] = [];
    for (const start of starts) {
      yield* report({ stage: 'looking from all sides', share: Math.min(1, looked++ / (all.length + KEPT)) });
      const map = closer(here, there, start, maps, widths);
      placements.push({ map, overlap: overlapOf(here, there, map, width) });
    }
    return apartOf(placements, KEPT);
  }
  const all = [...startsOf(source, target, scale), ...known.flatMap((map) => halfTurned(source, target, map))];
  const few = [source, target].map((cloud) => shaped(thinned(cloud, FEW)));
  const sides = yield* closest(few, all, falling(spread, 2 * width, STEPS));
  const many = [source, target].map((cloud) => shaped(thinned(cloud, LOOKED_AT)));
  return yield* closest(many, [...known, ...sides.map(({ map }) => map)], nearWidths(width));
}

/** Misses that differ by less are as good as the same. */
const ROUNDED = 1e-6;

/** Those that turn otherwise, so many at most, the one that misses least first. */
function apartOf(placements: readonly Placement[], most: number): Placement[] {
  const kept: Placement[] = [];
  // Of those that miss as much, to rounding, the first: points on a line leave a turn around it open.
  const missed = ({ overlap }: Placement) => Math.round(overlap.miss / ROUNDED);
  for (const placement of placements.toSorted((a, b) => missed(a) - missed(b))) {
    if (kept.length < most && kept.every(({ map }) => areApart(map, placement.map))) kept.push(placement);
  }
  return kept;
}

/** Rotations closer than this, the length of the difference of their matrices, count as one: 15 degrees in space. */
const APART = 0.37;

/** Whether two maps turn otherwise. */
export const areApart = (a: LinearMap, b: LinearMap): boolean =>
  Math.hypot(...a.matrix.map((value, k) => value - b.matrix[k])) > APART;

/** A map of that matrix which takes one point to another. */
function around(matrix: Float64Array, from: Float64Array, to: Float64Array): LinearMap {
  const moved = mapPoints({ matrix, translation: new Float64Array(to.length) }, from);
  return { matrix, translation: to.map((value, d) => value - moved[d]) };
}

/** The means brought together and turned all ways, the given one first; with a scale spreads brought together too. */
export function startsOf(source: Cloud, target: Cloud, scale: boolean): LinearMap[] {
  const [from, to] = [source, target].map(meanOf);
  const factor = (scale && spreadOf(target) / spreadOf(source)) || 1;
  return evenRotations(source.dimension).map((rotation) =>
    around(
      rotation.map((value) => value * factor),
      from,
      to,
    ),
  );
}

/** What a map becomes by half turns about the target's axes, which symmetric shapes cannot tell from it: in the plane and in space. */
export function halfTurned(source: Cloud, target: Cloud, map: LinearMap): LinearMap[] {
  const { dimension } = target;
  if (dimension > 3) return [];
  const { vectors } = spectrum(covarianceOf(target), dimension);
  const centre = mapPoints(map, meanOf(source));
  return (dimension === 3 ? [0, 1, 2] : dimension === 2 ? [-1] : []).map((axis) => {
    const scaled = vectors.map((value, k) => (Math.floor(k / dimension) === axis ? value : -value));
    return andThen(map, around(product(transposed(vectors, dimension), scaled, dimension), centre, centre));
  });
}
