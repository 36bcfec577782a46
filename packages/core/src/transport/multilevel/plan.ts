import { type Workspace, workspace } from '../../backend/workspace.js';
import { pairwiseAt } from '../../geometry/pairwise/pairwise.js';
import { admissibilityFor } from '../../geometry/truncated/truncatedSoftmin.js';
import { toFrameChunked } from '../../measure/frame.js';
import { other, type Side } from '../../measure/side.js';
import { finestCells } from '../../spatial/cells.js';
import { makeCoreset } from '../../spatial/coreset.js';
import { dispatchTruncated } from '../../spatial/dispatchTruncated.js';
import { makeEvaluationNodes } from '../../spatial/evaluationNodes.js';
import { LEAF_SIZE, uploadEntries } from '../../spatial/hierarchy.js';
import { type SortedCloud, sortCloud, unsorted } from '../../spatial/sortedCloud.js';
import { makeTree } from '../../spatial/tree.js';
import { atOnce } from '../../tasks/preparing.js';
import { readAll, report, type Task } from '../../tasks/task.js';
import { unitsFor } from '../context.js';
import { type HostPotentials, potentialsOf } from '../hostPotentials.js';
import { type PlanPass, type PlanSource, pointMeans, rowSums, weightedSums } from '../plan.js';
import { inFloat64, isTooFine } from '../planPrecision.js';
import { putBlock, takeBlock, valueBlocks } from '../valueBlocks.js';
import { finenessFor } from './accuracy.js';

export { valuesPerPoint } from '../valuesPerPoint.js';

/** A plan whose entries are skipped where they certainly do not count for a row. */
export interface TruncatedPlanSource extends PlanSource {
  readonly accuracy: number;
}

/** In float64 where float32 would lose the entries: it takes twice as long. */
const precise = (source: TruncatedPlanSource): TruncatedPlanSource => (isTooFine(source) ? inFloat64(source) : source);

/** The masses the plan takes from each point of a side, [N]. */
export const planMarginal = (source: TruncatedPlanSource, side: Side): Task<Float64Array> =>
  run(precise(source), side, 1, () => rowSums);

/** sum_j pi_ij v_j for every point i of `side`, [N, size]; `values` is [M, size]. */
export const applyPlan = (
  source: TruncatedPlanSource,
  side: Side,
  values: ArrayLike<number>,
  size: number,
): Task<Float64Array> => run(precise(source), side, size, weightedSums, values);

/** Where the plan sends each point of `side` on average, [N, D], in the input's coordinates. */
export function* barycentricMap(given: TruncatedPlanSource, side: Side): Task<Float64Array> {
  const source = precise(given);
  const { dimension } = source.pair.x;
  const { frame } = unitsFor(source.backend, source.pair, source.options);
  const means = yield* run(source, side, dimension, pointMeans);
  return means.map((value, index) => value * frame.scale + frame.centre[index % dimension]);
}

/** A side's points in Morton order, in the device's units, with the potential there. */
interface SortedSide {
  readonly cloud: SortedCloud;
  readonly potential: Float64Array;
}

/** Sides as they were sorted for the first pass over a plan, as long as its potentials are kept. */
const sortedSides = new WeakMap<HostPotentials, Map<string, SortedSide>>();

/** Sorts a side, once for all passes over a plan in one float width. */
function* sortedSide(source: TruncatedPlanSource, side: Side): Task<SortedSide> {
  const { potentials, backend } = source;
  const kept = sortedSides.get(potentials) ?? new Map<string, SortedSide>();
  sortedSides.set(potentials, kept);
  const key = `${side} ${backend.precision}`;
  const sorted = kept.get(key) ?? (yield* sortSide(source, side));
  kept.set(key, sorted);
  return sorted;
}

