import type { Backend } from '../backend/backend.js';
import { type Workspace, workspace } from '../backend/workspace.js';
import { derivative } from '../formula/derivative.js';
import { add, column, dot, type Expression, mul, row } from '../formula/expression.js';
import { simplify } from '../formula/simplify.js';
import { gaussianKernel, type MmdOptions } from '../kernelSum/kernel.js';
import { shapeOf } from '../measure/deviceMeasure.js';
import { rawFrame, toFrame, unitFrame } from '../measure/frame.js';
import { withNormalizedWeights } from '../measure/normalization.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, other, type Side } from '../measure/side.js';
import { read, report, type Task } from '../tasks/task.js';
import { coincidentPoints } from './coincident.js';
import { checkDirections, type Direction, type MeasureDirection, type PairDirection } from './direction.js';
import { checkLinearOptions } from './linearOptions.js';
import {
  alongDirection,
  type GradientMoves,
  type OwnProduct,
  type PairProduct,
  type ProductOptions,
  productOf,
  sidesWithRespectTo,
} from './product.js';
import { ROUNDING } from './rounding.js';
import { gradientMovesThroughNormalization } from './throughNormalization.js';

/** A kernel norm of the difference of two measures, as its derivatives see it. */
export interface KernelSource {
  readonly backend: Backend;
  readonly kernel: MmdOptions;
  /** The measures as they were given: with `normalize` the norm is one of shares of them. */
  readonly given: MeasurePair;
  readonly normalize: boolean;
}

/** The Hessian of a kernel norm times directions of both measures; a direction without `x` and `y` is one of x alone. */
export const hessianVectorProduct = (
  source: KernelSource,
  direction: PairDirection | MeasureDirection,
  options: ProductOptions = {},
): Task<PairProduct | OwnProduct> =>
  alongDirection(direction, options, (both, given) => kernelHessianVectorProduct(source, both, given));

/**
 * The Hessian of 1/2 <a - b, k * (a - b)> times directions, in closed form: with s the weights of both clouds, those of the other one
 * negative, and k. = <dk/dx, x.> + <dk/dz, z.>,
 *
 *   points   sum_j (a._i s_j + a_i s._j) dk/dx_i + a_i s_j dk./dx_i,   weights   sum_j s._j k + s_j k.
 *
 * over the points z_j of both clouds, in float64 where the device has it.
 */
function* kernelHessianVectorProduct(
  source: KernelSource,
  direction: PairDirection,
  options: ProductOptions = {},
): Task<PairProduct> {
  // No system is solved: the options are those of other losses.
  checkLinearOptions('hessianVectorProduct', options, 1, ['wrt']);
  const { kernel, given, normalize } = source;
  const pair = normalize ? bySide((side) => withNormalizedWeights(given[side])) : given;
  const sides = sidesWithRespectTo(direction, options);
  const directions = checkDirections({ pair, given, normalize }, direction);
  const space = workspace(source.backend.inFloat64 ?? source.backend);
  const fields = function* () {
    const found: { [S in Side]?: Float64Array } = {};
    for (const side of sides) found[side] = yield* fieldOf(space, prepare(space, pair, kernel), kernel, pair, side);
    return found;
  };
  try {
    const context = prepare(space, pair, kernel);
    const moves: GradientMoves[] = [];
    for (const [k, one] of directions.entries()) {
      yield* report({ stage: 'derivatives', share: k / directions.length });
      const found: { [S in Side]?: { points: Float64Array; weights: Float64Array } } = {};
      for (const side of sides) found[side] = yield* gradientMove(space, context, kernel, pair, side, one);
      moves.push(found);
    }
    const coincident = kernel.kernel === gaussianKernel ? 0 : coincidences(pair);
    const raw = normalize ? checkDirections({ pair, given, normalize: false }, direction) : directions;
    const through = normalize
      ? gradientMovesThroughNormalization({ given }, sides, raw, moves, yield* fields())
      : moves;
    return productOf(sides, raw, through, pair, {
      iterations: 0,
      residual: 0,
      tolerance: 0,
      converged: true,
      marginalError: 0,
      estimatedError: context.lost.share,
      smallestEigenvalue: 1,
      determined: true,
      coincident,
      reductions: space.reductions,
      backend: source.backend.name,
    });
  } finally {
    space.releaseAll();
  }
}

