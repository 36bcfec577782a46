import type { DeviceArray } from '../backend/backend.js';
import { other, type Side } from '../measure/side.js';
import { report, type Task } from '../tasks/task.js';
import type { Iterates } from './iterate.js';
import { selfProblem, type TransportProblem } from './problem.js';
import { type SoftminGradient, softmin, softminGradient } from './softmin.js';

/** What the final update gives for one side. */
export interface FinalSide {
  /** f_ba at the points of x, or g_ab at those of y. */
  readonly cross: DeviceArray;
  /** f_aa, or g_bb. */
  readonly self?: DeviceArray;
  /** [N, D] each; the divergence's gradient is the first minus the second. */
  readonly gradients?: { readonly cross: DeviceArray; readonly self?: DeviceArray };
  /** The first of them again, at the updated potentials: what iterates lack shows in the difference. */
  readonly updated?: DeviceArray;
}

type Update = Pick<SoftminGradient, 'potential'> & Partial<SoftminGradient>;

/**
 * One full, un-averaged update of all potentials from the iterates, and in the same passes the gradients of the sides
 * that are wanted; with `again` those of the cross problem at the updated potentials too, in a pass for each.
 */
export function* finalUpdate(
  problem: TransportProblem,
  iterates: Iterates,
  epsilon: number,
  wrt: readonly Side[],
  again = false,
): Task<Record<Side, FinalSide>> {
  const sides: { [S in Side]?: FinalSide } = {};
  for (const [index, side] of (['x', 'y'] as const).entries()) {
    yield* report({ stage: 'final update', share: index / 2, epsilon }, problem.space.backend);
    const withGradient = wrt.includes(side);
    const update = (of: TransportProblem, at: Side, potential: DeviceArray): Update =>
      withGradient ? softminGradient(of, at, potential, epsilon) : { potential: softmin(of, at, potential, epsilon) };
    const cross = update(problem, side, iterates.cross[other(side)]);
    const own = iterates.self[side];
    const self = own && update(selfProblem(problem, side), 'x', own);
    sides[side] = {
      cross: cross.potential,
      self: self?.potential,
      gradients: cross.gradient && { cross: cross.gradient, self: self?.gradient },
    };
  }
  const found = sides as Record<Side, FinalSide>;
  if (!again) return found;
  for (const side of wrt) {
    const { gradient } = softminGradient(problem, side, found[other(side)].cross, epsilon);
    sides[side] = { ...found[side], updated: gradient };
  }
  return found;
}
