import { norm } from '../../linear/norm.js';
import { compensatedSum } from '../../measure/compensatedSums.js';
import type { Side } from '../../measure/side.js';
import { FLOOR, relativeError, type SolveErrors } from '../errors.js';
import type { FinalRows } from './finalRows.js';
import { finestScale, massTaken } from './hostProblem.js';
import type { Remaining } from './remaining.js';
import { WIDE } from './rowPass.js';

/** What is known of one side of a solved element. */
export interface SolvedSide {
  /** Masses, in the input's units. */
  readonly weights: Float64Array;
  readonly rho: number;
  /** Of the problem in shares where both marginals are met exactly, and `unit` is the mass then. */
  readonly cross: FinalRows;
  readonly self?: FinalRows;
  /** What the last update of the self problem changed at each point with mass, in temperatures. */
  readonly selfMissing?: Float64Array;
  readonly unit: number;
  /** The gradients as they are given. */
  readonly pointSlopes: Float64Array;
  readonly weightSlopes: Float64Array;
}

/** What is known of a solved element. */
export interface SolvedElement {
  readonly value: number;
  readonly epsilon: number;
  readonly costScale: number;
  /** Whether costs are a formula of your own. */
  readonly isFormula: boolean;
  /** The diagonal of the bounding box. */
  readonly longest: number;
  /** The marginal errors that were left. */
  readonly crossError: number;
  readonly selfError: number;
  readonly remaining: Remaining;
  readonly sides: Readonly<Record<Side, SolvedSide>>;
}

/** The distance between 1 and the next number. */
const ULP = 2 ** -52;
/**
 * Roundings that a result gathers, in units of the last digit of the largest number that went into it. Raising it makes estimates safer and
 * larger; found with `pnpm fuzz`. In D dimensions sqrt(D) / 2 times as many come from the sum of squares.
 */
const ROUNDINGS = 32;
/**
 * Roundings that a value gathers, in units of its last digit and of those of what it is made of, in quadrature: they are of either sign, and come
 * from points one by one. Raising it makes estimates safer and larger; found with `pnpm fuzz`, seeds 504 and 505. In D dimensions sqrt(1 + D / 16)
 * times as many.
 */
const VALUE_ROUNDINGS = 4;
/** The share of the sum of all potentials that roundings come to as if they had the same sign. Raising it is caution; found likewise. */
const SAME_SIGN = 0.1;
/** Roundings of logarithms are those of temperatures: so many for each of the above. Raising it is caution; found likewise. */
const OF_TEMPERATURES = 2;
/** And of masses, besides what plain sums of weights are off by: this share of one. Raising it is caution; found likewise. */
const OF_MASSES = { balanced: 1 / 4, free: 1 };
/** A formula of your own may lose digits on its way: so many times more roundings. Raising it is caution; `pnpm fuzz` judges it. */
const OF_FORMULAS = 8;
/**
 * A value is off by so many times what one more step would add to it, which is solved for to a tenth. Raising it is caution; found with `pnpm fuzz`,
 * where twice was needed.
 */
const VALUES_OF_STEP = 4;
/**
 * Roundings that a row of the plan and its mean slope gather, in units of the last digits of what their exponents are made of. Raising it makes estimates
 * of gradients safer and larger; found with `pnpm fuzz`. In D dimensions sqrt(D) / 2 times as many come from the sum of squares.
 */
const SLOPE_ROUNDINGS = 4;
/** A value is off by so many times the squares of what self potentials lack; the quadratic term has 1/2. Raising it is caution. */
const VALUES_OF_SQUARES = 4;
/**
 * A relative marginal error that is left where rounding ends a solve, and not its target: ten times the target. Raising it adds to fewer
 * estimates what a penalty alone holds. Chosen; `pnpm fuzz` judges it.
 */
const UNSETTLED = 1e-11;
/**
 * How many times the last change of self potentials what they still lack may be: updates that leave 4/5 of an error each. Raising it makes
 * estimates of the weights' gradients safer and larger; found with `pnpm fuzz`.
 */
const LAGGING = 4;
/**
 * How many times what one more step and the marginal errors show potentials may be off by. Raising it makes estimates of the weights' gradients safer
 * and larger; found with `pnpm fuzz`.
 */
const BEYOND = 2;
/**
 * The relative marginal error beyond which one more step of Newton's method tells little: mass may stand at wrong points, as far off as can
 * be. Raising it believes steps longer. Chosen; results that are settled are far below.
 */
const LOST = 1e-4;
/** How many times the largest potential the largest cost is in ordinary problems, at most: only where it is more does it not count. */
const SIMILAR = 32;
/** Roundings of the two masses that potentials pay for, in last digits: that of each sum and that of their ratio. `pnpm fuzz` judges it. */
const MASS_ROUNDINGS = 3;
/** The temperatures that a pair's cost may be above its potentials for its entry to have a digit in a row: -log(ULP), rounded up. */
const COUNTED = 45;
/** In temperatures, for points that are all in one place: a thousand times what roundings come to. */
const COINCIDENT_FLOOR = 2 ** -36;

