import type { Side } from '../../measure/side.js';
import { allPoints } from '../../multiscale/coreset.js';
import { type SortedCloud, unsorted } from '../../multiscale/sortedCloud.js';
import type { Field } from '../../multiscale/transfer.js';
import { makeTree } from '../../multiscale/tree.js';
import { report, type Task } from '../../tasks/task.js';
import { beyondLadder, fieldBeyondLadder, gaussianLadder, type Rung, STEP } from './gaussianLadder.js';
import { addRefined, coarser, convolve, interpolated, type Lattice, latticeAround, sizeOf, spread } from './lattice.js';
import { leafBoxes } from './passOverRows.js';
import { type MmdProblem, withLast } from './problem.js';
import { emptyField } from './readFields.js';
import { atPlaces, errorAt, type MmdSamples } from './samples.js';
import { type SignedCloud, signedCloud } from './signedCloud.js';
import { nearSums } from './treeSums.js';

/** The lattice's first spacing, in blurs of the ladder's first Gaussian. Errors go as its fifth power in gradients. */
const FIRST_SPACING = 0.35;
const ERROR_ORDER = 5;
const MOST_TRIALS = 3;
/** The ladder's first Gaussian: the narrower, the fewer pairs are left for the rest, and the finer the lattice. In blurs. */
const WIDEST_FIRST = 1 / 2;
const NARROWEST_FIRST = 1 / 32;
/** Points of a lattice for each point of the clouds from which on none finer is made, or this one not at all. */
const ENOUGH_PER_POINT = 8;
const MOST_PER_POINT = 16;
const MOST_POINTS = 2 ** 25;
/** What is left of the kernel is summed up to so many blurs of the ladder's first Gaussian. */
const REST = 3;
/** Gaussians that are summed on one lattice, before one of twice the spacing. */
const RUNGS_PER_LATTICE = 2;
/** Leaves of columns and of rows have at most so many points, unless they share a finest cell. */
const COLUMN_LEAF = 32;
const ROW_LEAF = 16;

/**
 * k * (a - b) at every point of both clouds for the Laplacian kernel, with its gradients for the sides that are wanted: the
 * kernel is a sum of Gaussians, each taken on a lattice that is fine enough for it, and of a rest that falls off within a
 * fraction of its blur, summed over near pairs (as Ewald 1921 does). Time grows about as the number of points.
 *
 * Gives nothing where the lattice would be too large, or no lattice is exact enough.
 */
export function* ladderSums(
  problem: MmdProblem,
  samples: MmdSamples,
  accuracy: number,
  wanted: readonly Side[],
): Task<(Record<Side, Field> & { readonly truncatedMass: number }) | undefined> {
  if (problem.kind !== 'laplacian') return undefined;
  const { blur, clouds, dimension } = problem;
  const points = clouds.x.weights.length + clouds.y.weights.length;
  const most = Math.min(MOST_POINTS, MOST_PER_POINT * points);
  const latticeFor = (first: number) => latticeAround(problem, FIRST_SPACING * first * blur);
  let first = WIDEST_FIRST;
  while (first / STEP >= NARROWEST_FIRST && sizeOf(latticeFor(first / STEP)) <= ENOUGH_PER_POINT * points)
    first /= STEP;
  let lattice = latticeFor(first);
  if (sizeOf(lattice) > most) return undefined;
  const rungs = gaussianLadder(first);
  const reach = REST * first;
  // In the order of a curve through space what neighbours touch is at hand, of lattices that no cache holds.
  const signed = yield* signedCloud(clouds.x, clouds.y, dimension);
  const rest = yield* restSums(problem, signed, rungs, reach * blur);
  for (let trial = 1; trial <= MOST_TRIALS && sizeOf(lattice) <= most; trial++) {
    const weights = new Float64Array(sizeOf(lattice));
    yield* spread(lattice, dimension, signed.sides.x, 1, weights);
    yield* spread(lattice, dimension, signed.sides.y, -1, weights);
    const sums = yield* sumLadder(lattice, dimension, weights, rungs, blur);
    const fieldOf = function* (side: Side): Task<Field> {
      const cloud = signed.sides[side];
      const smooth = yield* interpolated(lattice, dimension, cloud, sums, wanted.includes(side));
      return inOrder(cloud, plus(smooth, rest[side]), dimension);
    };
    const fields = { x: yield* fieldOf('x'), y: yield* fieldOf('y') };
    const found = { x: atPlaces(fields.x, samples.x.places), y: atPlaces(fields.y, samples.y.places) };
    const error = errorAt(samples, found, wanted);
    if (error <= accuracy) return { ...fields, truncatedMass: Math.abs(beyondLadder(rungs, reach)) };
    lattice = latticeAround(problem, 0.9 * (accuracy / error) ** (1 / ERROR_ORDER) * lattice.spacing);
  }
  return undefined;
}

