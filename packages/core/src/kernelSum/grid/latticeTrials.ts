import type { Side } from '../../measure/side.js';
import type { Field } from '../../spatial/field.js';
import type { Task } from '../../tasks/task.js';
import { type KernelSums, type MmdProblem, squaredNorm } from '../problem.js';
import { atSamples, errorsAt, type MmdSamples } from '../samples.js';
import { type Bounds, type Lattice, latticeAround, sizeOf } from './lattice.js';

/** Errors of gradients go as this power of the spacing. */
const ERROR_ORDER = 5;
/** Lattices that are tried at most, each finer. Raising it takes time before a tree is tried instead. Chosen, not measured. */
const MOST_TRIALS = 3;
/**
 * Points of a lattice for each point of the clouds: a larger one would take more time and memory than the clouds. Chosen, not measured.
 */
const MOST_PER_POINT = 16;
/** And in all: 256 MiB of float64. */
const MOST_POINTS = 2 ** 25;
/**
 * The spacing of a second lattice, over that of the first one. Raising it makes their difference, which the error follows from, clearer,
 * and less like the error of the first. Chosen, not measured.
 */
const COARSER = 1.25;

/** The most points that a lattice may have, for so many points of the clouds. */
export const mostPointsFor = (count: number): number => Math.min(MOST_POINTS, MOST_PER_POINT * count);

/** Fields on finer and finer lattices, from a spacing on, until they are exact enough; nothing where the lattice gets too large. */
export function* latticeTrials(
  problem: MmdProblem,
  samples: MmdSamples,
  accuracy: number,
  wrt: readonly Side[],
  bounds: Bounds,
  first: number,
  fieldsOn: (lattice: Lattice, slopes: readonly Side[]) => Task<Record<Side, Field>>,
): Task<Pick<KernelSums, Side | 'valueError'> | undefined> {
  const most = mostPointsFor(problem.clouds.x.weights.length + problem.clouds.y.weights.length);
  let spacing = first;
  for (let trial = 1; trial <= MOST_TRIALS; trial++) {
    const lattice = latticeAround(bounds, spacing);
    if (!(sizeOf(lattice) <= most)) return undefined;
    const fields = yield* fieldsOn(lattice, wrt);
    const second = () => fieldsOn(latticeAround(bounds, COARSER * lattice.spacing), []);
    const { error, valueError } = yield* errorOf(problem, samples, fields, wrt, accuracy, second);
    if (error <= accuracy) return { ...fields, valueError };
    spacing *= 0.9 * (accuracy / error) ** (1 / ERROR_ORDER);
  }
  return undefined;
}

/**
 * The larger of the relative errors of value and gradients of sums from a lattice, at the samples.
 *
 * Where samples cannot tell whether the value is off, as it is much smaller than its terms, as many points cancel, their
 * bound is far too large. It is then what the value changes by on a coarser lattice, which has errors of its own three
 * times as large.
 */
function* errorOf(
  problem: MmdProblem,
  samples: MmdSamples,
  fields: Readonly<Record<Side, Field>>,
  wrt: readonly Side[],
  accuracy: number,
  coarser: () => Task<Readonly<Record<Side, Field>>>,
): Task<{ readonly error: number; readonly valueError?: number }> {
  const norm = yield* squaredNorm(problem, fields);
  const { value, isOff, gradients } = errorsAt(samples, atSamples(samples, fields), wrt, norm);
  if (value <= accuracy || isOff || gradients > accuracy) return { error: Math.max(value, gradients) };
  // Lattices are summed on the host, in float64; what is summed in float32 beside them is the same for both.
  const seesAll = problem.kind === 'gaussian' || problem.space.backend.precision === 'float64';
  const change = Math.abs(1 - (yield* squaredNorm(problem, yield* coarser())) / norm);
  return { error: Math.max(Math.min(value, change), gradients), valueError: seesAll ? change : undefined };
}
