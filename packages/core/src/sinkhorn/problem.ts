import type { BlockPattern } from '../backend/blockPattern.js';
import type { Workspace } from '../backend/workspace.js';
import type { DeviceMeasure } from '../measure/deviceMeasure.js';
import type { Side } from '../measure/side.js';
import type { Cost } from './cost.js';

/** Entropic transport between two measures on a device, in the coordinates they are in there. */
export interface DeviceProblem {
  readonly space: Workspace;
  readonly x: DeviceMeasure;
  readonly y: DeviceMeasure;
  readonly cost: Cost;
  /** Strength rho of each marginal constraint; Infinity when it is balanced. */
  readonly rho: Readonly<Record<Side, number>>;
  /** The pairs that count in softmins at the points of a side; all of them when absent. */
  readonly blocks?: { readonly [S in Side]?: BlockPattern };
}

/** How much a potential is damped where mass may be created or destroyed: 1 / (1 + eps/rho), and 1 when balanced. */
export const damping = (epsilon: number, rho: number): number => 1 / (1 + epsilon / rho);

/** The problem of a measure with itself. */
export const selfProblem = (problem: DeviceProblem, side: Side): DeviceProblem => ({
  ...problem,
  x: problem[side],
  y: problem[side],
  rho: { x: problem.rho[side], y: problem.rho[side] },
  blocks: undefined,
});
