import type { Side } from '../../measure/side.js';
import type { Field } from '../../spatial/field.js';
import { type SortedCloud, unsorted } from '../../spatial/sortedCloud.js';
import { chunked } from '../../tasks/chunked.js';
import { report, type Task } from '../../tasks/task.js';
import { emptyField } from '../addFields.js';
import {
  addRefined,
  type Bounds,
  boundsOf,
  coarser,
  convolve,
  extentOf,
  interpolated,
  type Lattice,
  latticeAround,
  reachFor,
  sizeOf,
  spread,
} from '../grid/lattice.js';
import { latticeTrials, mostPointsFor } from '../grid/latticeTrials.js';
import type { KernelSums, MmdProblem } from '../problem.js';
import type { MmdSamples } from '../samples.js';
import type { SignedCloud } from '../signedCloud.js';
import { readNear } from '../tree/treeSums.js';
import { type GaussianSumKind, leftOut, nearFieldCorrection } from './nearFieldCorrection.js';
import { energyGaussians, type GaussianTerm, laplacianGaussians, STEP } from './sumOfGaussians.js';

/**
 * The lattice's first spacing, in blurs of the first Gaussian. Raising it makes lattices smaller and interpolation worse, with the fifth
 * power; a trial that is not exact enough makes it finer. Chosen, not measured by itself; the benchmark "Kernel norms of many points"
 * judges the whole.
 */
const FIRST_SPACING = 0.35;
/**
 * In blurs of the kernel, the first Gaussian at the widest: the narrower, the fewer pairs are left for the near-field correction, and the
 * finer the lattice.
 */
const WIDEST_FIRST = 1 / 2;
/** And at the narrowest. Both chosen, not measured. */
const NARROWEST_FIRST = 1 / 32;
/**
 * For the energy kernel in extents of the clouds, the narrowest: float32 coordinates tell apart 2^-24 of them, and some digits of a
 * Gaussian's blur have to be left.
 */
const NARROWEST_OF_EXTENT = 2 ** -14;
/**
 * Points of a lattice for each point of the clouds from which on none finer is made. Raising it makes larger lattices and fewer near
 * pairs. Chosen, not measured by itself; the benchmark "Kernel norms of many points" judges the whole.
 */
const ENOUGH_PER_POINT = 8;
/**
 * Gaussians that are summed on one lattice, before one of twice the spacing: 2, as two steps double the blur. Raising it keeps finer
 * lattices than a Gaussian needs.
 */
const TERMS_PER_LATTICE = 2;
/** Points of a lattice on which all Gaussians that are left are summed: a coarser one would save nothing. Chosen, not measured. */
const FEW_POINTS = 2 ** 15;
/**
 * What a pair of the near-field correction costs, in pairs that a tree takes instead. Raising it turns to the tree sooner. Chosen, not
 * measured by itself; the benchmark "Kernel norms of many points" judges the whole.
 */
const CORRECTION_PAIRS = 6;
/** What a point costs on the lattices, by the dimension, in the same pairs; likewise. */
const LATTICE_PAIRS = [0, 0, 2500, 7000];

/**
 * k * (a - b) at every point of both clouds for the Laplacian and the energy kernel, with its gradients for the sides that are
 * wanted: the kernel is a sum of Gaussians, each taken on a lattice that is fine enough for it, and of a near-field correction that falls off
 * within a short distance, summed over near pairs (as Ewald 1921 does). Time grows about as the number of points.
 *
 * Gives nothing where the lattice would be too large, where it is more work than a tree with `most` pairs for each point, or
 * where no lattice is exact enough.
 */
