import type { DeviceArray } from '../backend/backend.js';
import { other, type Side } from '../measure/side.js';
import { damping } from '../sinkhorn/problem.js';
import { read, report, type Task } from '../tasks/task.js';
import type { PointFields } from './lastStep.js';
import type { MultiscaleProblem } from './problem.js';
import type { Resolution } from './resolutions.js';
import { distanceOf, pointsAt, STANDARD_ERRORS, samplePlaces, sumOf } from './samples.js';
import type { StageIterates } from './schedule.js';
import { softminFormulas } from './softminFormulas.js';
import type { SortedCloud } from './sortedCloud.js';
import type { Field } from './transfer.js';
import { truncatedValues } from './truncatedSoftmin.js';

/** Rows of each cloud at which two resolutions are compared. */
const SAMPLES = 512;
/**
 * Errors of a resolution against those of one with cells twice as wide, at the worst: they go as the third power of the
 * width where cells are small against all that potentials do, and more slowly where mass is torn apart.
 */
const ERROR_RATIO = 1 / 2;

/** Where truncation alone changes softmins it did so in every sweep: the potentials are off by more than the last one. */
const TRUNCATION_FACTOR = 3;

/** Relative errors of a solve. */
export interface Errors {
  readonly value: number;
  readonly gradients: Readonly<Record<Side, number>>;
}

/**
 * The relative errors of the value and of the gradients. At some points of each cloud, which split its mass evenly,
 * softmins are taken over the coresets that were used and over those of the same problem solved with cells twice as wide:
 * the difference, which is nearly the error of the coarser ones, is scaled to the finer (Richardson), and what
 * interpolation and truncation changed at the same points is added.
 */
export function* estimateErrors(
  problem: MultiscaleProblem,
  fine: StageIterates,
  coarse: StageIterates,
  fields: Readonly<Record<Side, PointFields>>,
  value: number,
): Task<Errors> {
  const { epsilon } = problem;
  // Summed over both sides with their signs: a constant may move from one potential to the other.
  const biases = [0, 0];
  let variance = 0;
  const gradients = { x: 0, y: 0 };
  for (const [index, side] of (['x', 'y'] as const).entries()) {
    yield* report({ stage: 'estimating', iteration: index + 1, epsilon });
    const cloud = problem.clouds[side];
    const places = samplePlaces(cloud.weights, SAMPLES);
    const points = pointsAt(cloud.points, cloud.dimension, places);
    const better = yield* fieldAt(problem, fine, side, points, epsilon);
    const worse = yield* fieldAt(problem, coarse, side, points, epsilon);
    const used = usedField(cloud, fields[side], places);
    const mass = cloud.weights.reduce((total, weight) => total + weight, 0);
    const ratio = problem.keepsPoints ? 0 : ERROR_RATIO;
    const repeated = problem.keepsPoints ? TRUNCATION_FACTOR : 1;
    const errors = better.values.map((known, k) => ratio * (known - worse.values[k]));
    const changes = better.values.map((known, k) => repeated * (used.values[k] - known));
    [errors, changes].forEach((part, kind) => {
      const mean = sumOf(SAMPLES, (k) => part[k]) / SAMPLES;
      const spread = sumOf(SAMPLES, (k) => (part[k] - mean) ** 2) / (SAMPLES - 1);
      biases[kind] += mass * mean;
      variance += (mass * mass * spread) / SAMPLES;
    });
    if (!used.gradients) continue;
    const { dimension } = cloud;
    const error =
      ratio * distanceOf(better.gradients, worse.gradients, dimension) +
      repeated * distanceOf(better.gradients, used.gradients, dimension);
    const length = Math.sqrt(sumOf(points.length, (k) => better.gradients[k] ** 2) / SAMPLES);
    if (error > 0) gradients[side] = error / length;
    // Unbalanced rows have masses exp(-f / rho), which errors of f change.
    const deviation = Math.sqrt(sumOf(SAMPLES, (k) => (Math.abs(errors[k]) + Math.abs(changes[k])) ** 2) / SAMPLES);
    gradients[side] += deviation / problem.rho[side];
  }
  const absolute = Math.abs(biases[0]) + Math.abs(biases[1]) + STANDARD_ERRORS * Math.sqrt(variance);
  return { value: absolute === 0 ? 0 : absolute / Math.abs(value), gradients };
}

