import type { DeviceArray } from '../../backend/backend.js';
import { uploadInPieces } from '../../backend/uploadInPieces.js';
import type { Side } from '../../measure/side.js';
import { cellStarts, finestCells } from '../../spatial/cells.js';
import type { Entries } from '../../spatial/coreset.js';
import { makeEvaluationNodes } from '../../spatial/evaluationNodes.js';
import type { Field } from '../../spatial/field.js';
import { fieldsAtPoints } from '../../spatial/fieldsAtPoints.js';
import type { RowRange } from '../../spatial/rowRanges.js';
import { type SortedCloud, unsorted } from '../../spatial/sortedCloud.js';
import { makeTree } from '../../spatial/tree.js';
import type { Progress, Task } from '../../tasks/task.js';
import { addFields, emptyField } from '../addFields.js';
import type { KernelKind } from '../kernelDecay.js';
import { type KernelField, kernelFields } from '../kernelFields.js';
import { type MmdProblem, withLast, withLastChunked } from '../problem.js';
import type { SignedCloud } from '../signedCloud.js';
import { boxesToRefineAtPoints } from './boxesToRefineAtPoints.js';
import { type NodeColumns, nodeColumns } from './nodeColumns.js';
import { leafBoxes, type RowBoxes, traverseForRows } from './traverseForRows.js';

/**
 * Points of a leaf of rows at most. Raising it makes fewer lists, each for a larger box and so longer. Chosen, not measured by itself.
 */
const ROW_LEAF = 32;
/**
 * Points that cells have in which sums are interpolated, about. Raising it evaluates fewer sums, in larger cells of which more are
 * refined. Chosen, not measured by itself.
 */
const POINTS_PER_CELL = 64;
/** In blurs, how wide such cells are at most: wider ones would nearly all be refined. Chosen, not measured by itself. */
const WIDEST = 0.5;

/** The tree over the difference of two clouds, and what represents its nodes on the device. */
export interface SourceTree {
  readonly signed: SignedCloud;
  readonly columns: NodeColumns;
  /** With a last coordinate of 0 added to each point. */
  readonly device: { readonly dimension: number; readonly points: DeviceArray; readonly weights: DeviceArray };
}

/** The acceptance criterion (Barnes & Hut 1986): from where on a node is taken as few points, and from where on it is left out. */
export interface AcceptanceCriterion {
  /** [T]: the squared distance from which on a node's few points represent it. */
  readonly openingDistances: Float64Array;
  readonly reach: number;
}

export function* sourceTree({ space, dimension }: MmdProblem, signed: SignedCloud): Task<SourceTree> {
  const columns = yield* nodeColumns(signed);
  const { count, points, weights } = columns;
  const wider = yield* withLastChunked(space, points, dimension);
  const device = {
    dimension: dimension + 1,
    points: yield* uploadInPieces(space, wider, [count, dimension + 1]),
    weights: yield* uploadInPieces(space, weights, [count, 1]),
  };
  return { signed, columns, device };
}

/** Rows that were dispatched: what comes of them is to be read in this order. */
export type Dispatched = readonly DeviceArray[];

/**
 * Dispatches k * (a - b) at some points and its gradients there, over what counts; the boxes hold the points in order. The kernel
 * is the problem's if none is given.
 */
export function* dispatchNear(
  { space, kind, dimension, parameters }: MmdProblem,
  { columns, device }: { readonly columns: Pick<NodeColumns, 'tree' | 'blockStarts'> } & Pick<SourceTree, 'device'>,
  boxes: RowBoxes,
  points: Float64Array,
  { openingDistances, reach }: AcceptanceCriterion,
  kernel: KernelKind | KernelField = kind,
  told?: (share: number) => Progress,
): Task<Dispatched> {
  const dispatch = ({ from, to, blocks }: RowRange) => {
    const range = withLast(space, points.subarray(from * dimension, to * dimension), dimension);
    const rows = space.upload(range, [to - from, dimension + 1]);
    const fields = kernelFields(space, kernel, { dimension: dimension + 1, points: rows }, device, {
      parameters,
      blocks,
    });
    space.release(rows);
    return fields;
  };
  return yield* traverseForRows(boxes, columns, openingDistances, reach, dispatch, told);
}

/** Reads so many rows. */
export function* readNear(problem: MmdProblem, count: number, dispatched: Dispatched): Task<Required<Field>> {
  const sums = emptyField(count, problem.dimension);
  let place = 0;
  for (const fields of dispatched) place = yield* addFields(problem, fields, sums, place);
  return sums;
}

/** Both: the sums at some points. */
export function* nearSums(
  problem: MmdProblem,
  source: SourceTree,
  boxes: RowBoxes,
  points: Float64Array,
  criterion: AcceptanceCriterion,
  told?: (share: number) => Progress,
): Task<Required<Field>> {
  const dispatched = yield* dispatchNear(problem, source, boxes, points, criterion, problem.kind, told);
  return yield* readNear(problem, points.length / problem.dimension, dispatched);
}

/**
 * k * (a - b) at every point of a side, in the order they came in, with its gradients if they are wanted. In cells with
 * many points it is interpolated from the corners of a box, except where that is off by more than `interpolationTolerance` in the
 * gradient at the points' mean, or at two of them; nowhere if `interpolationTolerance` is 0.
 */
export function* treeSums(
  problem: MmdProblem,
  source: SourceTree,
  side: Side,
  criterion: AcceptanceCriterion,
  interpolationTolerance: number,
  withGradients: boolean,
): Task<Field> {
  const cloud = source.signed.sides[side];
  const told = (share: number) => ({ stage: 'kernel sums', share: (share + Number(side === 'y')) / 2 });
  const over = function* (entries: Entries, tell?: typeof told): Task<Required<Field>> {
    const boxes = leafBoxes(yield* makeTree(cloud, entries, 0, ROW_LEAF));
    return yield* nearSums(problem, source, boxes, entries.points, criterion, tell);
  };
  const level = yield* levelOf(problem, cloud);
  const cells = yield* finestCells(cloud, level);
  const nodes = yield* makeEvaluationNodes(cloud, cells, level, interpolationTolerance === 0);
  const [sorted] = yield* fieldsAtPoints(cloud, nodes, {
    fields: [yield* over(nodes, told)],
    level,
    tolerance: interpolationTolerance,
    withGradients,
    *evaluate(entries) {
      return [yield* over(entries)];
    },
    refine: (boxes, [atNodes], found) =>
      boxesToRefineAtPoints(cloud, boxes, atNodes, found, interpolationTolerance, over),
  });
  const field = emptyField(cloud.count, withGradients ? problem.dimension : 0);
  yield* unsorted(cloud, sorted.values, 1, field.values);
  if (sorted.gradients) yield* unsorted(cloud, sorted.gradients, problem.dimension, field.gradients);
  return withGradients ? field : { values: field.values };
}

/** The doublings of the finest cells that make cells of about the right size. */
function* levelOf({ kind, blur }: MmdProblem, cloud: SortedCloud): Task<number> {
  const widest = kind === 'energy' ? Number.POSITIVE_INFINITY : WIDEST * blur;
  let level = Math.max(0, Math.min(cloud.levels, Math.floor(Math.log2(widest / cloud.width))));
  const fewest = cloud.count / POINTS_PER_CELL;
  while (level > 0 && (yield* cellStarts(cloud, level)).length - 1 < fewest) level--;
  return level;
}