export function* sumsByGaussians(
  problem: MmdProblem,
  signed: SignedCloud,
  samples: MmdSamples,
  accuracy: number,
  wrt: readonly Side[],
  most: number,
): Task<KernelSums | undefined> {
  const { kind, blur, dimension } = problem;
  if (kind === 'gaussian') return undefined;
  const bounds = yield* boundsOf(problem);
  const count = signed.joint.count;
  const latticeFor = (first: number) => latticeAround(bounds, FIRST_SPACING * first * blur);
  const first = firstBlur(kind, bounds, (finer) => sizeOf(latticeFor(finer)) <= ENOUGH_PER_POINT * count);
  if (!(sizeOf(latticeFor(first)) <= mostPointsFor(count))) return undefined;
  const gaussians = kind === 'energy' ? energyGaussians(first, extentOf(bounds)) : laplacianGaussians(first);
  const correction = yield* nearFieldCorrection(problem, signed, kind, gaussians);
  const isCheap = CORRECTION_PAIRS * (yield* correction.pairsAt(samples)) + LATTICE_PAIRS[dimension] <= most;
  if (!isCheap) {
    correction.release();
    return undefined;
  }
  // Computed while the host is at the lattices.
  const dispatched = { x: yield* correction.dispatch('x'), y: yield* correction.dispatch('y') };
  correction.release();
  const nearOf: { [S in Side]?: Required<Field> } = {};
  const offset = gaussians.offset * (samples.x.mass - samples.y.mass);
  const reach = reachFor(accuracy);
  const fieldsOn = function* (lattice: Lattice, slopes: readonly Side[]): Task<Record<Side, Field>> {
    yield* report({ stage: 'kernel sums' });
    const weights = new Float64Array(sizeOf(lattice));
    // In the order of a curve through space what neighbours touch is at hand, of lattices that no cache holds.
    yield* spread(lattice, dimension, signed.sides.x, 1, weights);
    yield* spread(lattice, dimension, signed.sides.y, -1, weights);
    const sums = yield* sumTerms(lattice, dimension, weights, gaussians.terms, blur, reach);
    const fieldOf = function* (side: Side): Task<Field> {
      const cloud = signed.sides[side];
      const smooth = yield* interpolated(lattice, dimension, cloud, sums, slopes.includes(side));
      const near = nearOf[side] ?? (yield* readNear(problem, cloud.count, dispatched[side]));
      nearOf[side] = near;
      return yield* inOrder(cloud, plus(smooth, near, -offset), dimension);
    };
    return { x: yield* fieldOf('x'), y: yield* fieldOf('y') };
  };
  const { spacing } = latticeFor(first);
  const fields = yield* latticeTrials(problem, samples, accuracy, wrt, bounds, spacing, fieldsOn);
  return fields && { ...fields, truncatedMass: leftOut(kind, gaussians) };
}

/** The blur of the first Gaussian, in blurs of the kernel: the narrowest whose lattice is no finer than it need be. */
function firstBlur(kind: GaussianSumKind, bounds: Bounds, isEnough: (first: number) => boolean): number {
  // A power of the step, so that formulas in units of it come again.
  const extent = 2 ** Math.ceil(Math.log2(extentOf(bounds)));
  const [widest, narrowest] =
    kind === 'energy' ? [extent, NARROWEST_OF_EXTENT * extent] : [WIDEST_FIRST, NARROWEST_FIRST];
  let first = widest;
  while (first / STEP >= narrowest && isEnough(first / STEP)) first /= STEP;
  return first;
}

/** The sum of Gaussians over the points of a lattice: the first ones there, the others on lattices of twice the spacing. */
function* sumTerms(
  lattice: Lattice,
  dimension: number,
  weights: Float64Array,
  terms: readonly GaussianTerm[],
  blur: number,
  reach: number,
): Task<Float64Array> {
  const sums = new Float64Array(weights.length);
  const one = new Float64Array(weights.length);
  const here = weights.length <= FEW_POINTS ? terms.length : TERMS_PER_LATTICE;
  for (const term of terms.slice(0, here)) {
    yield* chunked(weights.length, (from, to) => one.set(weights.subarray(from, to), from));
    yield* convolve(lattice, one, term.blur * blur, reach);
    yield* chunked(sums.length, (from, to) => {
      for (let k = from; k < to; k++) sums[k] += term.weight * one[k];
    });
  }
  const wider = terms.slice(here);
  if (wider.length === 0) return sums;
  const coarse = yield* coarser(lattice, dimension, weights);
  const others = yield* sumTerms(coarse.lattice, dimension, coarse.weights, wider, blur, reach);
  yield* addRefined(lattice, coarse.lattice, dimension, others, sums);
  return sums;
}

/** A field at the points of a sorted cloud, in the order that they came in. */
function* inOrder(cloud: SortedCloud, { values, gradients }: Field, dimension: number): Task<Field> {
  const ordered = emptyField(cloud.count, gradients ? dimension : 0);
  yield* unsorted(cloud, values, 1, ordered.values);
  if (!gradients) return { values: ordered.values };
  yield* unsorted(cloud, gradients, dimension, ordered.gradients);
  return ordered;
}

/** Adds one field to another, and a constant, in place. */
function plus(field: Field, other: Required<Field>, constant: number): Field {
  other.values.forEach((value, k) => {
    field.values[k] += value + constant;
  });
  field.gradients?.forEach((value, k, gradients) => {
    gradients[k] = value + other.gradients[k];
  });
  return field;
}