/**
 * Estimates of the errors of a solved element: what one more step of Newton's method would change, what the self problems' last update
 * says, and what rounding may have changed.
 */
export function solveErrors({
  value,
  epsilon,
  costScale,
  isFormula,
  longest,
  crossError,
  selfError,
  remaining,
  sides,
}: SolvedElement): SolveErrors {
  const isBalanced = sides.x.rho === Number.POSITIVE_INFINITY && sides.y.rho === Number.POSITIVE_INFINITY;
  const finest = finestScale({ ...sides, costScale }, epsilon);
  const { x, y } = sides;
  const potentials = Math.max(largestPotential(x), largestPotential(y));
  // Costs that count are those which the potentials pay for, within some temperatures; all roundings together come to some of theirs.
  // A formula may lose the digits of its largest cost where costs are small: L (sqrt(L^2 + d^2) - L) does.
  const paidFor = isFormula ? costScale : SIMILAR * potentials + COUNTED * epsilon;
  const counted = Math.min(costScale, paidFor) + (isBalanced ? 0 : potentials);
  const least = Math.min(x.rho, y.rho);
  // Without self potentials, or where masses differ, the value has terms of the size of the temperature.
  const constant = isBalanced && x.self && y.self ? 0 : epsilon * (1 + Math.abs(Math.log(x.unit)));
  const dimension = x.pointSlopes.length / x.weights.length;
  const roundings = ROUNDINGS * (1 + Math.sqrt(dimension) / 2);
  const rounding = roundings * ULP * counted;
  const mass = Math.max(massOf(x), massOf(y));
  // Where all points are in one place there is no cost to go by: the temperature's own rounding is all there is.
  const floor =
    Math.max(sum(x.weights), sum(y.weights)) * (costScale > 0 ? FLOOR * costScale : COINCIDENT_FLOOR * epsilon);
  // A translation of f and g is held by the penalties alone. Where the last step came to no rest, the mass that is not where it should
  // be may have to go as far as can be (Altschuler et al. 2017, lemma 7).
  const isUnsettled = crossError > UNSETTLED;
  const strayed = isUnsettled ? costScale : 0;
  const unsettled = finest * selfError + (isBalanced ? strayed : epsilon + least) * crossError;
  // Values are off by the squares of that, but where rounding ended the solve.
  const lacking = isUnsettled
    ? mass * unsettled
    : VALUES_OF_SQUARES * (squaresOf(x, epsilon, finest) + squaresOf(y, epsilon, finest));
  const size = Math.max(Math.abs(value), floor);
  const summed = [x, y].map(sizeOf);
  const ofCosts = isFormula ? OF_FORMULAS : 1;
  const valueRounding =
    ofCosts *
    VALUE_ROUNDINGS *
    Math.sqrt(1 + dimension / 16) *
    ULP *
    Math.hypot(
      size / 2,
      ...summed.flatMap(({ total, norm: inQuadrature }) => [SAME_SIGN * total, inQuadrature]),
      (constant / ULP) * (roundedOff(x) + roundedOff(y)),
      isFormula ? mass * costScale * Math.max(...[x, y].map(evenness)) : 0,
      // Temperatures cancel in what is computed by expm1 and log1p, but for what masses differ from 1 by.
      epsilon > WIDE * costScale
        ? OF_MASSES[isBalanced ? 'balanced' : 'free'] * mass * constant
        : OF_TEMPERATURES * mass * epsilon * Math.max(...[x, y].map(evenness)),
    );
  // To masses that differ no plan is known: either one may be right.
  const unequal = isBalanced ? Math.abs(x.unit - y.unit) * potentials : 0;
  // What is left of marginal errors in the plan, where mass is created or destroyed, and in the mass of its rows.
  const left = (error: number) => (isBalanced ? 0 : error);
  const leftInMass = crossError;
  const digits = ofCosts * SLOPE_ROUNDINGS * (1 + Math.sqrt(dimension) / 2) * ULP;
  // How steep costs are, about: the largest over the distance it is over.
  const steepest = longest > 0 ? costScale / longest : 0;
  // The slope of |x - y|^2 / 2 is at most twice that.
  const lost = crossError > LOST ? 2 * steepest * crossError : 0;
  // Where mass may be created or destroyed, a weight's slope is that of the potential times 1 + eps / rho.
  const amplified = isBalanced ? 1 : 1 + epsilon / least;
  // And what masses differ by is paid for by the penalties, so what they are rounded by is, too.
  const paid = isBalanced ? 0 : least * (MASS_ROUNDINGS * ULP + (roundedOff(x) + roundedOff(y)) / mass);
  const gradients = [x, y].map(
    ({ weights, rho, unit, cross, self, selfMissing = NOTHING, pointSlopes, weightSlopes }) => {
      const total = sum(weights);
      let [error, largest, mean] = [0, 0, 0];
      for (const [i, weight] of weights.entries()) {
        let own = 0;
        for (const solved of self ? [cross, self] : [cross]) {
          const marginalError = solved === self ? selfError : crossError;
          const passed = norm(solved.slopes.subarray(i * dimension, (i + 1) * dimension));
          // Exponents of a row are rounded as what they are made of, and so is that of its mass.
          const inPlan = digits * (1 + solved.sizes[i] / epsilon) + left(marginalError) + solved.unsettled[i];
          const inMass = digits * (1 + Math.abs(solved.potential[i]) / rho) + Math.max(left(marginalError), leftInMass);
          // Coordinates are rounded as the longest way is, and so the direction to a near point by that over the distance.
          const inDirection = weight * Math.min(2 * Math.sqrt(solved.steepness[i]), ULP * longest * solved.turns[i]);
          own += solved.spread[i] * inPlan + passed * inMass + inDirection;
        }
        error += (unit * own) ** 2;
        largest += (weight * steepest) ** 2;
        mean += (weight / total) * weightSlopes[i];
      }
      const distance = Math.sqrt(weights.length);
      return {
        points: relativeError(Math.sqrt(error) + lost * total, norm(pointSlopes), FLOOR * Math.sqrt(largest)),
        weights: relativeError(
          // Of light points, which marginal errors hardly see, what lacks counts as much as of others.
          amplified *
            (distance *
              (rounding + roundings * ULP * constant + paid + BEYOND * (epsilon * remaining.potentials + unsettled)) +
              LAGGING * epsilon * norm(selfMissing)),
          norm(weightSlopes.map((slope) => slope - mean)),
          FLOOR * costScale,
        ),
      };
    },
  );
  // Between points that are all in one place nothing is left to be found but roundings.
  const exact = costScale === 0;
  return {
    value: relativeError(valueRounding + unequal + lacking + VALUES_OF_STEP * remaining.value, value, floor),
    gradient: exact ? 0 : Math.max(...gradients.map(({ points }) => points)) + ULP,
    weights: exact
      ? (Math.sqrt(Math.max(x.weights.length, y.weights.length)) * (amplified * roundings * ULP + paid / epsilon)) /
        COINCIDENT_FLOOR
      : Math.max(...gradients.map(({ weights }) => weights)),
    floor,
  };
}

