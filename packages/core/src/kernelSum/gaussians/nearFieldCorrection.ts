import { uploadInPieces } from '../../backend/uploadInPieces.js';
import {
  add,
  constant,
  type Expression,
  exp,
  max,
  min,
  mul,
  neg,
  parameter,
  sign,
  square,
  squaredDistance,
  sub,
  unary,
} from '../../formula/expression.js';
import type { Side } from '../../measure/side.js';
import { allPoints } from '../../spatial/coreset.js';
import { makeTree } from '../../spatial/tree.js';
import type { Task } from '../../tasks/task.js';
import type { KernelKind } from '../kernelDecay.js';
import type { KernelField } from '../kernelFields.js';
import { type MmdProblem, withLastChunked } from '../problem.js';
import type { MmdSamples } from '../samples.js';
import type { SignedCloud } from '../signedCloud.js';
import { pairsAt } from '../tree/acceptanceCriterion.js';
import { leafBoxes } from '../tree/traverseForRows.js';
import { type Dispatched, dispatchNear } from '../tree/treeSums.js';
import { derivativeOf, fittedPolynomial } from './fittedPolynomial.js';
import { type SumOfGaussians, sumOfGaussiansAt } from './sumOfGaussians.js';

/** The kernels that can be taken as a sum of Gaussians. */
export type GaussianSumKind = Exclude<KernelKind, 'gaussian'>;

/**
 * In blurs of the first Gaussian, how far the near-field correction is summed: the next narrower one has e^-9 there. Raising it makes
 * what is left out smaller, and near pairs more, as its D-th power.
 */
export const CORRECTION_REACH = 3;
/**
 * Of a polynomial that is within 1e-7 of the smooth sum of Gaussians up to there, and its slope within 1e-5. Raising it costs a
 * multiplication a pair for each degree; a test checks its errors against that.
 */
const DEGREE = 9;

/** The kernel at a distance, in its blurs. */
const KERNELS = {
  energy: (distance: number) => -distance,
  laplacian: (distance: number) => Math.exp(-distance),
} as const;

/**
 * Points of a leaf of columns at most, unless they share a finest cell. Raising it finds pairs sooner, and more that are not near.
 * Chosen, not measured by itself.
 */
const COLUMN_LEAF = 32;
/** The same of rows. */
const ROW_LEAF = 16;

/** The sums of what a kernel has beyond a sum of Gaussians, over pairs that are near. */
export interface NearFieldCorrection {
  /** The pairs there are for each of the samples, on average. */
  pairsAt(samples: MmdSamples): Task<number>;
  /** Has them computed for the points of one side, in the signed cloud's order. */
  dispatch(side: Side): Task<Dispatched>;
  /** Frees what the sums are taken over. */
  release(): void;
}

export function* nearFieldCorrection(
  problem: MmdProblem,
  { joint, weights, sides }: SignedCloud,
  kind: GaussianSumKind,
  gaussians: SumOfGaussians,
): Task<NearFieldCorrection> {
  const { space, blur, dimension } = problem;
  const tree = yield* makeTree(joint, allPoints(joint), 0, COLUMN_LEAF);
  // Nodes are not represented by points here: their blocks are empty.
  const blockStarts = new Uint32Array(tree.count + tree.leafStarts.length);
  blockStarts.set(tree.leafStarts, tree.count);
  const columns = { tree, blockStarts };
  const first = blur * gaussians.terms[0].blur;
  const criterion = {
    openingDistances: new Float64Array(tree.count).fill(Number.POSITIVE_INFINITY),
    reach: CORRECTION_REACH * first,
  };
  const parameters = { ...problem.parameters, first, inverseFirst: 1 / first };
  const field = correctionField(kind, gaussians);
  const wider = yield* withLastChunked(space, joint.points, dimension);
  const device = {
    dimension: dimension + 1,
    points: yield* uploadInPieces(space, wider, [joint.count, dimension + 1]),
    weights: yield* uploadInPieces(space, weights, [joint.count, 1]),
  };
  return {
    pairsAt: (samples) => pairsAt(columns, samples, criterion),
    *dispatch(side) {
      const cloud = sides[side];
      const boxes = leafBoxes(yield* makeTree(cloud, allPoints(cloud), 0, ROW_LEAF));
      return yield* dispatchNear(
        { ...problem, parameters },
        { columns, device },
        boxes,
        cloud.points,
        criterion,
        field,
      );
    },
    release: () => space.release(device.points, device.weights),
  };
}

/** What a kernel has beyond a sum of Gaussians at the distance from which on it is left out, in the sum's unit. */
export const leftOut = (kind: GaussianSumKind, gaussians: SumOfGaussians): number => {
  const reach = CORRECTION_REACH * gaussians.terms[0].blur;
  return Math.abs(KERNELS[kind](reach) - sumOfGaussiansAt(gaussians, reach)) / gaussians.unit;
};

/**
 * What a kernel has beyond a sum of Gaussians, as a field of `kernelFields`: with u the distance in blurs of the first Gaussian, -u or the
 * Laplacian kernel less a polynomial in u^2, up to u = REST. Reads the parameters `first`, that Gaussian's blur, and its inverse.
 */
export function correctionField(kind: GaussianSumKind, gaussians: SumOfGaussians): KernelField {
  const limit = CORRECTION_REACH ** 2;
  const first = gaussians.terms[0].blur;
  const unit = kind === 'energy' ? first : 1;
  const smooth = fittedPolynomial(
    (t) => sumOfGaussiansAt(gaussians, first * Math.sqrt((limit * (t + 1)) / 2)) / unit,
    DEGREE,
  );
  return (x, y, last) => {
    const inverse = parameter('inverseFirst');
    const squared = min(mul(square(inverse), squaredDistance(x, y)), limit);
    const t = sub(mul(2 / limit, squared), 1);
    const inverseDistance = unary('rsqrt', squared);
    const distance = mul(squared, inverseDistance);
    const laplacian = exp(mul(-first, distance));
    const [kernel, steepness] = kind === 'energy' ? [neg(distance), constant(1)] : [laplacian, laplacian];
    // The derivative of the polynomial in x, over (x - y), is 4 / limit times that in t, in units of `first`.
    const slope = add(
      mul(steepness, inverseDistance),
      mul((4 / (limit * first)) * unit, polynomial(derivativeOf(smooth), t)),
    );
    const value = sub(kernel, polynomial(smooth, t));
    const within = max(sign(sub(limit, squared)), 0);
    const height = kind === 'energy' ? mul(parameter('first'), within) : within;
    return add(mul(mul(mul(inverse, within), slope), sub(y, x)), mul(mul(height, value), last));
  };
}

/** By Estrin's rule: its products do not wait for each other, as Horner's do. */
function polynomial(coefficients: readonly number[], t: Expression): Expression {
  let terms: Expression[] = coefficients.map((value) => constant(value));
  for (let power = t; terms.length > 1; power = square(power)) {
    const pairs: Expression[] = [];
    for (let k = 0; k < terms.length; k += 2) {
      pairs.push(k + 1 < terms.length ? add(terms[k], mul(terms[k + 1], power)) : terms[k]);
    }
    terms = pairs;
  }
  return terms[0];
}