const coincidences = ({ x, y }: MeasurePair): number =>
  coincidentPoints(x, y) + coincidentPoints(x, x) + coincidentPoints(y, y);

type Context = ReturnType<typeof prepare>;

function prepare(space: Workspace, pair: MeasurePair, { blur, scalingPower }: MmdOptions) {
  const scale = scalingPower !== undefined && space.backend.precision === 'float32';
  const frame = scale ? unitFrame([pair.x, pair.y]) : rawFrame(pair.x.dimension);
  return {
    length: frame.scale,
    /** The largest share of a result that rounding of its two sums may be. */
    lost: { share: 0 },
    unit: frame.scale ** (scalingPower ?? 0),
    parameters: (blur === undefined ? {} : { inverseBlur: frame.scale / blur }) as Readonly<Record<string, number>>,
    ...bySide((side) => ({
      points: space.upload(toFrame(pair[side], frame), shapeOf(pair[side], pair[side].dimension)),
      weights: space.upload(pair[side].weights, shapeOf(pair[side], 1)),
    })),
  };
}

/** A sum over the own points less one over those of the other side, read and scaled. */
function* signedSums(
  space: Workspace,
  context: Context,
  side: Side,
  unit: number,
  value: Expression,
  moved: (at: Side) => Record<string, ReturnType<Workspace['upload']>>,
): Task<Float64Array> {
  const over = function* (at: Side): Task<ArrayLike<number>> {
    const [result] = space.reduce({
      kind: 'sum',
      value,
      rows: { point: context[side].points, weight: context[side].weights, ...moved(side) },
      columns: { point: context[at].points, weight: context[at].weights, ...moved(at) },
      parameters: context.parameters,
    });
    const values = yield* read(space.backend, result);
    space.release(result);
    return values;
  };
  const own = yield* over(side);
  const others = yield* over(other(side));
  let [before, left] = [0, 0];
  const found = Float64Array.from(own, (value, i) => {
    const difference = value - others[i];
    before += value ** 2 + others[i] ** 2;
    left += difference ** 2;
    return difference * unit;
  });
  const lost = ROUNDING[space.backend.precision] * Math.sqrt(before / left);
  if (left > 0) context.lost.share = Math.max(context.lost.share, Math.min(1, lost));
  return found;
}

/** k * (a - b) at the points of a side: the gradient in the weights there. */
const fieldOf = (
  space: Workspace,
  context: Context,
  { kernel }: MmdOptions,
  pair: MeasurePair,
  side: Side,
): Task<Float64Array> => {
  const { dimension } = pair.x;
  const value = mul(column('weight'), kernel(row('point', dimension), column('point', dimension)));
  return signedSums(space, context, side, context.unit, simplify(value), () => ({}));
};

function* gradientMove(
  space: Workspace,
  context: Context,
  { kernel }: MmdOptions,
  pair: MeasurePair,
  side: Side,
  direction: Direction,
): Task<{ points: Float64Array; weights: Float64Array }> {
  const { dimension } = pair.x;
  const uploaded = bySide((at) => {
    const { points, weights } = direction[at];
    const zeros = (size: number) => new Float64Array(pair[at].batch * pair[at].count * size);
    return {
      move: space.upload(
        (points ?? zeros(dimension)).map((value) => value / context.length),
        shapeOf(pair[at], dimension),
      ),
      weightMove: space.upload(weights ?? zeros(1), shapeOf(pair[at], 1)),
    };
  });
  const [point, against] = [row('point', dimension), column('point', dimension)];
  const value = kernel(point, against);
  const slope = derivative(value, point);
  const moved = add(dot(slope, row('move', dimension)), dot(derivative(value, against), column('move', dimension)));
  const masses = mul(row('weight'), column('weight'));
  const massMoves = add(mul(row('weightMove'), column('weight')), mul(row('weight'), column('weightMove')));
  const force = simplify(add(mul(massMoves, slope), mul(masses, derivative(moved, point))));
  const field = simplify(add(mul(column('weightMove'), value), mul(column('weight'), moved)));
  const at = (of: Side) => uploaded[of];
  const points = yield* signedSums(space, context, side, context.unit / context.length, force, at);
  const weights = yield* signedSums(space, context, side, context.unit, field, at);
  for (const { move, weightMove } of Object.values(uploaded)) space.release(move, weightMove);
  return { points, weights };
}
