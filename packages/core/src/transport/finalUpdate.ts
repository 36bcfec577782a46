import type { DeviceArray } from '../backend/backend.js';
import { other, type Side } from '../measure/side.js';
import { report, type Task } from '../tasks/task.js';
import type { Iterates } from './iterate.js';
import type { Potentials } from './potentials.js';
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
  /** The potential of the cross problem and its gradient after one more update: what they lack shows in the difference. */
  readonly again?: Update;
}

type Update = Pick<SoftminGradient, 'potential'> & Partial<SoftminGradient>;

/**
 * One full, un-averaged update of all potentials from the iterates, and in the same passes the gradients of the sides
 * that are wanted.
 *
 * @param first - The side to update first where iterates are those of `lastSweeps`: then the other one's potential is up to date, and both
 * are updated once more.
 */
export function* finalUpdate(
  problem: TransportProblem,
  iterates: Iterates,
  epsilon: number,
  wrt: readonly Side[],
  first?: Side,
): Task<Record<Side, FinalSide>> {
  const sides: { [S in Side]?: FinalSide } = {};
  const update = (of: TransportProblem, at: Side, potential: DeviceArray, withGradient: boolean): Update =>
    withGradient ? softminGradient(of, at, potential, epsilon) : { potential: softmin(of, at, potential, epsilon) };
  for (const [index, side] of (['x', 'y'] as const).entries()) {
    yield* report({ stage: 'final update', share: index / 2, epsilon }, problem.space.backend);
    const withGradient = wrt.includes(side);
    const cross: Update =
      first === other(side) && !withGradient
        ? { potential: iterates.cross[side] }
        : update(problem, side, iterates.cross[other(side)], withGradient);
    const own = iterates.self[side];
    const self = own && update(selfProblem(problem, side), 'x', own, withGradient);
    sides[side] = {
      cross: cross.potential,
      self: self?.potential,
      gradients: cross.gradient && { cross: cross.gradient, self: self?.gradient },
    };
  }
  const found = sides as Record<Side, FinalSide>;
  if (!first) return found;
  const second = other(first);
  const after = update(problem, second, found[first].cross, wrt.includes(second));
  sides[second] = { ...found[second], again: after };
  sides[first] = { ...found[first], again: update(problem, first, after.potential, wrt.includes(first)) };
  return found;
}

/** Updates one side and then, with the result, the other: without what sweeps do to be fast, what is left shows how slow they are. */
export function lastSweeps(
  problem: TransportProblem,
  cross: Potentials,
  epsilon: number,
  first: Side,
  sweeps: number,
): Potentials {
  const second = other(first);
  let found = cross;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const one = softmin(problem, first, found[second], epsilon);
    const two = softmin(problem, second, one, epsilon);
    if (found !== cross) problem.space.release(found.x, found.y);
    found = first === 'x' ? { x: one, y: two } : { x: two, y: one };
  }
  return found;
}
