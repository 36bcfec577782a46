import type { Side } from '../../measure/side.js';
import { FLOOR, relativeError, type SolveErrors } from '../errors.js';
import type { Remaining } from './annealedNewton.js';
import type { FinalRows } from './finalRows.js';
import { massTaken } from './hostProblem.js';

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
  longest,
  crossError,
  selfError,
  remaining,
  sides,
}: SolvedElement): SolveErrors {
  const isBalanced = sides.x.rho === Number.POSITIVE_INFINITY && sides.y.rho === Number.POSITIVE_INFINITY;
  const finest = Math.min(epsilon, sides.x.rho, sides.y.rho, costScale > 0 ? 2 * costScale : epsilon);
  const { x, y } = sides;
  const potentials = Math.max(largestPotential(x), largestPotential(y));
  // Costs that count are those which the potentials pay for, within some temperatures; all roundings together come to some of theirs.
  const counted = Math.min(costScale, SIMILAR * potentials + COUNTED * epsilon) + (isBalanced ? 0 : potentials);
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
  // What rounding does to the logarithm of a plan's entry, and where mass is created or destroyed, what its rows lack.
  const inPlan = rounding / Math.min(epsilon, least) + (isBalanced ? 0 : crossError);
  // What both do to the mass of a row, and so to all of its gradient.
  const inMass =
    2 * roundings * ULP + (isBalanced ? 0 : rounding / least) + (isBalanced && !isUnsettled ? 0 : crossError);
  // How steep costs are, about: the largest over the distance it is over.
  const steepest = longest > 0 ? costScale / longest : 0;
  // The slope of |x - y|^2 / 2 is at most twice that.
  const lost = crossError > LOST ? 2 * steepest * crossError : 0;
  // Where mass may be created or destroyed, a weight's slope is that of the potential times 1 + eps / rho.
  const amplified = isBalanced ? 1 : 1 + epsilon / least;
  const gradients = [x, y].map(({ weights, unit, cross, self, selfMissing = NOTHING, pointSlopes, weightSlopes }) => {
    const total = sum(weights);
    let [error, largest, mean] = [0, 0, 0];
    for (const [i, weight] of weights.entries()) {
      let passed = 0;
      for (let k = i * dimension; k < (i + 1) * dimension; k++)
        passed += cross.slopes[k] ** 2 + (self?.slopes[k] ?? 0) ** 2;
      const spread =
        cross.spread[i] * (inPlan + cross.unsettled[i]) + (self ? self.spread[i] * (inPlan + self.unsettled[i]) : 0);
      error += (unit * (spread + inMass * Math.sqrt(passed))) ** 2;
      largest += (weight * steepest) ** 2;
      mean += (weight / total) * weightSlopes[i];
    }
    const distance = Math.sqrt(weights.length);
    return {
      points: relativeError(Math.sqrt(error) + lost * total, norm(pointSlopes), FLOOR * Math.sqrt(largest)),
      weights: relativeError(
        // Of light points, which marginal errors hardly see, what lacks counts as much as of others.
        amplified *
          (distance * (rounding + roundings * ULP * constant + BEYOND * (epsilon * remaining.potentials + unsettled)) +
            LAGGING * epsilon * norm(selfMissing)),
        norm(weightSlopes.map((slope) => slope - mean)),
        distance * FLOOR * costScale,
      ),
    };
  });
  // Between points that are all in one place nothing is left to be found but roundings.
  const exact = costScale === 0;
  return {
    value:
      relativeError(mass * (rounding + roundings * ULP * constant + unsettled) + remaining.value, value, floor) +
      roundings * ULP,
    gradient: exact ? 0 : Math.max(...gradients.map(({ points }) => points)) + ULP,
    weights: exact
      ? (amplified * Math.sqrt(Math.max(x.weights.length, y.weights.length)) * roundings * ULP) / COINCIDENT_FLOOR
      : Math.max(...gradients.map(({ weights }) => weights)),
    floor,
  };
}

const NOTHING = new Float64Array();

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

function norm(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value * value;
  return Math.sqrt(total);
}

/** Of the points that the plan takes any mass from: where all of it is destroyed, how far a potential goes beyond that shows nowhere. */
function largestPotential({ rho, cross, self }: SolvedSide): number {
  let largest = 0;
  for (const { potential } of self ? [cross, self] : [cross]) {
    for (const value of potential) if (massTaken({ rho }, 1, value) > ULP) largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}

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
