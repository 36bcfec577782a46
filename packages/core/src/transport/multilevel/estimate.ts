import { type DevicePoints, pairwiseAt } from '../../geometry/pairwise/pairwise.js';
import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { bySide, other, type Side } from '../../measure/side.js';
import type { Entries } from '../../spatial/coreset.js';
import type { Field } from '../../spatial/field.js';
import type { HierarchyLevel } from '../../spatial/hierarchy.js';
import { STANDARD_ERRORS, sumOf } from '../../spatial/samples.js';
import { readScaled, report, type Task } from '../../tasks/task.js';
import { fieldsAtEntries, type PointFields } from './lastStep.js';
import type { MultiscaleProblem } from './problem.js';
import {
  type Distances,
  distancesOf,
  lengthOf,
  pick,
  type SampledPotentials,
  sampledFields,
  samplesOf,
} from './sampledFields.js';
import type { LevelIterates } from './scheduleOnCoresets.js';

/**
 * Points of each cloud at which levels are compared: where mass goes to places far apart a few points may hold most of an error. Raising
 * it makes estimates steadier, in proportion to its root, and dearer. Chosen, not measured by itself.
 */
const SAMPLES = 4096;
/**
 * Points of each cloud at which softmins are taken over all entries. Raising it costs that many entries each. Chosen, not measured by
 * itself.
 */
const DENSE_SAMPLES = 512;
/**
 * Errors of a level against its distance from one with cells twice as wide, at the least: where cells are small
 * against all that potentials do errors go as the third power of the width, and less would do.
 */
const LEAST_RATIO = 1 / 2;
/**
 * The same at the most, where wider cells would hardly be worse. Raising it makes estimates safer and larger there. Chosen, not measured.
 */
const LARGEST_RATIO = 4;

/**
 * Where truncation alone changes softmins it did so in every sweep: the potentials are off by so many times what the last one is. Raising
 * it makes estimates safer and larger. Chosen, not measured.
 */
const TRUNCATION_FACTOR = 3;

/** Potentials at entries that are on a device, and are all visited. */
export interface OnDevice extends Pick<LevelIterates, 'cross' | 'self'> {
  readonly levels: Readonly<Record<Side, Pick<HierarchyLevel, 'device'>>>;
}

/** Relative errors of a solve. */
export interface Errors {
  readonly value: number;
  readonly gradients: Readonly<Record<Side, number>>;
  /**
   * How far gradients in the weights are off, the root mean square over points, in the device's units: between parts of the measures that hardly exchange
   * mass they are hardly determined.
   */
  readonly potentials: Readonly<Record<Side, number>>;
  /** Root mean squares of the potentials' gradients. */
  readonly lengths: Readonly<Record<Side, number>>;
}

const NO_DISTANCES: Distances = { bias: 0, variance: 0, deviation: 0, gradients: 0, potentials: 0 };

/**
 * The relative errors of the value and of the gradients, by what they are at some points of each cloud, which split its mass
 * evenly. The fields are compared with those of the same problem solved with cells twice as wide, the first of
 * `coarser`: the difference, which is nearly the error of the coarser ones, is scaled to the finer (Richardson). By how
 * much follows from a second one with cells twice as wide again, if there is one. What interpolation and truncation changed
 * is added.
 */
