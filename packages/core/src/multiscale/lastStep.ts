import type { DeviceArray } from '../backend/backend.js';
import { column } from '../formula/expression.js';
import { other, type Side } from '../measure/side.js';
import { damping } from '../sinkhorn/problem.js';
import { pairFormulas } from '../sinkhorn/score.js';
import { read, report, type Task } from '../tasks/task.js';
import { envelopeOf } from './envelope.js';
import { passOver } from './passOver.js';
import type { MultiscaleProblem } from './problem.js';
import { EVERY_POINT, LEAF_SIZE, type Resolution } from './resolutions.js';
import type { StageIterates } from './schedule.js';
import { fieldAtPoints, makeTargets, type Targets } from './targets.js';
import type { Field } from './transfer.js';
import { makeTree, type Tree } from './tree.js';

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
 * of those of the sides that are wanted: for the cost |x - y|^2 / 2 the damped x - mean_j y_j under the row's weights.
 */
export function* lastStep(
  problem: MultiscaleProblem,
  { stage, cross, self }: StageIterates,
  epsilon: number,
  sides: readonly Side[],
  wanted: readonly Side[],
): Task<{ readonly [S in Side]?: PointFields }> {
  // Everything is dispatched before anything is read: the device is at work while the host looks for the next pairs.
  const pending: { readonly side: Side; readonly targets: Targets; readonly softmins: readonly Dispatched[] }[] = [];
  for (const side of sides) {
    const cloud = problem.clouds[side];
    const targets = makeTargets(cloud, stage[side].level === EVERY_POINT);
    const rows = makeTree(cloud, targets, 0, LEAF_SIZE);
    const against = other(side);
    const softmins = [yield* dispatch(problem, side, targets, rows, stage[against], cross[against], epsilon)];
    const own = self[side];
    if (own) softmins.push(yield* dispatch(problem, side, targets, rows, stage[side], own, epsilon));
    pending.push({ side, targets, softmins });
  }
  const fields: { [S in Side]?: PointFields } = {};
  for (const { side, targets, softmins } of pending) {
    const found: PointField[] = [];
    for (const softmin of softmins) {
      const atTargets = yield* collect(problem, targets, softmin);
      const { truncatedMass } = softmin;
      const atPoints = fieldAtPoints(problem.clouds[side], targets, atTargets, wanted.includes(side));
      yield* report({ stage: 'final update', iteration: found.length + 1, epsilon });
      found.push({ ...atPoints, truncatedMass });
    }
    fields[side] = { cross: found[0], self: found[1] };
  }
  return fields;
}

function* dispatch(
  { space, cost, rho, threshold }: MultiscaleProblem,
  side: Side,
  targets: Targets,
  rows: Tree,
  columns: Resolution,
  potential: Float64Array,
  epsilon: number,
): Task<Dispatched> {
  const { dimension, points, logWeights } = columns.device;
  const envelope = envelopeOf(columns.tree, columns.coreset, potential);
  const against = space.upload(potential, [potential.length, 1]);
  const { score } = pairFormulas(cost, side, dimension);
  const { parts, truncatedMass } = yield* passOver(
    rows,
    columns.tree,
    envelope,
    epsilon,
    threshold,
    ({ from, to, blocks }) => {
      const range = targets.points.subarray(from * dimension, to * dimension);
      const point = space.upload(range, [to - from, dimension]);
      const results = space.reduce({
        kind: 'softmaxMean',
        score,
        value: column('point', dimension),
        rows: { point },
        columns: { point: points, logWeight: logWeights, potential: against },
        parameters: { inverseEpsilon: 1 / epsilon },
        blocks,
      });
      space.release(point);
      return results;
    },
  );
  space.release(against);
  const damp = damping(epsilon, rho[side]);
  return { parts, truncatedMass, scale: -epsilon * damp, damp };
}

function* collect(
  { space }: MultiscaleProblem,
  targets: Targets,
  { parts, scale, damp }: Dispatched,
): Task<Required<Field>> {
  const values = new Float64Array(targets.count);
  const gradients = new Float64Array(targets.points.length);
  let value = 0;
  let component = 0;
  for (const [means, logSumExps] of parts) {
    for (const found of yield* read(space.backend, logSumExps)) values[value++] = scale * found;
    for (const found of yield* read(space.backend, means)) {
      gradients[component] = damp * (targets.points[component] - found);
      component++;
    }
    space.release(means, logSumExps);
  }
  return { values, gradients };
}
