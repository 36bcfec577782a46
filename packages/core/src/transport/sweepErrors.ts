import { centred, norm } from '../linear/norm.js';
import { diameter } from '../measure/frame.js';
import type { HostGradients } from '../measure/hostGradients.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, type Side } from '../measure/side.js';
import { strengths } from './context.js';
import { FLOOR, relativeError, type SolveErrors } from './errors.js';
import { type HostPotentials, potentialsOf } from './hostPotentials.js';
import { hasLight, lastChanges } from './lastChanges.js';
import type { SinkhornOptions } from './options.js';
import { partsApart } from './partsApart.js';
import { LAST_DIGIT, ROUNDINGS } from './rounding.js';
import type { SlopeRoundings } from './slopeRoundings.js';
import type { SlowSteps } from './slowSteps.js';

/** What is known of a problem that alternating updates have solved. */
export interface SweptProblem {
  readonly pair: MeasurePair;
  readonly options: SinkhornOptions;
  readonly values: Float64Array;
  readonly gradients: HostGradients;
  /** The part of the gradients in the points that comes from the transport from x to y, where that is known. */
  readonly crossSlopes?: { readonly [S in Side]?: Float64Array };
  readonly potentials: HostPotentials;
  /** The potentials before the last update, of which light points count as heavy ones. */
  readonly before: HostPotentials;
  /** The norms of what the last update changed gradients in the points by, where that is known. */
  readonly slopeChanges?: { readonly [S in Side]?: number };
  /** The norms of what rounded coordinates may change gradients in the points by, where that counts. */
  readonly slopeRoundings?: SlopeRoundings;
  /**
   * Potentials of the transport from x to y after successive updates, where they are known: the first of them may come from an extrapolation.
   */
  readonly successive?: Readonly<Record<Side, readonly Float64Array[]>>;
  /** The largest marginal error of the potentials, and how far they seem to be from their solution, where that is known. */
  readonly marginalError: number;
  readonly change?: number;
  /** How many times further than what an update shows, where that is known. */
  readonly further?: number;
  /** How many sweeps it took at the last temperature; 0, the default, where what hides from a few updates is not to be feared. */
  readonly sweeps?: number;
  /** The marginal error of the self problems. */
  readonly selfError?: number;
  /** What the values are off by, about, as the last update shows it: one number an element. */
  readonly squares: Float64Array;
  /** What one sweep's change of a side says that its potential lacks, where that is known. */
  readonly lacking?: (side: Side, steps: Float64Array) => SlowSteps;
  /** The largest cost of a few pairs, where costs are a formula of your own. */
  readonly largestCost?: number;
  /** What coordinates that are rounded change costs of a formula of your own by. */
  readonly costRounding?: number;
  /** The precision of the last update. */
  readonly precision: 'float32' | 'float64';
  /** The diagonal of the bounding box. */
  readonly longest: number;
}

/** Where nothing else is known, potentials are taken to be so many marginal errors from their solution: at most 4 in "gradientError". */
const CHANGES_OF_ERROR = 8;
/** A value is taken to be off by so many times what the squares show. The quadratic term has 1/2; more is caution, and `pnpm fuzz` judges it. */
const VALUES_OF_SQUARES = 8;
/** How many times further than the last update the rest may be for light points to be still on their way. Raising it believes more. Chosen; `pnpm fuzz` judges it. */
const SLOW = 20;
/** The largest cost over the temperature from which parts may have no link that float64 sees. Raising it believes more. -log(ULP), rounded down. */
export const FROZEN = 30;
/** How many times the largest cost mass of light points may be astray, on its way from point to point. Raising it is caution; `pnpm fuzz` judges it. */
const MOST_WAYS = 8;
/**
 * The cost of the way between two parts, over the temperature, from which they hardly exchange mass. Raising it believes that updates show what more
 * parts lack. Chosen; `pnpm fuzz` judges it.
 */
export const LINKED = 7;
/** A marginal error, a share of the mass, that says nothing of the solution any more: all of the mass is where it should not be. */
const LOST = 1;
/** How many times larger than what an update shows is what potentials lack, at least: extrapolations miss slow modes. As those. */
const LEAST_FURTHER = 4;
/** Self potentials are so many of their marginal errors from their solution: averaged updates halve what is left. */
const CHANGES_OF_SELF_ERROR = 2;
/** And a gradient by so many times what the last update changed it by. Raising it is caution; `pnpm fuzz` judges it. */
const SLOPES_OF_CHANGES = 2;
/** And a potential by so many times that. Raising it is caution; `pnpm fuzz` judges it. */
const POTENTIALS_OF_CHANGES = 8;
/** And by so many times what is known to go on slowly. Raising it is caution; `pnpm fuzz` judges it. */
const POTENTIALS_OF_SLOW = 4;
/**
 * Accelerated sweeps need about so many for each unit of the square root of how many times further plain updates would go: modes that hide
 * behind faster ones show in that alone. Lowering it is caution. Of e^-9 with the best over-relaxation, 4.5; `pnpm fuzz` judges it.
 */
