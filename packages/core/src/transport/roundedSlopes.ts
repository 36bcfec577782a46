import { uploadInPieces } from '../backend/uploadInPieces.js';
import { derivative } from '../formula/derivative.js';
import { column, type Expression, row, sqrt, square, sub, sum, type Variable } from '../formula/expression.js';
import { remembered } from '../formula/remembered.js';
import { rewrite } from '../formula/rewrite.js';
import type { PairwiseGeometry } from '../geometry/pairwise/pairwise.js';
import { shapeOf } from '../measure/deviceMeasure.js';
import type { MeasurePair } from '../measure/pair.js';
import type { Side } from '../measure/side.js';
import type { Task } from '../tasks/task.js';
import type { Iterates } from './iterate.js';
import { type OfPoints, type SlopeRoundings, slopeRoundings } from './slopeRoundings.js';

/**
 * How far coordinates are moved, in what float32 took from them. Raising it is caution: below 2 most would be rounded back to where they were,
 * and a kink may lie as far on the other side. Chosen; checked with places and their antipodes, where a slope has no limit.
 */
const FURTHER = 4;

/**
 * What coordinates in float32 leave unknown of the gradients of a formula of your own: how far slopes are from those of points that lie a little further
 * from where they were rounded to. At kinks and next to poles that is all of a slope. Points that float32 holds as they are cost nothing.
 *
 * @param pair - The points as they were given, and as they are on the device but for rounding.
 */
export function* roundedSlopes(
  problem: OfPoints,
  pair: MeasurePair,
  epsilon: number,
  iterates: Iterates,
  wrt: readonly Side[],
  price?: number,
): Task<SlopeRoundings> {
  const [x, y] = [awayFromRounded(pair.x.points), awayFromRounded(pair.y.points)];
  if (!x && !y) return {};
  const upload = (side: Side, points = pair[side].points) =>
    uploadInPieces(problem.space, points, shapeOf(pair[side], pair[side].dimension));
  const moved = { x: yield* upload('x', x), y: yield* upload('y', y) };
  const uncertain = ({ formulas }: PairwiseGeometry, rows: Side, columns: Side) => ({
    value: changeOf(formulas).value,
    rows: { moved: moved[rows] },
    columns: { moved: moved[columns] },
  });
  return yield* slopeRoundings(problem, pair, epsilon, iterates, wrt, uncertain, undefined, price);
}

/** How far the slope at a row's point changes when both points move. */
const changeOf = remembered(({ point, cost }: PairwiseGeometry['formulas']): { readonly value: Expression } => {
  const slope = derivative(cost, point);
  const there = rewrite(slope, (node) => (node.type === 'variable' ? movedTo(node) : undefined));
  return { value: sqrt(sum(square(sub(slope, there)))) };
});

const movedTo = ({ side, size }: Variable): Variable => (side === 'row' ? row : column)('moved', size);

/** Points moved on from where float32 has them through where they are; none where all of them are as float32 has them. */
function awayFromRounded(points: Float32Array | Float64Array): Float64Array | undefined {
  const moved = Float64Array.from(points, (value) => value + (FURTHER - 1) * (value - Math.fround(value)));
  return moved.some((value, k) => value !== points[k]) ? moved : undefined;
}
