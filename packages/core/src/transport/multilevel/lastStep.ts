import { dispatchSoftmin, type PendingSoftmin, readField } from '../../geometry/truncated/truncatedSoftmin.js';
import { other, type Side } from '../../measure/side.js';
import type { Entries } from '../../spatial/coreset.js';
import {
  boxesToRefine,
  type EvaluationNodes,
  fieldAtPoints,
  makeEvaluationNodes,
  pointsOfCells,
  replace,
} from '../../spatial/evaluationNodes.js';
import type { Field } from '../../spatial/field.js';
import { EVERY_POINT, LEAF_SIZE } from '../../spatial/hierarchy.js';
import { makeTree } from '../../spatial/tree.js';
import { pause, report, type Task } from '../../tasks/task.js';
import type { MultiscaleProblem } from './problem.js';
import type { LevelIterates } from './schedule.js';

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
  iterates: LevelIterates,
  epsilon: number,
  sides: readonly Side[],
  wrt: readonly Side[],
): Task<{ readonly [S in Side]?: PointFields }> {
  // Everything is dispatched before anything is read: the device is at work while the host looks for the next pairs.
  const pending: {
    readonly side: Side;
    readonly nodes: EvaluationNodes;
    readonly softmins: readonly PendingSoftmin[];
  }[] = [];
  for (const [index, side] of sides.entries()) {
    yield* report({ stage: 'final update', epsilon, share: index / (2 * sides.length) });
    const nodes = yield* makeEvaluationNodes(
      problem.clouds[side],
      yield* problem.hierarchy[side].finest(),
      iterates.levels[side].level === EVERY_POINT,
    );
    pending.push({ side, nodes, softmins: yield* dispatchAll(problem, iterates, epsilon, side, nodes) });
  }
  const fields: { [S in Side]?: PointFields } = {};
  for (const [index, { side, nodes, softmins }] of pending.entries()) {
    yield* report({ stage: 'final update', epsilon, share: (sides.length + index) / (2 * sides.length) });
    const cloud = problem.clouds[side];
    const atNodes: Required<Field>[] = [];
    for (const softmin of softmins) atNodes.push(yield* readField(problem, softmin));
    const toRefine = yield* boxesToRefine(
      cloud,
      nodes,
      atNodes,
      problem.interpolationTolerance * epsilon ** (1 - 1 / problem.p),
    );
    const entries = pointsOfCells(cloud, nodes.cells, toRefine);
    const again = toRefine.length > 0 ? yield* dispatchAll(problem, iterates, epsilon, side, entries) : [];
    const found: PointField[] = [];
    for (const [index, field] of atNodes.entries()) {
      const atPoints = yield* fieldAtPoints(cloud, nodes, field, wrt.includes(side));
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
  iterates: LevelIterates,
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
  { levels, cross, self }: LevelIterates,
  epsilon: number,
  side: Side,
  entries: Entries,
): Task<PendingSoftmin[]> {
  const rows = { coreset: entries, tree: yield* makeTree(problem.clouds[side], entries, 0, LEAF_SIZE) };
  const shared = { side, rows, epsilon, rho: problem.rho[side], gradient: true };
  const against = other(side);
  const softmins = [
    yield* dispatchSoftmin(problem, { ...shared, columns: levels[against], potential: cross[against] }),
  ];
  const own = self[side];
  if (own) softmins.push(yield* dispatchSoftmin(problem, { ...shared, columns: levels[side], potential: own }));
  return softmins;
}