export function* estimateErrors(
  problem: MultiscaleProblem,
  fine: LevelIterates,
  coarser: readonly LevelIterates[],
  fields: Readonly<Record<Side, PointFields>>,
  value: number,
): Task<Errors> {
  const { epsilon, clouds } = problem;
  const passed = { x: NO_DISTANCES, y: NO_DISTANCES };
  const resolved = { x: NO_DISTANCES, y: NO_DISTANCES };
  const beyond = { x: NO_DISTANCES, y: NO_DISTANCES };
  const lengths = { x: 1, y: 1 };
  for (const [index, side] of (['x', 'y'] as const).entries()) {
    yield* report({ stage: 'estimating', epsilon, share: index / 2 });
    const cloud = clouds[side];
    const { dimension, weights } = cloud;
    const mass = sumOf(weights.length, (place) => weights[place]);
    const few = samplesOf(cloud, DENSE_SAMPLES);
    const fieldsOf = (found: SampledPotentials, { places }: Entries) =>
      sampledFields(problem, side, found, places, epsilon / 2);
    const used = yield* fieldsOf(pick(cloud, fields[side], few.places), few);
    const better = yield* fieldsOf(yield* updatesAt(problem, fine, side, few.points, epsilon), few);
    passed[side] = distancesOf(used, better, mass, dimension);
    lengths[side] = lengthOf(better.gradients ?? [], few.count);
    if (problem.keepsPoints) continue;
    const many = samplesOf(cloud, Math.min(SAMPLES, cloud.count));
    let [last, distances] = [yield* fieldsOf(pick(cloud, fields[side], many.places), many), resolved];
    for (const iterates of coarser) {
      const field = yield* fieldsOf(yield* fieldsAtEntries(problem, iterates, epsilon, side, many), many);
      distances[side] = distancesOf(last, field, mass, dimension);
      [last, distances] = [field, beyond];
    }
  }
  const { hypot } = Math;
  const repeated = problem.keepsPoints ? TRUNCATION_FACTOR : 1;
  const ratio = ratioOf(
    hypot(resolved.x.deviation, resolved.y.deviation),
    hypot(beyond.x.deviation, beyond.y.deviation),
  );
  // Summed over both sides with their signs: a constant may move from one potential to the other.
  const bias = repeated * Math.abs(passed.x.bias + passed.y.bias) + ratio * Math.abs(resolved.x.bias + resolved.y.bias);
  const variance =
    repeated ** 2 * (passed.x.variance + passed.y.variance) + ratio ** 2 * (resolved.x.variance + resolved.y.variance);
  const absolute = bias + STANDARD_ERRORS * Math.sqrt(variance);
  const gradientError = (side: Side): number => {
    if (!fields[side].cross.gradients) return 0;
    const slopes = ratioOf(resolved[side].gradients, beyond[side].gradients) * resolved[side].gradients;
    const error = repeated * passed[side].gradients + slopes;
    return error > 0 ? error / lengths[side] : 0;
  };
  return {
    value: absolute === 0 ? 0 : absolute / Math.abs(value),
    gradients: { x: gradientError('x'), y: gradientError('y') },
    potentials: bySide((side) => repeated * passed[side].potentials + ratio * resolved[side].potentials),
    lengths,
  };
}

/** The error of a level against its distance from the next coarser one, if that has such a distance from the one after. */
function ratioOf(distance: number, next: number): number {
  if (!(next > 0)) return LEAST_RATIO;
  const factor = distance / next;
  return factor < 1 ? Math.min(Math.max(factor / (1 - factor), LEAST_RATIO), LARGEST_RATIO) : LARGEST_RATIO;
}

/** The updates of the potentials at some points of a side, over all entries, with their gradients. */
export function* updatesAt(
  problem: MultiscaleProblem,
  { levels, cross, self }: OnDevice,
  side: Side,
  points: Float64Array,
  epsilon: number,
): Task<SampledPotentials> {
  const { dimension } = problem.clouds[side];
  const rows = { dimension, points: problem.space.upload(points, [points.length / dimension, dimension]) };
  const against = other(side);
  const crossed = yield* softminAt(problem, side, rows, levels[against], cross[against], epsilon);
  const own = self[side];
  const itself = own && (yield* softminAt(problem, side, rows, levels[side], own, epsilon));
  problem.space.release(rows.points);
  return { cross: crossed, self: itself };
}

function* softminAt(
  { space, cost, rho }: MultiscaleProblem,
  side: Side,
  rows: DevicePoints,
  { device }: OnDevice['levels'][Side],
  potential: Float64Array,
  epsilon: number,
): Task<Required<Field>> {
  const geometry = pairwiseAt(side, { space, cost, rows, columns: device });
  const uploaded = space.upload(potential, [potential.length, 1]);
  const { mean, logSumExp } = geometry.costGradient({ ...device, potential: uploaded }, epsilon);
  const damp = damping(epsilon, rho[side]);
  const values = yield* readScaled(space.backend, logSumExp, -epsilon * damp);
  const gradients = yield* readScaled(space.backend, mean, damp);
  space.release(uploaded, mean, logSumExp);
  return { values, gradients };
}
