import type { Backend } from '../../backend/backend.js';
import { centred, norm } from '../../linear/norm.js';
import type { DivergencePenalty } from '../../marginal/divergencePenalty.js';
import type { WeightsPair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { FoundPotentials } from '../../transport/balancedPotentials.js';
import type { Units } from '../../transport/context.js';
import { type CertifiedValue, type MeasuredSide, nextChange } from '../../transport/dualityGap.js';
import { FLOOR, relativeError, type SolveErrors } from '../../transport/errors.js';
import { freeWay } from '../../transport/freeWay.js';
import { potentialsOf } from '../../transport/hostPotentials.js';
import { LAST_DIGIT, ROUNDINGS } from '../../transport/rounding.js';
import type { SlopeRoundings } from '../../transport/slopeRoundings.js';
import { slownessAlong } from '../../transport/slownessAlong.js';
import { FROZEN } from '../../transport/sweepErrors.js';

/** How costs change with a point, where somebody knows. */
export interface Slopes {
  /** How steep costs are in a point, at most, in the input's units. */
  readonly steepest?: number;
  /** How far slopes of a row's pairs are from their mean, about. */
  readonly spread?: number;
}

/** A solve whose value has a duality gap. Lengths and costs are in the device's units, apart from what the gradients are in. */
export interface SolvedByGap {
  readonly pair: WeightsPair;
  readonly penalty: Readonly<Record<Side, DivergencePenalty>>;
  readonly units: Pick<Units, 'energy' | 'length'>;
  /** The last temperature. */
  readonly epsilon: number;
  /** A bound on the costs; 0 where there is none to go by. */
  readonly costScale: number;
  readonly precision: Backend['precision'];
  readonly sides: Readonly<Record<Side, MeasuredSide>>;
  readonly found: FoundPotentials;
  readonly certified: CertifiedValue;
  /** The gradients in points that were made, in the input's units. */
  readonly points: { readonly [S in Side]?: Float64Array };
  /** What rounded coordinates leave unknown of those, on the device. */
  readonly rounded?: SlopeRoundings;
  /** The gradients in weights, in the input's units. */
  readonly weightGradients: Readonly<Record<Side, Float64Array>>;
  /** How many of its last changes the slowest self problem has still to go. */
  readonly slowest: number;
  /** How far the potentials of the start were from their solution, in temperatures, where a solver told it. */
  readonly remaining?: number;
  /** Whether points lie in parts that hardly exchange mass, where somebody knows. */
  readonly isInParts?: () => boolean;
  /** The largest size of what is added up: costs, potentials, the temperature. */
  readonly range: number;
  /** What values and potentials lose by rounding. */
  readonly rounding: number;
}

/** Where nobody knows how steep costs are: so many times as steep as they are on average at some point. A guess, told as an estimate. */
const STEEPER = 4;
/**
 * Potentials are taken to be so many times what the last update changed from their solution: in float32 alone, and in float64, where updates
 * go on until nothing changes and so the slowest count, which leave .999 of an error each. Chosen, not measured.
 */
const CHANGES = { float32: 16, float64: 1000 } as const;

/** What a solve is off by: its value by its gap, which is a bound, its gradients by what the last update changed, which are estimates. */
export function gapErrors(
  solved: SolvedByGap,
  wanted: { readonly wrt: readonly Side[]; readonly plan?: boolean },
  slopes: Slopes = {},
): SolveErrors {
  const { pair, penalty, units, epsilon, precision, sides, certified, range, rounding } = solved;
  const { values, gaps, planErrors, masses } = certified;
  const digits = ROUNDINGS * LAST_DIGIT[precision];
  const pinned = rounding / Math.min(epsilon, range);
  // Rounding of marginals makes the bound a root of it: what one more update changes tells more where float32 is all there is, and where
  // nothing changes any more.
  const changed = (['x', 'y'] as const).map((side) => nextChange(penalty[side], pair[side], sides[side], epsilon));
  const inEntries = CHANGES[precision] * Math.max(...changed) + pinned;

  let gradient = Math.max(0, ...wanted.wrt.map((side) => pointsError(solved, side, { inEntries, pinned }, slopes)));
  if (wanted.plan) {
    const inPlan = planErrors.x.map((error, element) => error / Math.max(masses[element], Number.MIN_VALUE) + pinned);
    gradient = Math.max(gradient, Math.min(Math.max(...inPlan), inEntries));
  }
  const weighed = wanted.plan ? (['x', 'y'] as const) : wanted.wrt;
  const potentials = { x: sides.x.cross.potential, y: sides.y.cross.potential };
  const along = slownessAlong(penalty, pair, potentials, epsilon);
  const lacking = potentialsLack(solved, along, pinned);
  const mass = Math.max(...pair.x.masses, ...pair.y.masses);
  const floor = FLOOR * range * mass;
  // Where both marginals are held, means carry no meaning.
  const isStraight = along === 1 && !(penalty.x.balanced && penalty.y.balanced);
  const free = isStraight ? freeWay(penalty, pair, potentials, 2 * range, mass * rounding) : 0;
  return {
    value: Math.max(
      ...values.map((value, element) => relativeError(gaps[element] + mass * rounding, value, floor) + digits),
    ),
    gradient,
    weights: Math.max(
      0,
      ...weighed.map((side) => {
        const most = Math.min(2 * range, along * rounding + epsilon * lacking + free);
        return weightsError(solved, side, units.energy * most) + digits;
      }),
    ),
    floor: units.energy * floor,
  };
}

/** How far potentials are from their solution, in temperatures. */
function potentialsLack(
  { pair, units, epsilon, costScale, precision, found, slowest, remaining, isInParts }: SolvedByGap,
  along: number,
  pinned: number,
): number {
  // The side that was updated last shows no change of its own: what one of both lacks the other one does.
  const changes = Math.max(
    ...(['x', 'y'] as const).map((side) => potentialChanges(found, side, units.energy * epsilon)),
  );
  const slowly = CHANGES.float32 * slowest * changes;
  if (remaining !== undefined) return remaining + slowly;
  // Where updates change nothing any more at a small temperature, or almost nothing, parts may be left that no mass links, and that no penalty
  // holds.
  const isSingle = Math.min(pair.x.count, pair.y.count) === 1;
  if (along === 1 && !isSingle && costScale > FROZEN * epsilon && (changes < pinned || isInParts?.()))
    return Number.POSITIVE_INFINITY;
  return Math.max(Math.max(CHANGES[precision], along) * changes, slowly);
}

/** What a side's gradient in points is off by; 0 where it was not made. */
function pointsError(
  { pair, units, sides, certified, points, rounded }: SolvedByGap,
  side: Side,
  off: { readonly inEntries: number; readonly pinned: number },
  { steepest, spread = 0 }: Slopes,
): number {
  const { weights, masses } = pair[side];
  const { cross, self } = sides[side];
  const gradient = points[side];
  if (!cross.slopes || !gradient) return 0;
  const perLength = units.energy / units.length;
  const size = cross.slopes.length / weights.length;
  const steep = steepest ?? (STEEPER * units.energy * steepestMean(cross.slopes, weights, size)) / units.length;
  const errors = certified.planErrors[side].map((error, element) => steep * (error + off.pinned * masses[element]));
  const least = FLOOR * steep * norm(weights) || 0;
  // Masses of pairs are off by so much of themselves: what a point is pulled by is off by as much, and by how far its pulls differ.
  const pull = (of?: typeof cross) => {
    if (!of?.slopes) return 0;
    const pulled = weights.map((weight, i) => weight * of.shares[i]);
    return perLength * norm(of.slopes) + norm(pulled) * spread;
  };
  const guess = off.inEntries * (pull(cross) + pull(self));
  return relativeError(Math.min(norm(errors), guess) + perLength * (rounded?.[side] ?? 0), norm(gradient), least);
}

/** What a side's gradient in weights is off by, of potentials that are off by so much. */
function weightsError({ pair, penalty, units, range, weightGradients }: SolvedByGap, side: Side, off: number): number {
  const { count, batch } = pair[side];
  const isBalanced = penalty.x.balanced && penalty.y.balanced;
  const slopes = isBalanced ? centred(weightGradients[side], batch) : weightGradients[side];
  return relativeError(Math.sqrt(count) * off, norm(slopes), Math.sqrt(count) * FLOOR * units.energy * range);
}

/** The longest gradient of a point over its weight. */
function steepestMean(slopes: Float64Array, weights: Float64Array, size: number): number {
  let longest = 0;
  for (const [i, weight] of weights.entries()) {
    if (weight > 0) longest = Math.max(longest, norm(slopes.subarray(i * size, (i + 1) * size)) / weight);
  }
  return longest;
}

/** The largest change of a side's potentials in the last update, over the temperature. */
function potentialChanges({ iterates, potentials }: FoundPotentials, side: Side, unit: number): number {
  const [before, after] = [potentialsOf(iterates, side), potentialsOf(potentials, side)];
  let largest = 0;
  for (const problem of ['cross', 'self'] as const) {
    after[problem]?.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(value - (before[problem]?.[i] ?? value)));
    });
  }
  return largest / unit;
}
