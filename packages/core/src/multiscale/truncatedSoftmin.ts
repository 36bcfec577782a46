import type { BlockPattern } from '../backend/blockPattern.js';
import type { Workspace } from '../backend/workspace.js';
import { column } from '../formula/expression.js';
import type { Side } from '../measure/side.js';
import type { Cost } from '../sinkhorn/cost.js';
import { damping } from '../sinkhorn/problem.js';
import { pairFormulas } from '../sinkhorn/score.js';
import { read, type Task } from '../tasks/task.js';
import { envelopeOf } from './envelope.js';
import { truncate } from './pattern.js';
import type { Resolution } from './resolutions.js';
import type { Field } from './transfer.js';

/** What is the same for all softmins of a solve. */
export interface Truncated {
  readonly space: Workspace;
  readonly cost: Cost;
  /** What a node of the columns must be worth in a row, at least, to be kept. */
  readonly threshold: number;
}

/** So few pairs are computed sooner than those that count are found. */
const FEW_PAIRS = 2e6;

/** The pairs that count in the softmins at the entries of `rows` for a potential at those of `columns`; all, if few. */
export function* truncateFor(
  { threshold }: Truncated,
  rows: Resolution,
  columns: Resolution,
  potential: Float64Array,
  epsilon: number,
): Task<BlockPattern | undefined> {
  if (rows.coreset.count * columns.coreset.count <= FEW_PAIRS) return undefined;
  const envelope = envelopeOf(columns.tree, columns.coreset, potential);
  return (yield* truncate(rows.tree, columns.tree, envelope, epsilon, threshold)).blocks;
}

/**
 * The damped softmin at the entries of `rows`, which are of `side`, over those of `columns`, with its gradient: for the
 * cost |x - y|^2 / 2 that is x - mean_j y_j under the row's weights.
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
    score: pairFormulas(cost, side, dimension).score,
    value: column('point', dimension),
    rows: { point: rows.device.points },
    columns: { point: points, logWeight: logWeights, potential: device },
    parameters: { inverseEpsilon: 1 / epsilon },
    blocks,
  });
  const damp = damping(epsilon, rho);
  const values = Float64Array.from(yield* read(space.backend, logSumExps), (value) => -epsilon * damp * value);
  const gradients = Float64Array.from(yield* read(space.backend, means));
  for (let k = 0; k < gradients.length; k++) gradients[k] = damp * (rows.coreset.points[k] - gradients[k]);
  space.release(device, means, logSumExps);
  return { values, gradients };
}
