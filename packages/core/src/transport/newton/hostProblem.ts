import type { Side } from '../../measure/side.js';
import type { PairCosts } from './pairCosts.js';

/** One side of a problem on the host. */
export interface HostSide {
  /** Shares of the points that have mass: where both marginals are met exactly they add up to 1. */
  readonly weights: Float64Array;
  readonly logWeights: Float64Array;
  /** Their sum. */
  readonly mass: number;
  /** The strength of the marginal's penalty; Infinity where it is met exactly. */
  readonly rho: number;
}

/** Entropic transport between two measures without empty points, on the host in float64. Rows are the points of `x`. */
export interface HostProblem {
  readonly costs: PairCosts;
  readonly x: HostSide;
  readonly y: HostSide;
  /** A bound on the costs. */
  readonly costScale: number;
}

/**
 * Potentials as pairs are judged by them: C - f - g over the temperature says what a pair weighs of a point's mass; where a penalty takes most
 * of that mass, it weighs more of what is left, and the potential before damping says what.
 */
export const ofWhatIsLeft = ({ rho }: Pick<HostSide, 'rho'>, potential: Float64Array, epsilon: number): Float64Array =>
  rho === Number.POSITIVE_INFINITY ? potential : potential.map((value) => Math.max(value, value * (1 + epsilon / rho)));

/** The mass that the plan takes from a point of weight `weight` at the potential f: weight exp(-f / rho). */
export const massTaken = ({ rho }: Pick<HostSide, 'rho'>, weight: number, potential: number): number =>
  rho === Number.POSITIVE_INFINITY ? weight : weight * Math.exp(-potential / rho);

/** A side with given weights, none of which is 0, and their sum. */
export const hostSide = (weights: Float64Array, mass: number, rho: number): HostSide => ({
  weights,
  logWeights: weights.map(Math.log),
  mass,
  rho,
});

/** The scale that potentials have to be right on: that of the temperature, of their own range or of the penalties, whichever is finest. */
export const finestScale = (
  { x, y, costScale }: { readonly [S in Side]: Pick<HostSide, 'rho'> } & Pick<HostProblem, 'costScale'>,
  epsilon: number,
): number => Math.min(epsilon, x.rho, y.rho, costScale > 0 ? 2 * costScale : epsilon);