/** The sum of Gaussians over the points of a lattice: the first ones there, the others on lattices of twice the spacing. */
function* sumLadder(
  lattice: Lattice,
  dimension: number,
  weights: Float64Array,
  rungs: readonly Rung[],
  blur: number,
): Task<Float64Array> {
  const sums = new Float64Array(weights.length);
  for (const rung of rungs.slice(0, RUNGS_PER_LATTICE)) {
    const one = weights.slice();
    yield* convolve(lattice, one, rung.blur * blur);
    for (let k = 0; k < sums.length; k++) sums[k] += rung.weight * one[k];
  }
  const others = rungs.slice(RUNGS_PER_LATTICE);
  if (others.length === 0) return sums;
  yield* report({ stage: 'kernel sums', iteration: rungs.length, epsilon: Number.NaN });
  const coarse = coarser(lattice, dimension, weights);
  const rest = yield* sumLadder(coarse.lattice, dimension, coarse.weights, others, blur);
  addRefined(lattice, coarse.lattice, dimension, rest, sums);
  return sums;
}

/** What the kernel has beyond a ladder, over the pairs up to a distance, at the points in order. */
function* restSums(
  problem: MmdProblem,
  { joint, weights, sides }: SignedCloud,
  rungs: readonly Rung[],
  reach: number,
): Task<Record<Side, Required<Field>>> {
  const { space, dimension } = problem;
  const tree = makeTree(joint, allPoints(joint), 0, COLUMN_LEAF);
  // Nodes stand for nothing here: their blocks are empty.
  const blockStarts = new Uint32Array(tree.count + tree.leafStarts.length);
  blockStarts.set(tree.leafStarts, tree.count);
  const openings = new Float64Array(tree.count).fill(Number.POSITIVE_INFINITY);
  const device = {
    dimension: dimension + 1,
    points: space.upload(withLast(space, joint.points, dimension), [joint.count, dimension + 1]),
    weights: space.upload(weights, [joint.count, 1]),
  };
  const source = { columns: { tree, blockStarts }, device };
  const sumsOf = function* (side: Side): Task<Required<Field>> {
    const cloud = sides[side];
    const boxes = leafBoxes(makeTree(cloud, allPoints(cloud), 0, ROW_LEAF));
    return yield* nearSums(problem, source, boxes, cloud.points, { openings, reach }, fieldBeyondLadder(rungs));
  };
  const sums = { x: yield* sumsOf('x'), y: yield* sumsOf('y') };
  space.release(device.points, device.weights);
  return sums;
}

/** A field at the points of a sorted cloud, in the order that they came in. */
function inOrder(cloud: SortedCloud, { values, gradients }: Field, dimension: number): Field {
  const ordered = emptyField(cloud.count, gradients ? dimension : 0);
  unsorted(cloud, values, 1, ordered.values);
  if (!gradients) return { values: ordered.values };
  unsorted(cloud, gradients, dimension, ordered.gradients);
  return ordered;
}

/** Adds one field to another, in place. */
function plus(field: Field, other: Required<Field>): Field {
  other.values.forEach((value, k) => {
    field.values[k] += value;
  });
  field.gradients?.forEach((value, k, gradients) => {
    gradients[k] = value + other.gradients[k];
  });
  return field;
}