const SWEEPS_OF_ROOT = 3;
/**
 * By how many times more than the slowest part is known to go further, sweeps say that something else is slow: mass in pieces, with little in
 * between. Raising it believes more. Chosen, of twice as many sweeps.
 */
const UNUSUAL = 4;
/** A formula of your own is taken to be so many times steeper than its largest value over the longest way: r^4 is. Raising it is caution; `pnpm fuzz` judges it. */
const STEEPER = 4;
const SIDES: readonly Side[] = ['x', 'y'];

/**
 * Terms that backends with float64 add up one after the other, at most: where they are alike each rounds off the same. Raising it makes estimates of
 * large clouds safer and larger. That of the widest lane of wasm's tiles.
 */
const TERMS_IN_A_ROW = 128;

/**
 * Estimates of the errors of a result of alternating updates, from how far its potentials seem to be from their solution. Values are
 * off by the square of that, gradients in proportion to it.
 */
export function sweepErrors({
  pair,
  options,
  values,
  gradients,
  crossSlopes = {},
  potentials,
  before,
  slopeChanges,
  slopeRoundings,
  successive,
  marginalError,
  change = CHANGES_OF_ERROR * marginalError,
  further: known = CHANGES_OF_ERROR,
  sweeps = 0,
  selfError = 0,
  squares,
  lacking,
  largestCost = 0,
  costRounding = 0,
  precision,
  longest,
}: SweptProblem): SolveErrors {
  const { p, blur, homogeneous } = options;
  const epsilon = blur ** p;
  const rho = strengths(options);
  const mass = Math.max(...pair.x.masses, ...pair.y.masses);
  // The largest value of a formula of your own is not known: a few pairs stand in for it, and potentials, which add up to costs.
  const costScale = homogeneous
    ? longest ** p / p
    : potentials.f_ba.reduce((most, potential) => Math.max(most, Math.abs(potential)), largestCost);
  const isBalanced = rho.x === Number.POSITIVE_INFINITY && rho.y === Number.POSITIVE_INFINITY;
  const finest = Math.min(epsilon, rho.x, rho.y, costScale);
  // A logarithm is rounded to its last digit, and then multiplied by the temperature.
  // In D dimensions a distance gathers about sqrt(D) / 2 more of them.
  const digits = ROUNDINGS * (1 + Math.sqrt(pair.x.dimension) / 2) * LAST_DIGIT[precision];
  const terms = precision === 'float64' ? Math.min(TERMS_IN_A_ROW, Math.max(pair.x.count, pair.y.count)) : 0;
  const rounding = digits * (costScale + epsilon) + terms * LAST_DIGIT[precision] * epsilon + costRounding;
  const floor = FLOOR * costScale * mass;
  // Where all points are in one place there is no cost to judge by: Newton's method goes by the temperature then.
  if (!(marginalError < LOST) || costScale === 0) {
    const unknown = Number.POSITIVE_INFINITY;
    return { value: unknown, gradient: unknown, weights: unknown, floor };
  }
  const last = bySide((side) =>
    lastChanges(
      pair[side],
      successive?.[side] ?? [potentialsOf(before, side).cross, potentialsOf(potentials, side).cross],
      epsilon,
      rounding,
    ),
  );
  const slow = lacking && bySide((side) => lacking(side, last[side].steps));
  // How many times larger than what an update shows is what potentials lack.
  const further = Math.max(LEAST_FURTHER, known, last.x.further, last.y.further);
  // Where marginals need not be met, penalties alone hold what all potentials of a side have in common, at a rate that is known.
  const along = isBalanced ? 0 : 1 / (1 - 1 / ((1 + epsilon / rho.x) * (1 + epsilon / rho.y)));
  // Many sweeps say that something is slow; where it is known what is, that tells more, unless they were too many for that. Nothing goes on
  // for longer than penalties let it, and under a cost of your own, whose parts are not known, all of it may.
  const bySweeps = (sweeps / SWEEPS_OF_ROOT) ** 2;
  const isKnown = slow && bySweeps <= UNUSUAL * Math.max(slow.x.furthest, slow.y.furthest);
  const cautious = isKnown ? further : Math.max(further, homogeneous ? 0 : along, bySweeps);
  const drift = (along * (last.x.drift + last.y.drift)) / finest;
  // Of points whose potentials may go on by more than a temperature nobody knows where their mass belongs.
  const lost = massOfLost('x') + massOfLost('y');
  const steepest = homogeneous ? (p === 1 ? 1 : 2 * longest) : (STEEPER * costScale) / (longest || 1);
  const areLightLost = sweeps > 0 && further > SLOW && (hasLight(pair.x) || hasLight(pair.y));
  // Where sweeps change nothing any more at a small temperature, parts may be left that no mass links.
  const isFrozen = isBalanced && !homogeneous && costScale > FROZEN * epsilon && last.x.further + last.y.further === 0;
  const between = betweenParts();
  const astray = (areLightLost ? MOST_WAYS * costScale * (last.x.light + last.y.light) : 0) + between.value;
  const most = homogeneous ? 2 * costScale * marginalError * mass : Number.POSITIVE_INFINITY;
  // Where mass may be created or destroyed, slopes in it are those of potentials times 1 + eps / rho, for each unit of mass that is taken.
  const taken = (1 + epsilon / Math.min(rho.x, rho.y)) * Math.max(massTaken('x'), massTaken('y'));
  const errorOf = (value: number, element: number): number =>
    relativeError(
      taken * rounding + astray + Math.min(VALUES_OF_SQUARES * (squaresOf(element) + drift), most),
      value,
      floor,
    ) + digits;
  const squaresOf = (element: number): number =>
    Math.max(cautious * squares[element], slow ? (slow.x.squares[element] + slow.y.squares[element]) / finest : 0);
  const inPlan = change + CHANGES_OF_SELF_ERROR * selfError + rounding / finest;
  // Where mass may be created or destroyed, how much is depends on potentials too.
  const inMass = Math.min(rho.x, rho.y) < Number.POSITIVE_INFINITY ? change : 0;
  // Where mass may be created or destroyed, a weight's slope is that of the potential times (1 + eps / rho) exp(-f / rho).
  const amplified = (side: Side, potential: number) =>
    (1 + epsilon / rho[side]) * Math.exp(Math.max(0, -potential / rho[side]));
  const amplifiedOnes = (side: Side) => {
    const { cross, self } = potentialsOf(potentials, side);
    return norm(cross.map((value, index) => amplified(side, Math.min(value, self?.[index] ?? value))));
  };
  const usual = slopeSpread(pair, options, longest) || steepest;
  const size = (numbers: Float64Array) => norm(isBalanced ? centred(numbers, pair.x.batch) : numbers);
  /** What potentials lack, by the last changes. */
  const lackOf = (side: Side) => {
    const { cross, self: own } = potentialsOf(potentials, side);
    const from = potentialsOf(before, side).self;
    const { steps, drift: common } = last[side];
    return Math.hypot(
      cautious * size(steps.map((step, index) => amplified(side, cross[index]) * step)),
      along * amplifiedOnes(side) * Math.sqrt(common / mass),
      own && from ? cautious * size(own.map((value, index) => amplified(side, value) * (value - from[index]))) : 0,
    );
  };
  // What one side lacks the other one does, even where its own last change does not show it.
  const slowest = slow
    ? Math.max(...SIDES.map((side) => slow[side].potentials / Math.sqrt(pair[side].weights.length)))
    : 0;
  let [gradient, weights] = [0, 0];
  for (const side of SIDES) {
    const found = gradients[side];
    if (!found) continue;
    const masses = norm(pair[side].weights);
    const slopes = crossSlopes[side];
    const spread = Math.max(
      usual,
      p === 2 && homogeneous && isBalanced && slopes
        ? splitSpread(pair, side, slopes, potentials, epsilon, marginalError * longest ** 2)
        : 0,
    );
    const slope = norm(found.points);
    gradient = Math.max(
      gradient,
      relativeError(
        // A row of few pairs, one of them far, has slopes that are further apart than others.
        Math.max(inPlan * masses * spread, SLOPES_OF_CHANGES * further * (slopeChanges?.[side] ?? 0)) +
          inMass * slope +
          (slopeRoundings?.[side] ?? 0) +
          steepest * (lost + between.mass),
        slope,
        FLOOR * masses * (longest > 0 ? costScale / longest : 0),
      ),
    );
    const ones = amplifiedOnes(side);
    // What marginal errors are judged at: potentials are off by so much for each.
    const temperature = Math.min(epsilon, rho[side], p * costScale);
    weights = Math.max(
      weights,
      relativeError(
        ones * (rounding + (areLightLost || isFrozen ? costScale : temperature * change)) +
          Math.max(POTENTIALS_OF_CHANGES * lackOf(side), POTENTIALS_OF_SLOW * ones * slowest) +
          ones * between.potentials,
        size(found.weights),
        FLOOR * costScale,
      ),
    );
  }
  return { value: Math.max(...values.map(errorOf)), gradient, weights, floor };

  /** The mass that plans take from a side, that of an element which takes most. */
  function massTaken(side: Side): number {
    const { weights, masses, count } = pair[side];
    if (rho[side] === Number.POSITIVE_INFINITY) return mass;
    const { cross, self } = potentialsOf(potentials, side);
    const totals = new Float64Array(masses.length);
    for (const [i, weight] of weights.entries()) {
      if (weight > 0)
        totals[Math.floor(i / count)] += weight * Math.exp(-Math.min(cross[i], self?.[i] ?? cross[i]) / rho[side]);
    }
    return Math.max(mass, ...totals);
  }

  /**
   * What parts of the measures lack that hardly exchange mass: within parts updates settle fast, and hide that the mass of a whole part is not
   * what it should be. Where marginals are held, as much as costs allow may be left of their potentials then.
   */
  function betweenParts(): { value: number; mass: number; potentials: number } {
    const nothing = { value: 0, mass: 0, potentials: 0 };
    if (!homogeneous || options.tolerance === null || longest === 0) return nothing;
    const apart = (temperatures: number) => partsApart(pair, blur * (temperatures * p) ** (1 / p));
    const { of, counts } = apart(LINKED);
    if (Math.max(...counts) === 1) return nothing;
    let [value, moved] = [0, 0];
    // Penalties alone hold what a part has in common, and an update that is rounded leaves so many times its rounding of it.
    let potentials = isBalanced ? 0 : along * LAST_DIGIT[precision] * (costScale + epsilon);
    for (const side of SIDES) {
      const { weights, count } = pair[side];
      let [ofSide, movedOfSide] = [0, 0];
      for (const [element, parts] of counts.entries()) {
        const [masses, off] = [new Float64Array(parts), new Float64Array(parts)];
        for (let i = element * count; i < (element + 1) * count; i++) {
          const part = of[side][i];
          if (part < 0) continue;
          masses[part] += weights[i];
          off[part] += weights[i] * Math.max(-1, Math.min(1, last[side].steps[i] / epsilon));
        }
        for (const [part, mass] of masses.entries()) {
          const missing = Math.max(0, Math.abs(off[part]) - (mass * rounding) / epsilon);
          if (missing === 0) continue;
          const lack = isBalanced ? 2 * costScale : Math.min(2 * costScale, along * epsilon * (missing / mass));
          ofSide += (missing * lack) / 2;
          movedOfSide += isBalanced ? missing : mass * Math.min(1, lack / finest);
          potentials = Math.max(potentials, lack);
        }
      }
      [value, moved] = [Math.max(value, ofSide), Math.max(moved, movedOfSide)];
    }
    const isLoose = isBalanced && Math.max(...apart(FROZEN).counts) > 1;
    return { value, mass: moved, potentials: isLoose ? 2 * costScale : potentials };
  }

  function massOfLost(side: Side): number {
    return pair[side].weights.reduce(
      (total, weight, i) => (Math.abs(last[side].steps[i]) * further > epsilon ? total + weight : total),
      0,
    );
  }
}

