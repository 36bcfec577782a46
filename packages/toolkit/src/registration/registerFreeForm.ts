import { InvalidOptionError, type Measure, runAsync } from '@sinkhorn/core';
import { shownNumber } from '../shownNumber.js';
import { type Bend, type Bending, bendByClosestPoints, bendByTransport } from './bend.js';
import { bendDoubts, residualDoubts } from './bendDoubts.js';
import { shaped } from './closestPoints.js';
import { apart, thinned } from './cloud.js';
import { identityMap, mapPoints } from './linearMap.js';
import { type CheckedRegistration, checkRegistration, type RegistrationOptions } from './options.js';
import { LOOKED_AT, missesMore, type Overlap, overlapOf, widthOf } from './overlap.js';
import { rigidMap, rivalDoubts } from './registerRigid.js';
import { type Registration, resultOf } from './registration.js';
import { fieldAt, MOST_CENTRES, type SmoothField, smoothField } from './smoothField.js';

/** How a free-form registration runs. */
export interface FreeFormOptions extends RegistrationOptions {
  /** Points closer than this move together: a length in units of the coordinates. Default: the spread of the target, halved while the clouds then lie on each other better, as far as samples tell. */
  readonly stiffness?: number;
  /** Whether a rigid registration comes first. Default true. */
  readonly rigid?: boolean;
}

/** A free-form registration. */
export interface FreeFormRegistration extends Registration {
  /** How smooth the bend is: points closer than this move together, as a length. */
  readonly stiffness: number;
}

/**
 * Bends a source onto a target: after a rigid registration, it finds the smoothest field of ways that brings the clouds onto each other. Points are
 * paired in two ways as the blur falls, by transport to what is near and by closest points, both with a small say along the surface or
 * curve that a partner lies on; the bend after which the clouds lie on each other best stays, and where the two differ much it is doubted. Any other
 * point can be moved along: `apply`.
 *
 * A sample tells a surface, not which of its points is which: what slides along a surface without changing it is not seen, and the smoothest bend is taken.
 * `stiffness` says how smooth. Where the source is turned by little, `rigid: false` keeps it from a wrong turn.
 *
 * Clouds are [N, D] and [M, D]; weights are taken as shares.
 *
 * @throws What `registerRigid` throws; InvalidOptionError for a `stiffness` that would need more than 150 Gaussians to bend so finely.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { registerFreeForm } from 'sinkhorn/toolkit';
 *
 * const source = Array.from({ length: 40 }, (_, i) => [i / 20, 0]);
 * const target = source.map(([x]) => [x, 0.3 * Math.sin(3 * x)]);
 * const { residual, apply } = await registerFreeForm(source, target, { backend: cpu(), rigid: false });
 * const [, y] = await apply([[0.525, 0]]);
 * if (residual > 0.05 || Math.abs(y - 0.3) > 0.01) throw new Error(`${residual} ${y}`);
 * ```
 */
