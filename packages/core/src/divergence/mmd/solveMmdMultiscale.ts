import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import { sumsByGaussians } from '../../kernelSum/gaussians/sumsByGaussians.js';
import { gradientError } from '../../kernelSum/gradientError.js';
import { boundsOf, extentOf } from '../../kernelSum/grid/lattice.js';
import { latticeSums } from '../../kernelSum/grid/latticeSums.js';
import { KERNEL_DECAYS } from '../../kernelSum/kernelDecay.js';
import { lineSums } from '../../kernelSum/line/lineSums.js';
import {
  type KernelSums,
  type MmdProblem,
  type MultiscaleMmdOptions,
  mmdProblem,
  squaredNorm,
} from '../../kernelSum/problem.js';
import { atSamples, errorAt, errorsAt, type MmdSamples, rootMeanSquare, takeSamples } from '../../kernelSum/samples.js';
import { signedCloud } from '../../kernelSum/signedCloud.js';
import { findAcceptanceCriterion, pairsAt } from '../../kernelSum/tree/acceptanceCriterion.js';
import { sourceTree, treeSums } from '../../kernelSum/tree/treeSums.js';
import { boundingBox, rawFrame, unitFrame } from '../../measure/frame.js';
import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import { checkPair, compareContent, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { Field } from '../../spatial/field.js';
import { numbersChunked, sumChunked } from '../../tasks/chunked.js';
import { report, type Task } from '../../tasks/task.js';
import type { MmdResult } from './mmd.js';

/** A kernel norm taken over cells. */
export interface MultiscaleMmdResult extends Omit<MmdResult, 'sizes' | 'roundingError'> {
  /** Relative, measured at sampled points: the largest of the value's and of those of the gradients that were wanted. */
  readonly estimatedError: number;
  /** The kernel's largest value among the pairs that were skipped, over its value at 0. */
  readonly truncatedMass: number;
}

/**
 * Pairs for each point: with a sum of Gaussians of no more work, no tree is looked at for the Laplacian kernel, which takes more. Raising
 * it uses lattices where a tree may be faster. Chosen, not measured by itself; the benchmark "Kernel norms of many points" judges the
 * whole.
 */
const SHORT_CORRECTION = 40_000;
/**
 * Where gradients are off by more than the accuracy at the steepest places, the accuracy of a second attempt over what the first one says
 * would do. Raising it makes that cheaper and more often in vain. Chosen, not measured.
 */
const STRICTER = 0.5;
/** The accuracy over the error, below which there is no second attempt. Raising it gives up sooner. Chosen, not measured. */
const HOPELESS = 1e-2;
/**
 * The share of the accuracy that sums over cells are told to be off by at least: few samples vouch for no less. Raising it makes
 * estimates safer and larger. Found by holding norms of ugly clouds against sums term by term.
 */
const LEAST_TOLD = 0.02;
/** Roundings of a term, in the kernel and in the weights; as in rounding.ts. */
const ROUNDINGS_OF_TERM = 8;
/**
 * The share of the accuracy that nodes may take; what is left is for interpolation. Raising it opens fewer nodes and refines more cells.
 * Chosen, not measured.
 */
const NODES_SHARE = 0.8;
/**
 * The share of the accuracy that interpolated gradients may be off by at the mean of a cell's points: elsewhere in the cell they are off
 * by more. Raising it refines fewer cells. Chosen, not measured by itself; the benchmark "Kernel norms of many points" judges the whole.
 */
const INTERPOLATION_SHARE = 0.5;

/**
 * What `solveMmd` computes for the library's own kernels, in at most 3 dimensions, in time that grows about as the number of
 * points. On a line sums are exact. The Gaussian kernel is a product of functions of one coordinate, and is summed on a lattice where one of a
 * reasonable size is fine enough; the Laplacian kernel likewise, as a sum of Gaussians and a near-field correction. Otherwise k * (a - b) is summed over the nodes of a tree (Barnes & Hut 1986), each represented
 * by a few points with its mass, mean and covariance where it is far enough, and left out where the kernel has fallen off; in
 * cells with many points it is interpolated.
 *
 * How fine and how far that is follows from sums over all pairs at sampled points, and so does the error that is left.
 */
export function* solveMmdMultiscale(
  backend: Backend,
  pair: MeasurePair,
  options: MultiscaleMmdOptions,
  wrt: readonly Side[] = [],
): Task<MultiscaleMmdResult> {
  checkPair(pair);
  if (compareContent(pair.x, pair.y) === 0) return nothing(pair, wrt);
  const result = yield* solveOn(backend, pair, options, wrt);
  if (!backend.inFloat64 || result.estimatedError <= options.accuracy) return result;
  const again = yield* solveOn(backend.inFloat64, pair, options, wrt);
  return { ...again, reductions: result.reductions + again.reductions };
}

/** On a backend, in its precision. */
function* solveOn(
  backend: Backend,
  pair: MeasurePair,
  options: MultiscaleMmdOptions,
  wrt: readonly Side[],
): Task<MultiscaleMmdResult> {
  const space = workspace(backend);
  try {
    const clouds = [pair.x, pair.y];
    const frame =
      backend.precision === 'float32' ? unitFrame(clouds, yield* boundingBox(clouds)) : rawFrame(pair.x.dimension);
    const problem = yield* mmdProblem(space, pair, options, frame);
    const samples = yield* takeSamples(problem);
    const sumsFor = function* (accuracy: number): Task<KernelSums> {
      return (
        (yield* lineSums(problem)) ??
        (yield* latticeSums(problem, samples, accuracy, wrt)) ??
        (yield* overNodes(problem, samples, accuracy, wrt))
      );
    };
    let sums = yield* sumsFor(options.accuracy);
    const errorOfSums = function* (of: KernelSums): Task<number> {
      return Math.max(of.isExact ? 0 : LEAST_TOLD * options.accuracy, yield* errorOf(problem, samples, of, wrt));
    };
    let estimatedError = yield* errorOfSums(sums);
    const missed = options.accuracy / estimatedError;
    if (missed < 1 && missed > HOPELESS && !sums.isExact) {
      const finer = yield* sumsFor(STRICTER * missed * options.accuracy);
      const error = yield* errorOfSums(finer);
      if (error < estimatedError) [sums, estimatedError] = [finer, error];
    }
    const unit = options.kind === 'energy' ? frame.scale : 1;
    const gradients: { [S in Side]?: HostGradient } = {};
    for (const [index, side] of wrt.entries()) {
      yield* report({ stage: 'gradients', share: index / wrt.length });
      gradients[side] = yield* gradientAt(problem, side, sums[side], unit, frame.scale);
    }
    return {
      values: Float64Array.of((unit * (yield* squaredNorm(problem, sums))) / 2),
      gradients,
      reductions: space.reductions,
      estimatedError,
      weightsError: Math.max(estimatedError, ...(yield* weightsErrors(samples, sums, wrt))),
      truncatedMass: sums.truncatedMass,
    };
  } finally {
    space.releaseAll();
  }
}

/** The relative error of value and gradients, rounding included. */
function* errorOf(problem: MmdProblem, samples: MmdSamples, sums: KernelSums, wrt: readonly Side[]): Task<number> {
  const norm = yield* squaredNorm(problem, sums);
  const { value } = errorsAt(samples, atSamples(samples, sums), [], norm);
  let error = Math.min(value, sums.valueError ?? value) + (yield* roundingOf(problem, samples)) / Math.abs(norm);
  for (const side of wrt) {
    const { values, gradients } = sums[side];
    if (gradients) error = Math.max(error, yield* gradientError(problem, samples, side, { values, gradients }));
  }
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/** How far k * (a - b) is off at the samples of each side that is wanted, over its size at all points. */
function* weightsErrors(samples: MmdSamples, sums: KernelSums, wrt: readonly Side[]): Task<number[]> {
  const found = atSamples(samples, sums);
  const errors: number[] = [];
  for (const side of wrt) {
    const { values } = sums[side];
    const off = rootMeanSquare(
      samples[side].exact.values.map((value, k) => value - found[side].values[k]),
      1,
    );
    const square = (yield* sumChunked(values.length, (k) => values[k] ** 2)) / values.length;
    errors.push(off === 0 ? 0 : off / Math.sqrt(square));
  }
  return errors;
}

/** What the rounding of float64 may change in a value: of every term by some roundings, and as they are added up. */
function* roundingOf(problem: MmdProblem, { x, y }: MmdSamples): Task<number> {
  const { kind, clouds } = problem;
  const largest = kind === 'energy' ? extentOf(yield* boundsOf(problem)) : 1;
  const roundings = ROUNDINGS_OF_TERM + Math.sqrt(clouds.x.weights.length + clouds.y.weights.length);
  return 2 ** -53 * roundings * largest * (x.mass + y.mass) ** 2;
}

/** A measure against itself: 0 to the last bit, as the sums over all pairs are. */
function nothing({ x, y }: MeasurePair, wrt: readonly Side[]): MultiscaleMmdResult {
  const gradients: HostGradients = Object.fromEntries(
    wrt.map((side) => {
      const { points, weights } = side === 'x' ? x : y;
      return [side, { points: new Float64Array(points.length), weights: new Float64Array(weights.length) }];
    }),
  );
  return {
    values: new Float64Array(1),
    gradients,
    reductions: 0,
    estimatedError: 0,
    weightsError: 0,
    truncatedMass: 0,
  };
}

/**
 * The sums at every point of both clouds on the lattices of a sum of Gaussians or by the tree, and the kernel where it was left out. Clouds
 * that are far apart need few nodes; where they are nearly alike, as draws from one law, what nodes are off by counts for more.
 */
function* overNodes(
  problem: MmdProblem,
  samples: MmdSamples,
  accuracy: number,
  wrt: readonly Side[],
): Task<KernelSums> {
  const { kind, blur, dimension, clouds } = problem;
  const signed = yield* signedCloud(clouds.x, clouds.y, dimension);
  const byGaussians = (most: number) => sumsByGaussians(problem, signed, samples, accuracy, wrt, most);
  const first = kind === 'laplacian' ? yield* byGaussians(SHORT_CORRECTION) : undefined;
  if (first) return first;
  const source = yield* sourceTree(problem, signed);
  const criterion = yield* findAcceptanceCriterion(problem, source, samples, NODES_SHARE * accuracy, wrt);
  const instead =
    kind === 'gaussian' ? undefined : yield* byGaussians(yield* pairsAt(source.columns, samples, criterion));
  if (instead) return instead;
  const over = function* (sharpness: number): Task<Record<Side, Field>> {
    const sums = (side: Side) => {
      const interpolationTolerance = sharpness * rootMeanSquare(samples[side].exact.gradients, dimension);
      return treeSums(problem, source, side, criterion, interpolationTolerance, wrt.includes(side));
    };
    return { x: yield* sums('x'), y: yield* sums('y') };
  };
  const truncatedMass = Number.isFinite(criterion.reach) ? KERNEL_DECAYS[kind].value(criterion.reach / blur) : 0;
  const smooth = yield* over(INTERPOLATION_SHARE * accuracy);
  // Few points far from each other are kinks that no polynomial follows.
  return {
    ...(errorAt(samples, atSamples(samples, smooth), wrt) <= accuracy ? smooth : yield* over(0)),
    truncatedMass,
  };
}

/** For x in points a_i grad (k * (a - b))(x_i) and in weights k * (a - b), for y the same of b - a. */
function* gradientAt(
  { clouds, dimension }: MmdProblem,
  side: Side,
  { values, gradients: slopes = new Float64Array() }: Field,
  unit: number,
  length: number,
): Task<HostGradient> {
  const { weights } = clouds[side];
  const sign = side === 'x' ? unit : -unit;
  return {
    points: yield* numbersChunked(
      slopes.length,
      (k) => (sign / length) * weights[Math.floor(k / dimension)] * slopes[k],
    ),
    weights: yield* numbersChunked(values.length, (k) => sign * values[k]),
  };
}