/** f_ba - f_aa at some places, or f_ba alone, as the last step gave it. */
function usedField({ dimension }: SortedCloud, { cross, self }: PointFields, places: Uint32Array): Field {
  const values = Float64Array.from(places, (place) => cross.values[place] - (self ? self.values[place] : 0));
  const slopes = cross.gradients;
  if (!slopes) return { values };
  const gradients = Float64Array.from({ length: places.length * dimension }, (_, k) => {
    const at = places[Math.floor(k / dimension)] * dimension + (k % dimension);
    return slopes[at] - (self?.gradients ? self.gradients[at] : 0);
  });
  return { values, gradients };
}

/** f_ba - f_aa, or f_ba alone without debiasing, at some points of a side, with its gradient. */
function* fieldAt(
  problem: MultiscaleProblem,
  { stage, cross, self }: StageIterates,
  side: Side,
  points: Float64Array,
  epsilon: number,
): Task<Required<Field>> {
  const { dimension } = problem.clouds[side];
  const rows = problem.space.upload(points, [SAMPLES, dimension]);
  const against = other(side);
  const crossed = yield* softminAt(problem, side, rows, stage[against], cross[against], epsilon);
  const own = self[side];
  if (own) {
    const { values, gradients } = yield* softminAt(problem, side, rows, stage[side], own, epsilon);
    for (let k = 0; k < SAMPLES; k++) crossed.values[k] -= values[k];
    for (let k = 0; k < gradients.length; k++) crossed.gradients[k] -= gradients[k];
  }
  problem.space.release(rows);
  return crossed;
}

function* softminAt(
  { space, cost, rho }: MultiscaleProblem,
  side: Side,
  rows: DeviceArray,
  columns: Resolution,
  potential: Float64Array,
  epsilon: number,
): Task<Required<Field>> {
  const { dimension } = columns.device;
  const device = space.upload(potential, [potential.length, 1]);
  const [means, logSumExps] = space.reduce({
    kind: 'softmaxMean',
    ...softminFormulas(cost, side, dimension),
    rows: { point: rows },
    columns: { point: columns.device.points, logWeight: columns.device.logWeights, potential: device },
    parameters: { inverseEpsilon: 1 / epsilon },
  });
  const damp = damping(epsilon, rho[side]);
  const values = Float64Array.from(yield* read(space.backend, logSumExps), (value) => -epsilon * damp * value);
  const gradients = Float64Array.from(yield* read(space.backend, means), (mean) => damp * mean);
  space.release(device, means, logSumExps);
  return { values, gradients };
}

/** The largest L1 marginal error of iterates on their coresets: one more update shows what they lack. */
export function* marginalErrorOf(
  problem: MultiscaleProblem,
  { stage, cross, self }: StageIterates,
  epsilon: number,
): Task<number> {
  let largest = 0;
  for (const side of ['x', 'y'] as const) {
    const against = other(side);
    const own = self[side];
    const pairs: [Resolution, Float64Array, Float64Array][] = [[stage[against], cross[against], cross[side]]];
    if (own) pairs.push([stage[side], own, own]);
    for (const [columns, potential, iterate] of pairs) {
      const rho = problem.rho[side];
      const values = yield* truncatedValues(problem, side, stage[side], columns, potential, epsilon, rho);
      const { weights, count } = stage[side].coreset;
      const error = sumOf(count, (k) => weights[k] * Math.abs(Math.expm1((iterate[k] - values[k]) / epsilon)));
      largest = Math.max(largest, error / sumOf(count, (k) => weights[k]));
    }
  }
  return largest;
}
