import { dispatchSoftmin, type PendingSoftmin, readField } from '../../geometry/truncated/truncatedSoftmin.js';
import { other, type Side } from '../../measure/side.js';
import type { Entries } from '../../spatial/coreset.js';
import { EVERY_POINT, LEAF_SIZE } from '../../spatial/resolutions.js';
import { fieldAtPoints, makeTargets, pointsOfCells, replace, roughBoxes, type Targets } from '../../spatial/targets.js';
import type { Field } from '../../spatial/transfer.js';
import { makeTree } from '../../spatial/tree.js';
import { pause, report, type Task } from '../../tasks/task.js';
import type { MultiscaleProblem } from './problem.js';
import type { StageIterates } from './schedule.js';

/** A potential at all points of a cloud, in Morton order, and its gradient there if it was wanted, [N, D]. */
export interface PointField extends Field {
  readonly truncatedMass: number;
}

/** What the last step gives for one side. */
export interface PointFields {
  readonly cross: PointField;
  readonly self?: PointField;
}

/**
 * The full, un-averaged update of all potentials at every point of both clouds, over the coresets, with the gradients
 * of those of the sides that are wanted.
 */
export function* lastStep(
  problem: MultiscaleProblem,
  iterates: StageIterates,
  epsilon: number,
  sides: readonly Side[],
  wanted: readonly Side[],
): Task<{ readonly [S in Side]?: PointFields }> {
  // Everything is dispatched before anything is read: the device is at work while the host looks for the next pairs.
  const pending: { readonly side: Side; readonly targets: Targets; readonly softmins: readonly PendingSoftmin[] }[] =
    [];
  for (const [index, side] of sides.entries()) {
    yield* report({ stage: 'final update', epsilon, share: index / (2 * sides.length) });
    const targets = yield* makeTargets(
      problem.clouds[side],
      problem.resolve[side].finest(),
      iterates.stage[side].level === EVERY_POINT,
    );
    pending.push({ side, targets, softmins: yield* dispatchAll(problem, iterates, epsilon, side, targets) });
  }
  const fields: { [S in Side]?: PointFields } = {};
  for (const [index, { side, targets, softmins }] of pending.entries()) {
    yield* report({ stage: 'final update', epsilon, share: (sides.length + index) / (2 * sides.length) });
    const cloud = problem.clouds[side];
    const atTargets: Required<Field>[] = [];
    for (const softmin of softmins) atTargets.push(yield* readField(problem, softmin));
    const rough = yield* roughBoxes(cloud, targets, atTargets, problem.roughness * epsilon ** (1 - 1 / problem.p));
    const entries = pointsOfCells(cloud, targets.cells, rough);
    const again = rough.length > 0 ? yield* dispatchAll(problem, iterates, epsilon, side, entries) : [];
    const found: PointField[] = [];
    for (const [index, field] of atTargets.entries()) {
      const atPoints = yield* fieldAtPoints(cloud, targets, field, wanted.includes(side));
      if (again.length > 0) replace(atPoints, entries, yield* readField(problem, again[index]));
      yield* pause();
      found.push({ ...atPoints, truncatedMass: softmins[index].truncatedMass });
    }
    fields[side] = { cross: found[0], self: found[1] };
  }
  return fields;
}

/** Fields at some entries of a side: of the cross problem, and of the side's own if there is one. */
export function* fieldsAtEntries(
  problem: MultiscaleProblem,
  iterates: StageIterates,
  epsilon: number,
  side: Side,
  entries: Entries,
): Task<{ readonly cross: Required<Field>; readonly self?: Required<Field> }> {
  const [cross, self] = yield* dispatchAll(problem, iterates, epsilon, side, entries);
  return {
    cross: yield* readField(problem, cross),
    self: self && (yield* readField(problem, self)),
  };
}

/** Dispatches the softmins at some entries of a side: of the cross problem, and of the side's own if there is one. */
function* dispatchAll(
  problem: MultiscaleProblem,
  { stage, cross, self }: StageIterates,
  epsilon: number,
  side: Side,
  entries: Entries,
): Task<PendingSoftmin[]> {
  const rows = { coreset: entries, tree: yield* makeTree(problem.clouds[side], entries, 0, LEAF_SIZE) };
  const shared = { side, rows, epsilon, rho: problem.rho[side], gradient: true };
  const against = other(side);
  const softmins = [yield* dispatchSoftmin(problem, { ...shared, columns: stage[against], potential: cross[against] })];
  const own = self[side];
  if (own) softmins.push(yield* dispatchSoftmin(problem, { ...shared, columns: stage[side], potential: own }));
  return softmins;
}
