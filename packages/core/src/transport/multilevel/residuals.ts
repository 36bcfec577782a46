import { bySide, type Side } from '../../measure/side.js';
import { STANDARD_ERRORS, sumOf } from '../../spatial/samples.js';
import { report, type Task } from '../../tasks/task.js';
import { distancesOf, type Errors, fieldAt, samplesOf, usedField } from './estimate.js';
import type { PointFields } from './lastStep.js';
import type { MultiscaleProblem } from './problem.js';
import type { LevelIterates } from './schedule.js';

/**
 * Points of each cloud at which one more update is taken, as many as PAIRS allow, between two bounds. Raising them makes estimates steadier, in
 * proportion to their root, and costs a row over all points each.
 */
const FEWEST_SAMPLES = 128;
const MOST_SAMPLES = 512;
/** A tenth of a second of two threads or so. */
const PAIRS = 1e8;
/**
 * What values that are off by a temperature make of gradients, relative to these, at the least. Parts that hardly exchange mass are off
 * by constants of their own, which gradients show only where mass goes to several of them.
 */
const OF_VALUES = 2;
/**
 * The share of a side of the box from which a gap between samples is empty space. Raising it takes more of it for occupied, and makes estimates larger
 * where parts are apart. Chosen with boxes and outliers a thousand sizes away.
 */
const GAP = 1 / 8;
/** Groups of neighbouring samples, in which what is rough cancels. Raising it counts rougher differences as well. */
const GROUPS = 32;

/**
 * The relative errors of the value and of the gradients at all points, by what one more update from the potentials there changes at
 * some of them: whatever led to the potentials, what it left shows.
 *
 * With T the updates and r = T g - f, f is off by as much as <a, r> in the mean: to first order the value is off by the
 * mean of both sides' sums.
 *
 * @param over - The same potentials on coresets so fine that they are as good as all points.
 */
export function* residualErrors(
  problem: MultiscaleProblem,
  over: LevelIterates,
  fields: Readonly<Record<Side, PointFields>>,
  epsilon: number,
  value: number,
): Task<Errors> {
  const { clouds, rho } = problem;
  let bias = 0;
  let variance = 0;
  let values = 0;
  const gradients = { x: 0, y: 0 };
  const lengths = { x: 1, y: 1 };
  const factor = valuesFactor(problem);
  for (const [index, side] of (['x', 'y'] as const).entries()) {
    yield* report({ stage: 'estimating', epsilon, share: index / 2 });
    const cloud = clouds[side];
    const mass = sumOf(cloud.count, (place) => cloud.weights[place]);
    const columns = over.levels.x.coreset.count + over.levels.y.coreset.count;
    const samples = Math.max(FEWEST_SAMPLES, Math.min(MOST_SAMPLES, Math.floor(PAIRS / columns)));
    const few = samplesOf(cloud, Math.min(samples, cloud.count));
    const better = yield* fieldAt(problem, over, side, few.points, epsilon);
    const used = usedField(cloud, fields[side], few.places);
    const found = distancesOf(used, better, mass, cloud.dimension);
    bias += found.bias / 2;
    variance += found.variance / 4;
    const wide = wideDeviation(better.values, used.values);
    values = Math.max(values, wide / epsilon, found.values / rho[side]);
    lengths[side] = Math.sqrt(sumOf(better.gradients.length, (k) => better.gradients[k] ** 2) / few.count);
    gradients[side] = found.gradients;
  }
  const absolute = Math.abs(bias) + STANDARD_ERRORS * Math.sqrt(variance);
  const gradientError = (side: Side) =>
    (gradients[side] > 0 ? gradients[side] / lengths[side] : 0) + factor(lengths[side]) * values;
  return {
    value: absolute === 0 ? 0 : absolute / Math.abs(value),
    gradients: { x: gradientError('x'), y: gradientError('y') },
    lengths,
  };
}

/** The root mean square, over groups of neighbouring samples, of means of a difference less its mean: what is rough cancels. */
function wideDeviation(one: Float64Array, two: Float64Array): number {
  const { length } = one;
  const mean = sumOf(length, (k) => one[k] - two[k]) / length;
  let total = 0;
  for (let group = 0; group < GROUPS; group++) {
    const [from, to] = [Math.floor((group * length) / GROUPS), Math.floor(((group + 1) * length) / GROUPS)];
    total +=
      (to - from) * (sumOf(to - from, (k) => one[from + k] - two[from + k] - mean) / Math.max(1, to - from)) ** 2;
  }
  return Math.sqrt(total / length);
}

/**
 * What values that are off by a temperature make of gradients of a size, relative to these, in clouds of a length R. An update averages over
 * lengths s of sqrt(epsilon), or of epsilon for p = 1, so that of an error over R it takes about (pi s / R)^2 away. What is left is as
 * much larger, and has the slope pi / R.
 */
export function valuesFactor(problem: MultiscaleProblem): (length: number) => number {
  const { p, epsilon } = problem;
  const slope = (occupiedLength(problem) / Math.PI) * epsilon ** (1 - 2 / p);
  return (length) => (length > 0 ? Math.max(OF_VALUES, slope / length) : OF_VALUES);
}

/**
 * The diagonal of the box around both clouds, less what is empty of it: an error has no slope where there is no mass. What few points far from all
 * others hold counts for no more than they weigh.
 */
function occupiedLength({ clouds }: MultiscaleProblem): number {
  const { dimension } = clouds.x;
  const points = bySide((side) => samplesOf(clouds[side], Math.min(MOST_SAMPLES, clouds[side].count)).points);
  const sides = Array.from({ length: dimension }, (_, c) => {
    const ofAxis = (_: number, k: number) => k % dimension === c;
    const along = Float64Array.of(...points.x.filter(ofAxis), ...points.y.filter(ofAxis)).sort();
    const gaps = along.subarray(1).map((place, k) => place - along[k]);
    const widest = GAP * (along[along.length - 1] - along[0]);
    return gaps.reduce((length, gap) => (gap > widest ? length : length + gap), 0);
  });
  return Math.hypot(...sides);
}
