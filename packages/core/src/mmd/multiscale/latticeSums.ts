import type { Side } from '../../measure/side.js';
import type { Field } from '../../multiscale/transfer.js';
import type { Task } from '../../tasks/task.js';
import { convolve, interpolated, latticeAround, REACH, sizeOf, spread } from './lattice.js';
import type { MmdProblem } from './problem.js';
import { atPlaces, errorAt, type MmdSamples } from './samples.js';

/** The lattice's first spacing, in blurs, and that where it would be too large. Errors go as its fifth power in gradients. */
const FIRST_SPACING = 0.28;
const COARSE_SPACING = 0.35;
const ERROR_ORDER = 5;
const MOST_TRIALS = 3;
/** A larger lattice would take more time and memory than the clouds: so many points for each of theirs, and in all. */
const MOST_PER_POINT = 16;
const MOST_POINTS = 2 ** 25;

/**
 * k * (a - b) at every point of both clouds for the Gaussian kernel, with its gradients for the sides that are wanted:
 * weights are handed to the points of a lattice around each point (Lagrange's polynomials), summed there along one axis
 * after the other, and interpolated back likewise. In time proportional to the number of points, and to that of the lattice.
 *
 * Gives nothing where the lattice would be too large, or no lattice is exact enough.
 */
export function* latticeSums(
  problem: MmdProblem,
  samples: MmdSamples,
  accuracy: number,
  wanted: readonly Side[],
): Task<(Record<Side, Field> & { readonly truncatedMass: number }) | undefined> {
  if (problem.kind !== 'gaussian') return undefined;
  const { x, y } = problem.clouds;
  const most = Math.min(MOST_POINTS, MOST_PER_POINT * (x.weights.length + y.weights.length));
  const fine = latticeAround(problem, FIRST_SPACING * problem.blur);
  let lattice = sizeOf(fine) <= most ? fine : latticeAround(problem, COARSE_SPACING * problem.blur);
  for (let trial = 1; trial <= MOST_TRIALS && sizeOf(lattice) <= most; trial++) {
    const sums = new Float64Array(sizeOf(lattice));
    yield* spread(lattice, problem.dimension, x, 1, sums);
    yield* spread(lattice, problem.dimension, y, -1, sums);
    yield* convolve(lattice, sums, problem.blur);
    const fields = {
      x: yield* interpolated(lattice, problem.dimension, x, sums, wanted.includes('x')),
      y: yield* interpolated(lattice, problem.dimension, y, sums, wanted.includes('y')),
    };
    const found = { x: atPlaces(fields.x, samples.x.places), y: atPlaces(fields.y, samples.y.places) };
    const error = errorAt(samples, found, wanted);
    if (error <= accuracy) return { ...fields, truncatedMass: Math.exp(-(REACH ** 2) / 2) };
    lattice = latticeAround(problem, 0.9 * (accuracy / error) ** (1 / ERROR_ORDER) * lattice.spacing);
  }
  return undefined;
}
