import type { Side } from '../../measure/side.js';
import type { Field } from '../../spatial/field.js';
import { report, type Task } from '../../tasks/task.js';
import type { KernelSums, MmdProblem } from '../problem.js';
import type { MmdSamples } from '../samples.js';
import { boundsOf, convolve, interpolated, type Lattice, latticeAround, reachFor, sizeOf, spread } from './lattice.js';
import { latticeTrials, mostPointsFor } from './latticeTrials.js';

/**
 * The lattice's first spacing, in blurs. Raising it makes the lattice smaller and interpolation worse; a trial that is not exact enough
 * makes it finer. Chosen, not measured by itself; the benchmark "Kernel norms of many points" judges the whole.
 */
const FIRST_SPACING = 0.28;
/** The same where the lattice would be too large. */
const COARSE_SPACING = 0.35;
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
  wrt: readonly Side[],
): Task<KernelSums | undefined> {
  if (problem.kind !== 'gaussian') return undefined;
  const { x, y } = problem.clouds;
  const most = mostPointsFor(x.weights.length + y.weights.length);
  const bounds = yield* boundsOf(problem);
  const reach = reachFor(accuracy);
  const fine = latticeAround(bounds, FIRST_SPACING * problem.blur);
  const spacing = (sizeOf(fine) <= most ? FIRST_SPACING : COARSE_SPACING) * problem.blur;
  const fieldsOn = function* (on: Lattice, slopes: readonly Side[]): Task<Record<Side, Field>> {
    yield* report({ stage: 'kernel sums' });
    const sums = new Float64Array(sizeOf(on));
    yield* spread(on, problem.dimension, x, 1, sums);
    yield* spread(on, problem.dimension, y, -1, sums);
    yield* convolve(on, sums, problem.blur, reach);
    return {
      x: yield* interpolated(on, problem.dimension, x, sums, slopes.includes('x')),
      y: yield* interpolated(on, problem.dimension, y, sums, slopes.includes('y')),
    };
  };
  const fields = yield* latticeTrials(problem, samples, accuracy, wrt, bounds, spacing, fieldsOn);
  return fields && { ...fields, truncatedMass: Math.exp(-(reach ** 2) / 2) };
}
