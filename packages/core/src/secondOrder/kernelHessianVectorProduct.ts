import type { Backend } from '../backend/backend.js';
import { workspace } from '../backend/workspace.js';
import { derivative } from '../formula/derivative.js';
import { add, column, dot, mul, row } from '../formula/expression.js';
import { simplify } from '../formula/simplify.js';
import { gaussianKernel, type MmdOptions } from '../kernelSum/kernel.js';
import { norm } from '../linear/norm.js';
import { withNormalizedWeights } from '../measure/normalization.js';
import type { MeasurePair } from '../measure/pair.js';
import { bySide, type Side } from '../measure/side.js';
import { report, type Task } from '../tasks/task.js';
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
import { type SignedSums, signedSums, type Term } from './signedSums.js';
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
 * over the points z_j of both clouds. In float64: on the device, or on the host where the device has none and pairs are few. What is left for
 * float32 is compared with float64 at some points.
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
  try {
    const sums = signedSums(space, pair, kernel);
    const moves: GradientMoves[] = [];
    for (const [k, one] of directions.entries()) {
      yield* report({ stage: 'derivatives', share: k / directions.length });
      const found: { [S in Side]?: { points: Float64Array; weights: Float64Array } } = {};
      for (const side of sides) found[side] = yield* gradientMove(sums, kernel, pair, side, one);
      moves.push(found);
    }
    let product: readonly GradientMoves[] = moves;
    let raw = directions;
    if (normalize) {
      const fields: { [S in Side]?: Float64Array } = {};
      for (const side of sides) fields[side] = yield* sums.of(side, fieldOf(kernel, pair.x.dimension), {});
      raw = checkDirections({ pair, given, normalize: false }, direction);
      product = gradientMovesThroughNormalization({ given }, sides, raw, moves, fields);
    }
    return productOf(sides, raw, product, pair, {
      iterations: 0,
      residual: 0,
      tolerance: 0,
      converged: true,
      marginalError: 0,
      estimatedError: Math.min(1, sums.lost() * cancelledByNormalization(sides, moves, product, given)),
      smallestEigenvalue: 1,
      determined: true,
      coincident: kernel.kernel === gaussianKernel ? 0 : coincidences(pair),
      reductions: space.reductions,
      backend: source.backend.name,
    });
  } finally {
    space.releaseAll();
  }
}

const coincidences = ({ x, y }: MeasurePair): number =>
  coincidentPoints(x, y) + coincidentPoints(x, x) + coincidentPoints(y, y);

/** How many times larger numbers are than what is left of them in weights that are normalised. */
function cancelledByNormalization(
  sides: readonly Side[],
  moves: readonly GradientMoves[],
  product: readonly GradientMoves[],
  given: MeasurePair,
): number {
  if (moves === product) return 1;
  let worst = 1;
  for (const side of sides) {
    for (const [k, { [side]: before }] of moves.entries()) {
      const after = product[k][side];
      const left = after ? norm(after.weights) * Math.min(...given[side].masses) : 0;
      if (before && left > 0) worst = Math.max(worst, norm(before.weights) / left);
    }
  }
  return worst;
}

/** k * (a - b) at the points of a side: the gradient in the weights there. */
function fieldOf({ kernel }: MmdOptions, dimension: number): Term {
  const value = mul(column('weight'), kernel(row('point', dimension), column('point', dimension)));
  return { value: simplify(value), isSlope: false };
}

function* gradientMove(
  sums: SignedSums,
  { kernel }: MmdOptions,
  pair: MeasurePair,
  side: Side,
  direction: Direction,
): Task<{ points: Float64Array; weights: Float64Array }> {
  const { dimension } = pair.x;
  const moves = bySide((at) => {
    const { points, weights } = direction[at];
    const zeros = (size: number) => new Float64Array(pair[at].batch * pair[at].count * size);
    return { move: points ?? zeros(dimension), weightMove: weights ?? zeros(1) };
  });
  const [point, against] = [row('point', dimension), column('point', dimension)];
  const value = kernel(point, against);
  const slope = derivative(value, point);
  const moved = add(dot(slope, row('move', dimension)), dot(derivative(value, against), column('move', dimension)));
  const masses = mul(row('weight'), column('weight'));
  const massMoves = add(mul(row('weightMove'), column('weight')), mul(row('weight'), column('weightMove')));
  const force = simplify(add(mul(massMoves, slope), mul(masses, derivative(moved, point))));
  const field = simplify(add(mul(column('weightMove'), value), mul(column('weight'), moved)));
  return {
    points: yield* sums.of(side, { value: force, isSlope: true }, moves),
    weights: yield* sums.of(side, { value: field, isSlope: false }, moves),
  };
}
