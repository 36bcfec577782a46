import type { BlockPattern } from '../backend/blockPattern.js';
import type { Workspace } from '../backend/workspace.js';
import type { Side } from '../measure/side.js';
import type { Cost } from '../sinkhorn/cost.js';
import { damping } from '../sinkhorn/problem.js';
import { read, type Task } from '../tasks/task.js';
import { distanceFilter } from './distanceFilter.js';
import type { Filter } from './filter.js';
import { truncate } from './pattern.js';
import type { Resolution } from './resolutions.js';
import { softminFormulas } from './softminFormulas.js';
import { squaredFilter } from './squaredFilter.js';
import type { Field } from './transfer.js';
import type { Tree } from './tree.js';

/** What is the same for all softmins of a solve. */
export interface Truncated {
  readonly space: Workspace;
  readonly cost: Cost;
  /** The exponent of the cost: 1 for |x - y|, 2 for |x - y|^2 / 2. */
  readonly p: number;
  /** What a node of the columns must be worth in a row, at least, to be kept. */
  readonly threshold: number;
}

/** So few pairs are computed sooner than those that count are found. */
const FEW_PAIRS = 2e6;

/** The pairs that count in the softmins at the entries of `rows` for a potential at those of `columns`; all, if few. */
export function* truncateFor(
  setting: Truncated,
  rows: Resolution,
  columns: Resolution,
  potential: Float64Array,
  epsilon: number,
): Task<BlockPattern | undefined> {
  if (rows.coreset.count * columns.coreset.count <= FEW_PAIRS) return undefined;
  const filter = filterFor(setting, rows.tree, columns, potential, epsilon);
  return (yield* truncate(rows.tree, columns.tree, filter)).blocks;
}

/** The filter for the softmins at the entries of a tree over those of `columns`. */
export function filterFor(
  { p, threshold }: Truncated,
  rows: Tree,
  { tree, coreset }: Pick<Resolution, 'tree' | 'coreset'>,
  potential: Float64Array,
  epsilon: number,
): Filter {
  const make = p === 1 ? distanceFilter : squaredFilter;
  return make(rows, tree, coreset, potential, epsilon, threshold);
}

/** The damped softmin at the entries of `rows`, which are of `side`, over those of `columns`. */
export function* truncatedValues(
  setting: Truncated,
  side: Side,
  rows: Resolution,
  columns: Resolution,
  potential: Float64Array,
  epsilon: number,
  rho: number,
): Task<Float64Array> {
  const { space, cost } = setting;
  const blocks = yield* truncateFor(setting, rows, columns, potential, epsilon);
  const { dimension, points, logWeights } = columns.device;
  const device = space.upload(potential, [potential.length, 1]);
  const [logSumExps] = space.reduce({
    kind: 'logSumExp',
    score: softminFormulas(cost, side, dimension).score,
    rows: { point: rows.device.points },
    columns: { point: points, logWeight: logWeights, potential: device },
    parameters: { inverseEpsilon: 1 / epsilon },
    blocks,
  });
  const scale = -epsilon * damping(epsilon, rho);
  const values = Float64Array.from(yield* read(space.backend, logSumExps), (value) => scale * value);
  space.release(device, logSumExps);
  return values;
}

/**
 * The damped softmin at the entries of `rows`, which are of `side`, over those of `columns`, with its gradient: the mean
 * of the cost's gradients under the row's weights, damped.
 */
export function* truncatedSoftmin(
  setting: Truncated,
  side: Side,
  rows: Resolution,
  columns: Resolution,
  potential: Float64Array,
  epsilon: number,
  rho: number,
): Task<Required<Field>> {
  const { space, cost } = setting;
  const blocks = yield* truncateFor(setting, rows, columns, potential, epsilon);
  const { dimension, points, logWeights } = columns.device;
  const device = space.upload(potential, [potential.length, 1]);
  const [means, logSumExps] = space.reduce({
    kind: 'softmaxMean',
    ...softminFormulas(cost, side, dimension),
    rows: { point: rows.device.points },
    columns: { point: points, logWeight: logWeights, potential: device },
    parameters: { inverseEpsilon: 1 / epsilon },
    blocks,
  });
  const damp = damping(epsilon, rho);
  const values = Float64Array.from(yield* read(space.backend, logSumExps), (value) => -epsilon * damp * value);
  const gradients = Float64Array.from(yield* read(space.backend, means), (mean) => damp * mean);
  space.release(device, means, logSumExps);
  return { values, gradients };
}
