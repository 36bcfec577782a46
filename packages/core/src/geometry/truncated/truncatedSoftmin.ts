import type { DeviceArray } from '../../backend/backend.js';
import type { BlockPattern } from '../../backend/blockPattern.js';
import type { Workspace } from '../../backend/workspace.js';
import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import type { Side } from '../../measure/side.js';
import type { AdmissibilityTest } from '../../spatial/admissibilityTest.js';
import type { Entries } from '../../spatial/coreset.js';
import { dispatchTruncated } from '../../spatial/dispatchTruncated.js';
import type { Field } from '../../spatial/field.js';
import type { HierarchyLevel } from '../../spatial/hierarchy.js';
import { truncate } from '../../spatial/pattern.js';
import type { RowRange } from '../../spatial/rowRanges.js';
import type { Tree } from '../../spatial/tree.js';
import { read, type Task } from '../../tasks/task.js';
import type { Cost } from '../cost.js';
import { pairwiseAt } from '../pairwise/pairwise.js';
import { distanceAdmissibility } from './distanceAdmissibility.js';
import { squaredDistanceAdmissibility } from './squaredDistanceAdmissibility.js';

/** What is the same for all softmins of a solve. */
export interface TruncationContext {
  readonly space: Workspace;
  readonly cost: Cost;
  /** The exponent of the cost: 1 for |x - y|, 2 for |x - y|^2 / 2. */
  readonly p: number;
  /** The share of a row's softmin that a node of the columns must contribute, at least, to be kept. */
  readonly threshold: number;
}

/**
 * Pairs that are computed sooner than those that count are found: about a millisecond of a device. Raising it computes more pairs, and
 * finds fewer lists. Chosen, not measured by itself; the benchmark "Many points" judges the whole.
 */
const FEW_PAIRS = 2e6;

/** The pairs that count in the softmins at the entries of `rows` for a potential at those of `columns`; all, if few. */
export function* truncateFor(
  context: TruncationContext,
  rows: HierarchyLevel,
  columns: HierarchyLevel,
  potential: Float64Array,
  epsilon: number,
): Task<BlockPattern | undefined> {
  if (rows.coreset.count * columns.coreset.count <= FEW_PAIRS) return undefined;
  const test = yield* admissibilityFor(context, rows.tree, columns, potential, epsilon);
  return (yield* truncate(rows.tree, columns.tree, test)).blocks;
}

/** The admissibility test for the softmins at the entries of a tree over those of `columns`. */
export function* admissibilityFor(
  { p, threshold }: TruncationContext,
  rows: Tree,
  { tree, coreset }: Pick<HierarchyLevel, 'tree' | 'coreset'>,
  potential: Float64Array,
  epsilon: number,
): Task<AdmissibilityTest> {
  const make = p === 1 ? distanceAdmissibility : squaredDistanceAdmissibility;
  return yield* make(rows, tree, coreset, potential, epsilon, threshold);
}

/** Entries of a cloud and the tree over them. */
interface Rows {
  readonly coreset: Entries;
  readonly tree: Tree;
}

/** Of which softmin: `rows` are entries of `side`, and `potential` is one at the entries of `columns`. */
interface SoftminInput {
  readonly side: Side;
  readonly rows: Rows;
  readonly columns: HierarchyLevel;
  readonly potential: Float64Array;
  readonly epsilon: number;
  readonly rho: number;
  /** Whether the gradient is wanted too: the mean of the cost's gradients under the row's weights, damped. */
  readonly gradient: boolean;
}

/** What a pass over some rows gives: their log-sum-exps, and the means of the cost's gradients if they are wanted. */
interface DispatchedRows {
  readonly logSumExp: DeviceArray;
  readonly mean?: DeviceArray;
}

/** A damped softmin that was dispatched, in ranges of rows, and is yet to be read. */
export interface PendingSoftmin {
  readonly input: SoftminInput;
  readonly parts: readonly DispatchedRows[];
  /** A bound on the share of the rows that was left out. */
  readonly truncatedMass: number;
}

/**
 * Dispatches a damped softmin. The device is at work on some rows while the host looks for the pairs that count in the
 * next ones: whoever has several to compute dispatches all of them before reading one.
 */
export function* dispatchSoftmin(context: TruncationContext, input: SoftminInput): Task<PendingSoftmin> {
  const { space, cost } = context;
  const { side, rows, columns, potential, epsilon, gradient } = input;
  const { dimension, logWeights } = columns.device;
  const over = { logWeights, potential: space.upload(potential, [potential.length, 1]) };
  const dispatch = (from: number, to: number, blocks?: BlockPattern): DispatchedRows => {
    const range = rows.coreset.points.subarray(from * dimension, to * dimension);
    const points = space.upload(range, [to - from, dimension]);
    const geometry = pairwiseAt(side, { space, cost, rows: { dimension, points }, columns: columns.device, blocks });
    const results = gradient
      ? geometry.costGradient(over, epsilon)
      : { logSumExp: geometry.pass(over, epsilon, { kind: 'logSumExp' })[0] };
    space.release(points);
    return results;
  };
  const { count } = rows.coreset;
  let truncatedMass = 0;
  let parts: PendingSoftmin['parts'];
  if (count * columns.coreset.count <= FEW_PAIRS) parts = [dispatch(0, count)];
  else {
    const test = yield* admissibilityFor(context, rows.tree, columns, potential, epsilon);
    const ranges = ({ from, to, blocks }: RowRange) => dispatch(from, to, blocks);
    ({ truncatedMass, parts } = yield* dispatchTruncated(rows.tree, columns.tree, test, ranges));
  }
  space.release(over.potential);
  return { input, parts, truncatedMass };
}

/** The values of a softmin at all rows. */
export function* readValues({ space }: TruncationContext, { input, parts }: PendingSoftmin): Task<Float64Array> {
  const scale = -input.epsilon * damping(input.epsilon, input.rho);
  const values = new Float64Array(input.rows.coreset.count);
  let place = 0;
  for (const { logSumExp, mean } of parts) {
    for (const found of yield* read(space.backend, logSumExp)) values[place++] = scale * found;
    space.release(logSumExp, mean);
  }
  return values;
}

/** A softmin at all rows with its gradient, which has to have been asked for. */
export function* readField(context: TruncationContext, pending: PendingSoftmin): Task<Required<Field>> {
  const { input, parts } = pending;
  const damp = damping(input.epsilon, input.rho);
  const gradients = new Float64Array(input.rows.coreset.points.length);
  let place = 0;
  for (const { mean } of parts) {
    if (!mean) throw new Error('the gradient of a softmin is read that was not asked for');
    for (const slope of yield* read(context.space.backend, mean)) gradients[place++] = damp * slope;
  }
  return { values: yield* readValues(context, pending), gradients };
}