const NOTHING = new Float64Array();

/** What the self potentials of a side lack, squared over the scale that they have to be right on. */
function squaresOf({ weights, selfMissing = NOTHING }: SolvedSide, epsilon: number, finest: number): number {
  const withMass = weights.filter((weight) => weight > 0);
  let total = 0;
  for (const [k, missing] of selfMissing.entries()) {
    const lack = Math.abs(epsilon * missing);
    total += withMass[k] * lack * Math.min(1, lack / finest);
  }
  return total;
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** Of the points that the plan takes any mass from: where all of it is destroyed, how far a potential goes beyond that shows nowhere. */
function largestPotential({ rho, cross, self }: SolvedSide): number {
  let largest = 0;
  for (const { potential } of self ? [cross, self] : [cross]) {
    for (const value of potential) if (massTaken({ rho }, 1, value) > ULP) largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}

/** What a side's potentials add to the value, as sums of absolute values and of squares. */
function sizeOf({ weights, rho, cross, self }: SolvedSide): { readonly total: number; readonly norm: number } {
  let [total, square] = [0, 0];
  for (const { potential } of self ? [cross, self] : [cross]) {
    for (const [i, weight] of weights.entries()) {
      if (!(weight > 0)) continue;
      const potentialSize = Math.abs(potential[i]);
      // rho (1 - exp(-f / rho)), and its slope times f.
      const term = Math.max(
        massTaken({ rho }, weight, potential[i]) * potentialSize,
        weight * Math.min(potentialSize, rho),
      );
      total += term;
      square += term * term;
    }
  }
  return { total, norm: Math.sqrt(square) };
}

/** What the plain sum of a side's weights is off by. */
function roundedOff({ weights }: SolvedSide): number {
  return Math.abs(compensatedSum(weights, 0, weights.length) - sum(weights));
}

/** The norm of a side's shares: 1 where one point has all of its mass, and the less the more share in it. */
const evenness = ({ weights }: SolvedSide): number => norm(weights) / sum(weights);

/** The mass of a side, or what its plans take from it where that is more. */
function massOf({ weights, rho, cross, self }: SolvedSide): number {
  let [given, taken] = [0, 0];
  for (const [i, weight] of weights.entries()) {
    given += weight;
    if (weight > 0)
      taken += massTaken({ rho }, weight, Math.min(cross.potential[i], self?.potential[i] ?? Number.POSITIVE_INFINITY));
  }
  return Math.max(given, taken);
}
