import type { Backend } from '../../backend/backend.js';
import { workspace } from '../../backend/workspace.js';
import { boundingBox, rawFrame, unitFrame } from '../../measure/frame.js';
import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import { checkPair, compareContent, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import type { Field } from '../../multiscale/transfer.js';
import { pause, report, type Task } from '../../tasks/task.js';
import type { MmdResult } from '../mmd.js';
import { gradientError } from './gradientError.js';
import { KERNEL_DECAYS } from './kernelDecay.js';
import { ladderSums } from './ladderSums.js';
import { boundsOf, extentOf } from './lattice.js';
import { latticeSums } from './latticeSums.js';
import { lineSums } from './lineSums.js';
import { findNearness, pairsAt } from './nearness.js';
import { type KernelSums, type MmdProblem, type MultiscaleMmdOptions, mmdProblem, squaredNorm } from './problem.js';
import { atSamples, errorAt, errorsAt, type MmdSamples, rootMeanSquare, takeSamples } from './samples.js';
import { signedCloud } from './signedCloud.js';
import { sourceTree, treeSums } from './treeSums.js';

/** A kernel norm taken over cells. */
export interface MultiscaleMmdResult extends Omit<MmdResult, 'sizes' | 'roundingError'> {
  /** Relative, measured at sampled points: the largest of the value's and of those of the gradients that were wanted. */
  readonly estimatedError: number;
  /** The kernel's largest value among the pairs that were passed over, over its value at 0. */
  readonly truncatedMass: number;
}

/** Told when sums are known, and value and gradients follow. */
/** With a ladder of no more work for each point than these pairs, no tree is looked at for the Laplacian kernel, which takes more. */
const SHORT_REST = 40_000;
/** Where gradients are off by more than the accuracy at the steepest places, it is tried again, so much stricter; */
const STRICTER = 0.5;
/** but not where that is out of reach. */
const HOPELESS = 1e-2;
/** What stands for many points, or is left out, is told to be off by so much of the accuracy at least: few samples vouch for no less. */
const LEAST_TOLD = 0.02;
/** Roundings of a term, in the kernel and in the weights. */
const ROUNDINGS_OF_TERM = 8;
/** What nodes may take of the accuracy; the rest is for interpolation. */
const NODES_SHARE = 0.8;
/** How far off interpolated gradients may be at the mean of a cell's points: elsewhere in the cell they are off by more. */
const ROUGHNESS = 0.5;

/**
 * What `solveMmd` computes for the library's own kernels, in at most 3 dimensions, in time that grows about as the number of
 * points. On a line sums are exact. The Gaussian kernel is a product of functions of one coordinate, and is summed on a lattice where one of a
 * reasonable size is fine enough; the Laplacian kernel likewise, as a sum of Gaussians and a short rest. Otherwise k * (a - b) is summed over the nodes of a tree (Barnes & Hut 1986), each stood for
 * by a few points with its mass, mean and covariance where it is far enough, and left out where the kernel has fallen off; in
 * cells with many points it is interpolated.
 *
 * How fine and how far that is follows from sums over all pairs at sampled points, and so does the error that is left.
 */
export function* solveMmdMultiscale(
  backend: Backend,
  pair: MeasurePair,
  options: MultiscaleMmdOptions,
  wanted: readonly Side[] = [],
): Task<MultiscaleMmdResult> {
  checkPair(pair);
  if (compareContent(pair.x, pair.y) === 0) return nothing(pair, wanted);
  const result = yield* solveOn(backend, pair, options, wanted);
  if (!backend.inFloat64 || result.estimatedError <= options.accuracy) return result;
  const again = yield* solveOn(backend.inFloat64, pair, options, wanted);
  return { ...again, reductions: result.reductions + again.reductions };
}

/** On a backend, in its precision. */
function* solveOn(
  backend: Backend,
  pair: MeasurePair,
  options: MultiscaleMmdOptions,
  wanted: readonly Side[],
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
        (yield* latticeSums(problem, samples, accuracy, wanted)) ??
        (yield* overNodes(problem, samples, accuracy, wanted))
      );
    };
    let sums = yield* sumsFor(options.accuracy);
    const errorOfSums = function* (of: KernelSums): Task<number> {
      return Math.max(of.isExact ? 0 : LEAST_TOLD * options.accuracy, yield* errorOf(problem, samples, of, wanted));
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
    for (const [index, side] of wanted.entries()) {
      yield* report({ stage: 'gradients', share: index / wanted.length });
      gradients[side] = gradientAt(problem, side, sums[side], unit, frame.scale);
    }
    yield* pause();
    return {
      values: Float64Array.of((unit * squaredNorm(problem, sums)) / 2),
      gradients,
      reductions: space.reductions,
      estimatedError,
      truncatedMass: sums.truncatedMass,
    };
  } finally {
    space.releaseAll();
  }
}

