import type { MarginalPenalty } from './penalty.js';

/**
 * A penalty that pays phi of the share of each point's mass that the plan takes, weighted by the mass: with phi as numbers, by which a
 * primal value is known beside the dual one.
 */
export interface DivergencePenalty extends MarginalPenalty {
  /** phi, at shares from `least` to `most`: what a unit of mass pays. */
  phi(share: number): number;
  /** The shares between which phi is finite. */
  readonly least: number;
  readonly most: number;
}

/** Where shares may be anything: phi is finite from 0 on. */
export const ANY_SHARE = { least: 0, most: Number.POSITIVE_INFINITY } as const;
