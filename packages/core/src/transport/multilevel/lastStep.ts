import { dispatchSoftmin, type PendingSoftmin, readField } from '../../geometry/truncated/truncatedSoftmin.js';
import { other, type Side } from '../../measure/side.js';
import type { Entries } from '../../spatial/coreset.js';
import { type EvaluationNodes, makeEvaluationNodes } from '../../spatial/evaluationNodes.js';
import type { Field } from '../../spatial/field.js';
import { fieldsAtPoints } from '../../spatial/fieldsAtPoints.js';
import { EVERY_POINT, LEAF_SIZE } from '../../spatial/hierarchy.js';
import { makeTree } from '../../spatial/tree.js';
import { report, type Task } from '../../tasks/task.js';
import type { MultiscaleProblem } from './problem.js';
import type { LevelIterates } from './scheduleOnCoresets.js';

/**
 * Against its own size, how far off the gradient of the difference of two potentials may be where it is interpolated, in interpolation
 * tolerances. Lowering it refines more boxes. Chosen, of 1 and .3: between 60,000 points of a sphere and a cube it halves the error.
 */
const OF_DIFFERENCE = 0.3;
/**
 * The least that the difference is asked for, of what each potential is: beyond it all of nearly equal clouds would be refined, for the digits that
 * float32 has not. Lowering it evaluates more points there. Chosen, not measured.
 */
const LEAST_OF_DIFFERENCE = 0.1;

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
      yield* problem.hierarchy[side].cells(0),
      0,
      iterates.levels[side].level === EVERY_POINT,
    );
    pending.push({ side, nodes, softmins: yield* dispatchAll(problem, iterates, epsilon, side, nodes) });
  }
  const fields: { [S in Side]?: PointFields } = {};
  for (const [index, { side, nodes, softmins }] of pending.entries()) {
    yield* report({ stage: 'final update', epsilon, share: (sides.length + index) / (2 * sides.length) });
    const cloud = problem.clouds[side];
    const atNodes = yield* readFields(problem, softmins);
    const { interpolationTolerance } = problem;
    const tolerance = interpolationTolerance * epsilon ** (1 - 1 / problem.p);
    const relative = OF_DIFFERENCE * interpolationTolerance * lengthOf(atNodes, cloud.dimension);
    const found = yield* fieldsAtPoints(cloud, nodes, {
      fields: atNodes,
      level: 0,
      tolerance,
      ofDifference: Math.max(relative, LEAST_OF_DIFFERENCE * tolerance),
      byValues: problem.byValues,
      withGradients: wrt.includes(side),
      *evaluate(entries) {
        return yield* readFields(problem, yield* dispatchAll(problem, iterates, epsilon, side, entries));
      },
    });
    const [cross, self] = found.map((field, k) => ({ ...field, truncatedMass: softmins[k].truncatedMass }));
    fields[side] = { cross, self };
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
  const [cross, self] = yield* readFields(problem, yield* dispatchAll(problem, iterates, epsilon, side, entries));
  return { cross, self };
}

function* readFields(problem: MultiscaleProblem, softmins: readonly PendingSoftmin[]): Task<Required<Field>[]> {
  const fields: Required<Field>[] = [];
  for (const softmin of softmins) fields.push(yield* readField(problem, softmin));
  return fields;
}

/** Dispatches the softmins at some entries of a side: of the cross problem, and of the side's own if there is one. */
function* dispatchAll(
  problem: MultiscaleProblem,
  { levels, cross, self }: LevelIterates,
  epsilon: number,
  side: Side,
  entries: Entries,
): Task<PendingSoftmin[]> {
  const cloud = problem.clouds[side];
  const rows = { coreset: entries, tree: yield* makeTree(cloud, entries, -cloud.halvings, LEAF_SIZE) };
  const shared = { side, rows, epsilon, rho: problem.rho[side], gradient: true };
  const against = other(side);
  const softmins = [
    yield* dispatchSoftmin(problem, { ...shared, columns: levels[against], potential: cross[against] }),
  ];
  const own = self[side];
  if (own) softmins.push(yield* dispatchSoftmin(problem, { ...shared, columns: levels[side], potential: own }));
  return softmins;
}

/** The root mean square of the gradient of a difference, or of the one field there is. */
function lengthOf([one, two]: readonly Required<Field>[], dimension: number): number {
  let total = 0;
  for (let k = 0; k < one.gradients.length; k++) total += (one.gradients[k] - (two ? two.gradients[k] : 0)) ** 2;
  return Math.sqrt((total * dimension) / one.gradients.length);
}