/** The relative error of value and gradients, rounding included. */
function* errorOf(problem: MmdProblem, samples: MmdSamples, sums: KernelSums, wanted: readonly Side[]): Task<number> {
  const norm = squaredNorm(problem, sums);
  const { value } = errorsAt(samples, atSamples(samples, sums), [], norm);
  let error = Math.min(value, sums.valueError ?? value) + roundingOf(problem, samples) / Math.abs(norm);
  for (const side of wanted) {
    const { values, gradients } = sums[side];
    if (gradients) error = Math.max(error, yield* gradientError(problem, samples, side, { values, gradients }));
  }
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/** What the rounding of float64 may change in a value: of every term by some roundings, and as they are added up. */
function roundingOf(problem: MmdProblem, { x, y }: MmdSamples): number {
  const { kind, clouds } = problem;
  const largest = kind === 'energy' ? extentOf(boundsOf(problem)) : 1;
  const roundings = ROUNDINGS_OF_TERM + Math.sqrt(clouds.x.weights.length + clouds.y.weights.length);
  return 2 ** -53 * roundings * largest * (x.mass + y.mass) ** 2;
}

/** A measure against itself: 0 to the last bit, as the sums over all pairs are. */
function nothing({ x, y }: MeasurePair, wanted: readonly Side[]): MultiscaleMmdResult {
  const gradients: HostGradients = Object.fromEntries(
    wanted.map((side) => {
      const { points, weights } = side === 'x' ? x : y;
      return [side, { points: new Float64Array(points.length), weights: new Float64Array(weights.length) }];
    }),
  );
  return { values: new Float64Array(1), gradients, reductions: 0, estimatedError: 0, truncatedMass: 0 };
}

/**
 * The sums at every point of both clouds on the lattices of a ladder or by the tree, and the kernel where it was left out. Clouds
 * that are far apart need few nodes; where they are nearly alike, as draws from one law, what nodes are off by counts for more.
 */
function* overNodes(
  problem: MmdProblem,
  samples: MmdSamples,
  accuracy: number,
  wanted: readonly Side[],
): Task<KernelSums> {
  const { kind, blur, dimension, clouds } = problem;
  const signed = yield* signedCloud(clouds.x, clouds.y, dimension);
  const onLadder = (most: number) => ladderSums(problem, signed, samples, accuracy, wanted, most);
  const first = kind === 'laplacian' ? yield* onLadder(SHORT_REST) : undefined;
  if (first) return first;
  const source = yield* sourceTree(problem, signed);
  const nearness = yield* findNearness(problem, source, samples, NODES_SHARE * accuracy, wanted);
  const instead = kind === 'gaussian' ? undefined : yield* onLadder(yield* pairsAt(source.columns, samples, nearness));
  if (instead) return instead;
  const over = function* (sharpness: number): Task<Record<Side, Field>> {
    const sums = (side: Side) => {
      const roughness = sharpness * rootMeanSquare(samples[side].exact.gradients, dimension);
      return treeSums(problem, source, side, nearness, roughness, wanted.includes(side));
    };
    return { x: yield* sums('x'), y: yield* sums('y') };
  };
  const truncatedMass = Number.isFinite(nearness.reach) ? KERNEL_DECAYS[kind].value(nearness.reach / blur) : 0;
  const smooth = yield* over(ROUGHNESS * accuracy);
  // Few points far from each other are kinks that no polynomial follows.
  return {
    ...(errorAt(samples, atSamples(samples, smooth), wanted) <= accuracy ? smooth : yield* over(0)),
    truncatedMass,
  };
}

/** For x in points a_i grad (k * (a - b))(x_i) and in weights k * (a - b), for y the same of b - a. */
function gradientAt(
  { clouds, dimension }: MmdProblem,
  side: Side,
  { values, gradients: slopes = new Float64Array() }: Field,
  unit: number,
  length: number,
): HostGradient {
  const { weights } = clouds[side];
  const sign = side === 'x' ? unit : -unit;
  return {
    points: slopes.map((slope, k) => (sign / length) * weights[Math.floor(k / dimension)] * slope),
    weights: values.map((value) => sign * value),
  };
}
