import { diameter, type MeasurePair } from '@sinkhorn/core';
import type { Tolerances } from '../tolerances.js';
import { largest } from './check.js';
import type { Problem } from './problem.js';

/** What errors of a problem are measured against, in the units of its cost, and how far rounding lets it be solved. */
export interface Scales {
  /** diameter^p: a bound on the costs. */
  readonly cost: number;
  /** How much a cost changes with a point: diameter^(p - 1). */
  readonly slope: number;
  /** What a potential loses to one rounding of the scores it is made from: of costs, and of eps times a log weight. */
  readonly rounding: number;
  /** The smallest of temperature, strengths and costs: what marginal errors are relative to. */
  readonly temperature: number;
  /** The largest mass over both clouds and the batch. */
  readonly mass: number;
  /** The marginal error that a solve is asked for: the problem's tolerance, where rounding lets it be reached. */
  readonly marginal: number;
}

/** How many roundings a potential may carry: in what is compared, and in what a solve is asked for. */
const ROUNDINGS = 16;
/** How many times its marginal error, times the temperature, a value may be off by. */
const VALUE_FACTOR = 8;
/** How many times its marginal error a plan may be off by. */
const PLAN_FACTOR = 32;
/** A gradient that rounding leaves less of than this is still worth a look. */
const WORST_GRADIENT = 0.25;

export function scalesOf(tolerances: Tolerances, pair: MeasurePair, problem: Problem): Scales {
  const { p = 2, blur, reach = Number.POSITIVE_INFINITY } = problem;
  const length = problem.diameter ?? diameter([pair.x, pair.y]);
  const epsilon = blur ** p;
  const cost = length ** p;
  const rho = (typeof reach === 'number' ? reach : Math.min(reach.x, reach.y)) ** p;
  const temperature = Math.min(epsilon, rho, cost > 0 ? cost : epsilon);
  const rounding = tolerances.rounding * (cost + epsilon * (1 + Math.log(Math.max(pair.x.count, pair.y.count))));
  return {
    cost,
    slope: length ** (p - 1),
    rounding,
    temperature,
    mass: Math.max(...pair.x.masses, ...pair.y.masses),
    marginal: Math.max(problem.tolerance ?? 0, tolerances.solver, (ROUNDINGS * rounding) / temperature),
  };
}

/** How far a value may be off: a share of the largest cost, and what rounding and the marginal error make inevitable. */
export const allowedValue = ({ cost, rounding, temperature, marginal, mass }: Scales, share: number): number =>
  Math.max(mass, mass ** 2) * (share * cost + ROUNDINGS * rounding + VALUE_FACTOR * temperature * marginal);

/**
 * How far potentials may be off; `gap` is how far the contraction rate of the iteration is below 1, which the marginal
 * error has to be divided by.
 */
export const allowedPotential = (
  { cost, rounding, temperature, marginal }: Scales,
  share: number,
  gap: number,
): number => share * cost + ROUNDINGS * rounding + (PLAN_FACTOR * temperature * marginal) / gap;

/** How far the gradient in points of one side may be off, given its weights and what the gradient should be. */
export const allowedGradient = (
  { slope, marginal }: Scales,
  share: number,
  weights: ArrayLike<number>,
  expected: ArrayLike<number>,
): number =>
  Math.min(WORST_GRADIENT, share + PLAN_FACTOR * marginal) * Math.max(largest(weights) * slope, largest(expected));
