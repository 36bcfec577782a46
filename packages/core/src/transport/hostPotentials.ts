import type { Side } from '../measure/side.js';

/** The four potentials on the host, [B, N] or [B, M] each; those of the self problems only when debiased. */
export interface HostPotentials {
  /** The potential of the cross problem at the points of x (the paper's f). */
  readonly f_ba: Float64Array;
  /** The potential of the cross problem at the points of y (the paper's g). */
  readonly g_ab: Float64Array;
  /** The potential of x with itself. */
  readonly f_aa?: Float64Array;
  /** The potential of y with itself. */
  readonly g_bb?: Float64Array;
}

/** The potentials at the points of one side, by what they are of. */
export const potentialsOf = (potentials: HostPotentials, side: Side): { cross: Float64Array; self?: Float64Array } =>
  side === 'x' ? { cross: potentials.f_ba, self: potentials.f_aa } : { cross: potentials.g_ab, self: potentials.g_bb };
