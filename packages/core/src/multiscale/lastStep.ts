import type { DeviceArray } from '../backend/backend.js';
import { other, type Side } from '../measure/side.js';
import { damping } from '../sinkhorn/problem.js';
import { read, report, type Task } from '../tasks/task.js';
import type { Entries } from './coreset.js';
import { passOver } from './passOver.js';
import type { MultiscaleProblem } from './problem.js';
import { EVERY_POINT, LEAF_SIZE, type Resolution } from './resolutions.js';
import type { StageIterates } from './schedule.js';
import { softminFormulas } from './softminFormulas.js';
import { fieldAtPoints, makeTargets, pointsOfCells, replace, roughBoxes, type Targets } from './targets.js';
import type { Field } from './transfer.js';
import { makeTree, type Tree } from './tree.js';
import { filterFor } from './truncatedSoftmin.js';

/** A potential at all points of a cloud, in Morton order, and its gradient there if it was wanted, [N, D]. */
export interface PointField extends Field {
  readonly truncatedMass: number;
}

/** What the last step gives for one side. */
export interface PointFields {
  readonly cross: PointField;
  readonly self?: PointField;
}

/** A softmin at the targets of a cloud that was dispatched and is yet to be read. */
interface Dispatched {
  readonly parts: readonly (readonly DeviceArray[])[];
  readonly truncatedMass: number;
  /** What the log-sum-exps are multiplied with to be potentials. */
  readonly scale: number;
  readonly damp: number;
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
  const pending: { readonly side: Side; readonly targets: Targets; readonly softmins: readonly Dispatched[] }[] = [];
  for (const side of sides) {
    const targets = makeTargets(
      problem.clouds[side],
      problem.resolve[side].finest(),
      iterates.stage[side].level === EVERY_POINT,
    );
    pending.push({ side, targets, softmins: yield* dispatchAll(problem, iterates, epsilon, side, targets) });
  }
  const fields: { [S in Side]?: PointFields } = {};
  for (const { side, targets, softmins } of pending) {
    const cloud = problem.clouds[side];
    const atTargets: Required<Field>[] = [];
    for (const softmin of softmins) atTargets.push(yield* collect(problem, targets, softmin));
    const rough = roughBoxes(cloud, targets, atTargets, problem.roughness * epsilon ** (1 - 1 / problem.p));
    const entries = pointsOfCells(cloud, targets.cells, rough);
    const again = rough.length > 0 ? yield* dispatchAll(problem, iterates, epsilon, side, entries) : [];
    const found: PointField[] = [];
    for (const [index, field] of atTargets.entries()) {
      const atPoints = yield* fieldAtPoints(cloud, targets, field, wanted.includes(side));
      if (again.length > 0) replace(atPoints, entries, yield* collect(problem, entries, again[index]));
      yield* report({ stage: 'final update', iteration: index + 1, epsilon });
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
    cross: yield* collect(problem, entries, cross),
    self: self && (yield* collect(problem, entries, self)),
  };
}

/** Dispatches the softmins at some entries of a side: of the cross problem, and of the side's own if there is one. */
function* dispatchAll(
  problem: MultiscaleProblem,
  { stage, cross, self }: StageIterates,
  epsilon: number,
  side: Side,
  entries: Entries,
): Task<Dispatched[]> {
  const rows = makeTree(problem.clouds[side], entries, 0, LEAF_SIZE);
  const against = other(side);
  const softmins = [yield* dispatch(problem, side, entries, rows, stage[against], cross[against], epsilon)];
  const own = self[side];
  if (own) softmins.push(yield* dispatch(problem, side, entries, rows, stage[side], own, epsilon));
  return softmins;
}

function* dispatch(
  problem: MultiscaleProblem,
  side: Side,
  targets: Entries,
  rows: Tree,
  columns: Resolution,
  potential: Float64Array,
  epsilon: number,
): Task<Dispatched> {
  const { space, cost, rho } = problem;
  const { dimension, points, logWeights } = columns.device;
  const filter = filterFor(problem, rows, columns, potential, epsilon);
  const against = space.upload(potential, [potential.length, 1]);
  const formulas = softminFormulas(cost, side, dimension);
  const { parts, truncatedMass } = yield* passOver(rows, columns.tree, filter, ({ from, to, blocks }) => {
    const range = targets.points.subarray(from * dimension, to * dimension);
    const point = space.upload(range, [to - from, dimension]);
    const results = space.reduce({
      kind: 'softmaxMean',
      ...formulas,
      rows: { point },
      columns: { point: points, logWeight: logWeights, potential: against },
      parameters: { inverseEpsilon: 1 / epsilon },
      blocks,
    });
    space.release(point);
    return results;
  });
  space.release(against);
  const damp = damping(epsilon, rho[side]);
  return { parts, truncatedMass, scale: -epsilon * damp, damp };
}

function* collect(
  { space }: MultiscaleProblem,
  targets: Entries,
  { parts, scale, damp }: Dispatched,
): Task<Required<Field>> {
  const values = new Float64Array(targets.count);
  const gradients = new Float64Array(targets.points.length);
  let value = 0;
  let component = 0;
  for (const [means, logSumExps] of parts) {
    for (const found of yield* read(space.backend, logSumExps)) values[value++] = scale * found;
    for (const found of yield* read(space.backend, means)) gradients[component++] = damp * found;
    space.release(means, logSumExps);
  }
  return { values, gradients };
}