export async function registerFreeForm(
  source: Measure,
  target: Measure,
  options: FreeFormOptions,
): Promise<FreeFormRegistration> {
  const checked = await checkRegistration('registerFreeForm', source, target, options, ['stiffness', 'rigid']);
  const { spread, whole } = checked;
  const { stiffness, rigid = true } = options;
  if (stiffness !== undefined && !(stiffness > 0 && Number.isFinite(stiffness))) {
    throw new InvalidOptionError(`stiffness is ${stiffness}: give a finite length above 0`);
  }
  if (typeof rigid !== 'boolean') throw new InvalidOptionError(`rigid is ${rigid}: give true or false`);
  const begin = rigid ? await rigidMap(checked, false) : undefined;
  const map = begin?.map;
  const placed = (points: ArrayLike<number>) => (map ? mapPoints(map, points) : Float64Array.from(points));
  const there = { ...checked.source, points: placed(checked.source.points) };
  const onto = shaped(checked.target);
  const { blurs } = checked;
  // What a smoother bend has done needs no wide blur again.
  const bentBy = (field: SmoothField, start?: Float64Array) =>
    bestBend(
      {
        ...checked,
        source: there,
        target: onto,
        field,
        ...(start && {
          start,
          blurs: blurs.filter((blur, step) => blur <= field.stiffness / 2 || step === blurs.length - 1),
        }),
      },
      checked,
    );
  let field = smoothField(there, spread, stiffness ?? spread);
  if (stiffness !== undefined && field.gap > stiffness / 2) {
    throw new InvalidOptionError(
      `stiffness is ${stiffness}: ${MOST_CENTRES} Gaussians so narrow do not cover the source; give ${shownNumber(2 * field.gap)} or more`,
    );
  }
  let best = await bentBy(field);
  // Finer bends begin where smoother ones end, whichever way pairs points: what these differ by remains.
  let differ = best ? apart(there, best.points, best.others) : 0;
  while (stiffness === undefined && best) {
    const finer = smoothField(there, spread, field.stiffness / 2);
    const other = finer.gap > finer.stiffness / 2 ? undefined : await bentBy(finer, best.bend.ways);
    if (!other || !isBetter(other.overlap, best.overlap)) break;
    [field, best] = [finer, other];
    differ = Math.max(differ, apart(there, best.points, best.others));
  }
  const coefficients = best?.bend.coefficients;
  const used = field;
  const apply = async (others: ArrayLike<number>) => {
    const at = placed(others);
    if (!coefficients) return at;
    const ways = await runAsync(fieldAt(used, coefficients, await runAsync(used.featuresOf(at))));
    return at.map((value, k) => value + ways[k]);
  };
  const sample = best?.points ?? there.points;
  const isWhole = there.weights.length === whole.count;
  const doubts = [...(begin ? rivalDoubts(begin) : []), ...bendDoubts(there, sample, differ, checked)];
  const points = isWhole ? sample : await apply(whole.points);
  const result = await resultOf(checked, { points, sample, apply, doubts });
  const ofResidual = checked.reach === undefined ? residualDoubts(result) : [];
  return { stiffness: used.stiffness, ...result, doubts: [...result.doubts, ...ofResidual] };
}

/** A finer bend is taken where the clouds lie on each other better by more than so many standard errors. */
const CERTAIN = 3;
/** And by more than this, in misses: less is some hundredths of the blur, which no bend needs to follow. Chosen, not measured. */
const GAIN = 0.02;

const isBetter = (finer: Overlap, smoother: Overlap): boolean =>
  smoother.miss - finer.miss > GAIN && missesMore(smoother, finer) > CERTAIN;

/** A bend, where it leaves the source, and where the other way of pairing points leaves it. */
interface BestBend {
  readonly bend: Bend;
  readonly points: Float64Array;
  readonly others: Float64Array;
  readonly overlap: Overlap;
}

/** Of the bends by either way of pairing points the one after which the clouds lie on each other best. */
async function bestBend(given: Omit<Bending, 'features'>, checked: CheckedRegistration): Promise<BestBend | undefined> {
  const { source, field, run } = given;
  const bending: Bending = {
    ...given,
    features: await runAsync(field.featuresOf(source.points), { signal: run.signal }),
  };
  const byTransport = await bendByTransport(bending);
  if (!byTransport) return undefined;
  const width = widthOf(checked);
  const target = shaped(thinned(checked.target, LOOKED_AT));
  const [one, two] = [byTransport.bend, await bendByClosestPoints(bending, byTransport.first)].map((bend) => {
    const points = source.points.map((value, k) => value + bend.ways[k]);
    const moved = shaped(thinned({ ...source, points }, LOOKED_AT));
    return { bend, points, overlap: overlapOf(moved, target, identityMap(source.dimension), width) };
  });
  return two.overlap.miss < one.overlap.miss ? { ...two, others: one.points } : { ...one, others: two.points };
}
