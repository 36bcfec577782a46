import type { Side } from '../../measure/side.js';
import type { Field } from '../../multiscale/transfer.js';
import type { Task } from '../../tasks/task.js';
import { boundsOf, convolve, interpolated, type Lattice, latticeAround, reachFor, sizeOf, spread } from './lattice.js';
import type { KernelSums, MmdProblem } from './problem.js';
import type { MmdSamples } from './samples.js';
import { COARSER, errorOf } from './secondLattice.js';

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
): Task<KernelSums | undefined> {
  if (problem.kind !== 'gaussian') return undefined;
  const { x, y } = problem.clouds;
  const most = Math.min(MOST_POINTS, MOST_PER_POINT * (x.weights.length + y.weights.length));
  const bounds = boundsOf(problem);
  const reach = reachFor(accuracy);
  const fine = latticeAround(bounds, FIRST_SPACING * problem.blur);
  let lattice = sizeOf(fine) <= most ? fine : latticeAround(bounds, COARSE_SPACING * problem.blur);
  const fieldsOn = function* (on: Lattice, slopes: readonly Side[]): Task<Record<Side, Field>> {
    const sums = new Float64Array(sizeOf(on));
    yield* spread(on, problem.dimension, x, 1, sums);
    yield* spread(on, problem.dimension, y, -1, sums);
    yield* convolve(on, sums, problem.blur, reach);
    return {
      x: yield* interpolated(on, problem.dimension, x, sums, slopes.includes('x')),
      y: yield* interpolated(on, problem.dimension, y, sums, slopes.includes('y')),
    };
  };
  for (let trial = 1; trial <= MOST_TRIALS && sizeOf(lattice) <= most; trial++) {
    const { spacing } = lattice;
    const fields = yield* fieldsOn(lattice, wanted);
    const second = () => fieldsOn(latticeAround(bounds, COARSER * spacing), []);
    const estimatedError = yield* errorOf(problem, samples, fields, wanted, accuracy, second);
    if (estimatedError <= accuracy) return { ...fields, truncatedMass: Math.exp(-(reach ** 2) / 2), estimatedError };
    lattice = latticeAround(bounds, 0.9 * (accuracy / estimatedError) ** (1 / ERROR_ORDER) * spacing);
  }
  return undefined;
}
