import { workspace } from '../../backend/workspace.js';
import { div, exp, mul, row, sub } from '../../formula/expression.js';
import type { Update } from '../../geometry/update.js';
import { shapeOf } from '../../measure/deviceMeasure.js';
import { toFrame } from '../../measure/frame.js';
import { other, type Side } from '../../measure/side.js';
import { read, report, type Task } from '../../tasks/task.js';
import { potentialsOf } from '../hostPotentials.js';
import { type PlanSource, rowMass } from '../plan.js';
import {
  applyPlan as applyToPoints,
  barycentricMap as barycentricMapOfPoints,
  planMarginal as planMarginalOfPoints,
} from '../planParts.js';
import { inFloat64, isForHost } from '../planPrecision.js';
import { geometryAt } from '../problem.js';
import { columnsOf } from '../softmin.js';
import { putBlock, takeBlock, valueBlocks } from '../valueBlocks.js';
import type { GridProblem } from './gridProblem.js';
import { prepareGrids } from './prepareGrids.js';

export { valuesPerPoint } from '../valuesPerPoint.js';

// Passes over the plan between two grids, along one axis after the other. In float64 where the device can; where it cannot and float32
// would lose the entries, over pairs of nodes on the host.

/** A plan's problem on its device, with the potentials of both sides. */
function* onDevice(source: PlanSource, side: Side) {
  const { backend, pair, options } = source;
  const space = workspace(backend);
  const { problem, units, epsilon } = yield* prepareGrids(space, pair, options);
  const upload = (of: Side) =>
    space.upload(
      potentialsOf(source.potentials, of).cross.map((value) => value / units.energy),
      shapeOf(pair[of], 1),
    );
  const columns = columnsOf(problem, side, upload(other(side)));
  const rows = { weight: problem[side].weights, potential: upload(side) };
  return { space, geometry: geometryAt<GridProblem['geometry']>(problem, side), units, epsilon, columns, rows };
}

/** a_i exp((f_i - softmin) / eps) */
const massTaken: Update['formula'] = (softmin, epsilon) =>
  mul(row('weight'), exp(div(sub(row('potential'), softmin), epsilon)));

/** The masses the plan takes from each node of a side, [B, N]. */
export function* planMarginal(given: PlanSource, side: Side): Task<Float64Array> {
  if (isForHost(given)) return yield* planMarginalOfPoints(given, side);
  const { space, geometry, epsilon, columns, rows } = yield* onDevice(inFloat64(given), side);
  try {
    return new Float64Array(
      yield* read(space.backend, geometry.softmin(columns, epsilon, { formula: massTaken, rows })),
    );
  } finally {
    space.releaseAll();
  }
}

/** sum_j pi_ij v_j for every node i of `side`, [B, N, size]; `values` is [B, M, size]. */
export function* applyPlan(given: PlanSource, side: Side, values: ArrayLike<number>, size: number): Task<Float64Array> {
  if (isForHost(given)) return yield* applyToPoints(given, side, values, size);
  const source = inFloat64(given);
  const { space, geometry, epsilon, columns, rows } = yield* onDevice(source, side);
  const found = new Float64Array(source.pair[side].weights.length * size);
  try {
    for (const block of valueBlocks(size)) {
      yield* report({ stage: 'plan', share: block.start / size });
      const value = space.upload(takeBlock(values, size, block), shapeOf(source.pair[other(side)], block.width));
      const { mean, logSumExp } = geometry.means(columns, epsilon, value);
      const sums = space.map(
        mul(rowMass(row('logSumExp')), row('mean', block.width)),
        { ...rows, logSumExp, mean },
        { inverseEpsilon: 1 / epsilon },
      );
      putBlock(found, size, block, yield* read(space.backend, sums));
      space.release(value, mean, logSumExp, sums);
    }
    return found;
  } finally {
    space.releaseAll();
  }
}

/** Where the plan sends each node of `side` on average, sum_j pi_ij y_j / sum_j pi_ij: [B, N, D], in the input's coordinates. */
export function* barycentricMap(given: PlanSource, side: Side): Task<Float64Array> {
  if (isForHost(given)) return yield* barycentricMapOfPoints(given, side);
  const source = inFloat64(given);
  const { space, geometry, units, epsilon, columns } = yield* onDevice(source, side);
  const { dimension } = source.pair.x;
  const { centre, scale } = units.frame;
  try {
    const to = source.pair[other(side)];
    const nodes = space.upload(toFrame(to, units.frame), shapeOf(to, dimension));
    const { mean } = geometry.means(columns, epsilon, nodes);
    const means = new Float64Array(yield* read(space.backend, mean));
    return means.map((value, index) => value * scale + centre[index % dimension]);
  } finally {
    space.releaseAll();
  }
}