function* sortSide(
  { backend, pair, options, potentials, accuracy }: TruncatedPlanSource,
  side: Side,
): Task<SortedSide> {
  const { frame, length, energy } = unitsFor(backend, pair, options);
  const measure = pair[side];
  const width = (finenessFor(accuracy, options.p).ratio * options.blur) / length;
  const cloud = yield* sortCloud(yield* toFrameChunked(measure, frame), measure.weights, measure.dimension, width);
  const { cross } = potentialsOf(potentials, side);
  return { cloud, potential: Float64Array.from(cloud.order, (index) => cross[index] / energy) };
}

function* run(
  source: TruncatedPlanSource,
  side: Side,
  size: number,
  passOf: (size: number) => PlanPass,
  given?: ArrayLike<number>,
): Task<Float64Array> {
  const { backend, options, pair } = source;
  const space = workspace(backend);
  try {
    const { dimension } = pair.x;
    const epsilon = (options.blur / unitsFor(backend, pair, options).length) ** options.p;
    const { cloud, potential } = yield* sortedSide(source, side);
    const nodes = yield* makeEvaluationNodes(cloud, yield* finestCells(cloud, 0), 0, true);
    const across = yield* uploadColumns(space, source, side, given, size);
    const { columns, tree, values } = across;
    yield* report({ stage: 'plan' });
    const rows = yield* makeTree(cloud, nodes, 0, LEAF_SIZE);
    const { threshold } = finenessFor(source.accuracy, options.p);
    const context = { space, cost: options.cost, p: options.p, threshold };
    const { parts } = yield* dispatchTruncated(
      rows,
      tree,
      yield* admissibilityFor(context, rows, across, across.potential, epsilon),
      ({ from, to, blocks }) => {
        const range = atOnce(uploadEntries(space, dimension, nodes, from, to));
        const geometry = pairwiseAt(side, { space, cost: options.cost, rows: range, columns, blocks });
        const rows = { weight: range.weights, potential: space.upload(potential.subarray(from, to), [to - from, 1]) };
        const results = values.map(({ width, value }) => {
          return geometry.pass(columns, epsilon, { ...passOf(width), rows, columns: value && { value } })[0];
        });
        return { count: to - from, results };
      },
    );
    const result = new Float64Array(cloud.count * size);
    let place = 0;
    for (const range of parts) {
      const found = new Float64Array(range.count * size);
      const read = yield* readAll(backend, range.results);
      for (const [k, block] of read.entries()) putBlock(found, size, values[k], block);
      yield* unsorted(cloud, found, size, result, place);
      place += range.count;
    }
    return result;
  } finally {
    space.releaseAll();
  }
}

/** The other side's points with weight, with their potential, as columns; and the values to be summed in blocks, or one block of none. */
function* uploadColumns(
  space: Workspace,
  source: TruncatedPlanSource,
  side: Side,
  values: ArrayLike<number> | undefined,
  size: number,
) {
  const { cloud, potential } = yield* sortedSide(source, other(side));
  const coreset = yield* makeCoreset(cloud, yield* finestCells(cloud, 0), true);
  const { count, places } = coreset;
  const potentials = Float64Array.from(places, (place) => potential[place]);
  const tree = yield* makeTree(cloud, coreset, 0, LEAF_SIZE);
  const uploaded = yield* uploadEntries(space, cloud.dimension, coreset, 0, count);
  const inOrder = values && valuesAt(cloud, places, values, size);
  return {
    tree,
    coreset,
    potential: potentials,
    columns: { ...uploaded, potential: space.upload(potentials, [count, 1]) },
    values: inOrder
      ? valueBlocks(size).map((block) => ({
          ...block,
          value: space.upload(takeBlock(inOrder, size, block), [count, block.width]),
        }))
      : [{ start: 0, width: size, value: undefined }],
  };
}

function valuesAt({ order }: SortedCloud, places: Uint32Array, values: ArrayLike<number>, size: number): Float64Array {
  return Float64Array.from({ length: places.length * size }, (_, k) => {
    return values[order[places[Math.floor(k / size)]] * size + (k % size)];
  });
}