/** How far the slopes of a row's pairs are from their mean: about a blur for |x - y|^2 / 2, up to 1 for |x - y|; 0 where it is not known. */
export function slopeSpread(
  { x, y }: MeasurePair,
  { p, blur, homogeneous }: SinkhornOptions,
  longest = diameter([x, y]),
): number {
  if (!homogeneous) return 0;
  return p === 1 ? 1 : Math.min(blur * Math.sqrt(x.dimension), longest);
}

/**
 * How far the slopes of |x - y|^2 / 2 in a row are from their mean at least, the root of the mean square: where a point's mass goes to places
 * far from each other, that is more than a blur. The mean of |x - y|^2 is twice the value, less eps times an entropy of log N at most.
 */
function splitSpread(
  pair: MeasurePair,
  side: Side,
  slopes: Float64Array,
  { f_ba, g_ab }: HostPotentials,
  epsilon: number,
  unsure: number,
): number {
  const { x, y } = pair;
  const { weights, batch, count, masses } = pair[side];
  let most = 0;
  for (let element = 0; element < batch; element++) {
    let squares = 0;
    for (const [{ weights: each, count: points }, potential] of [
      [x, f_ba],
      [y, g_ab],
    ] as const) {
      for (let i = element * points; i < (element + 1) * points; i++)
        if (each[i] > 0) squares += 2 * each[i] * potential[i];
    }
    for (let i = element * count; i < (element + 1) * count; i++) {
      if (!(weights[i] > 0)) continue;
      for (let k = i * x.dimension; k < (i + 1) * x.dimension; k++) squares -= slopes[k] ** 2 / weights[i];
    }
    most = Math.max(most, squares / masses[element]);
  }
  return Math.sqrt(Math.max(0, most - 2 * epsilon * Math.log(Math.max(x.count, y.count)) - unsure));
}
