import { damping } from '../../marginal/kullbackLeibler/kullbackLeibler.js';
import { bySide, other, type Side } from '../../measure/side.js';
import { pointsAt, STANDARD_ERRORS, sumOf } from '../../spatial/samples.js';
import { report, type Task } from '../../tasks/task.js';
import { type Errors, type OnDevice, updatesAt } from './estimate.js';
import type { PointFields } from './lastStep.js';
import { lonePlaces } from './lonePlaces.js';
import type { MultiscaleProblem } from './problem.js';
import { distancesOf, lengthOf, meanWeight, pick, sampledFields, samplesOf } from './sampledFields.js';

/**
 * Points of each cloud at which one more update is taken, as many as PAIRS allow, between two bounds. Raising them makes estimates steadier, in
 * proportion to their root, and costs a row over all points each. Of few points many are taken: where masses meet few others, some points
 * hold most of an error (9 of 4,000 half of one, in a cloud with a power law's tail).
 */
const FEWEST_SAMPLES = 64;
const MOST_SAMPLES = 1024;
/** For so many samples, one point far from all others is looked at as well. Lowering it looks at more of these, at one row over all points each. */
const LONE = 4;
/** A tenth of a second of two threads or so. */
const PAIRS = 1e8;
/**
 * What values that are off by a temperature make of gradients, relative to these, at the least. Parts that hardly exchange mass are off
 * by constants of their own, which gradients show only where mass goes to several of them.
 */
const OF_VALUES = 2;
/**
 * The share of a side of the box from which a gap between samples is empty space. Raising it takes more of it for occupied, and makes estimates larger
 * where parts are apart. Chosen with boxes and outliers a thousand sizes away, and tried with towns, tiles, stars, dust and tails that it was not
 * chosen with: of these only sparse tails had an error above what was said, by a fifth.
 */
const GAP = 1 / 8;
/** Groups of neighbouring samples, in which what is rough cancels. Raising it counts rougher differences as well. */
const GROUPS = 32;
/**
 * Samples of a group at the least: in fewer almost nothing cancels. Raising it makes wider groups of few samples. Chosen with a million points in
 * cubes, where groups of two took what cells leave for what sweeps do.
 */
const GROUPED = 8;

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
  over: OnDevice,
  fields: Readonly<Record<Side, PointFields>>,
  epsilon: number,
  value: number,
): Task<Errors> {
  const { clouds, rho } = problem;
  const means: Record<Side, MeanResidual> = { x: NO_RESIDUAL, y: NO_RESIDUAL };
  let bias = 0;
  let variance = 0;
  let values = 0;
  const gradients = { x: 0, y: 0 };
  const potentials = { x: 0, y: 0 };
  const lengths = { x: 1, y: 1 };
  const factor = valuesFactor(problem);
  // What is left of potentials over long ways, of what an update changes.
  const hidden = Math.max(OF_VALUES, (longestLength(problem) / (Math.PI * epsilon ** (1 / problem.p))) ** 2);
  for (const [index, side] of (['x', 'y'] as const).entries()) {
    yield* report({ stage: 'estimating', epsilon, share: index / 2 });
    const cloud = clouds[side];
    const mass = sumOf(cloud.count, (place) => cloud.weights[place]);
    const columns = over.levels.x.device.count + over.levels.y.device.count;
    const samples = Math.max(FEWEST_SAMPLES, Math.min(MOST_SAMPLES, Math.floor(PAIRS / columns)));
    const few = samplesOf(cloud, Math.min(samples, cloud.count));
    const given = pick(cloud, fields[side], few.places);
    const updated = yield* updatesAt(problem, over, side, few.points, epsilon);
    const used = yield* sampledFields(problem, side, given, few.places, epsilon);
    const better = yield* sampledFields(problem, side, updated, few.places, epsilon);
    const found = distancesOf(used, better, mass, cloud.dimension);
    bias += found.bias / 2;
    variance += found.variance / 4;
    const wide = wideDeviation(better.values, used.values);
    values = Math.max(values, wide / epsilon + wide / rho[side]);
    potentials[side] = found.potentials + hidden * wide;
    lengths[side] = lengthOf(better.gradients ?? [], few.count);
    gradients[side] = Math.hypot(found.gradients, yield* loneDistance(side, Math.floor(samples / LONE), few.places));
    const alone = yield* sampledFields(problem, side, { cross: updated.cross }, few.places, epsilon);
    means[side] = meanResidual(
      given.cross.values,
      updated.cross.values,
      rho[side],
      lengthOf(alone.gradients ?? [], few.count),
    );
  }
  const absolute = Math.abs(bias) + STANDARD_ERRORS * Math.sqrt(variance);
  const shifts = shiftsOf(problem, means);
  const gradientError = (side: Side) => {
    const local = gradients[side] + (shifts[side] > 0 ? shifts[side] * means[side].slopes : 0);
    return (local > 0 ? local / lengths[side] : 0) + factor(lengths[side]) * values;
  };
  return {
    value: absolute === 0 ? 0 : absolute / Math.abs(value),
    gradients: { x: gradientError('x'), y: gradientError('y') },
    potentials,
    lengths,
  };

  /** What the update changes of gradients at points far from all others, of the root mean square over all. */
  function* loneDistance(side: Side, most: number, few: Uint32Array): Task<number> {
    const cloud = clouds[side];
    const { dimension, weights } = cloud;
    const places = yield* lonePlaces(cloud, most);
    const mean = meanWeight(cloud, few);
    const updated = yield* updatesAt(problem, over, side, pointsAt(cloud.points, dimension, places), epsilon);
    const used = yield* sampledFields(problem, side, pick(cloud, fields[side], places), places, epsilon, mean);
    const better = yield* sampledFields(problem, side, updated, places, epsilon, mean);
    const [one, two] = [used.gradients ?? [], better.gradients ?? []];
    const mass = sumOf(cloud.count, (place) => weights[place]);
    const share = (k: number) => weights[places[Math.floor(k / dimension)]] / mass;
    return Math.sqrt(sumOf(two.length, (k) => share(k) * (one[k] - two[k]) ** 2));
  }
}

/** What an update changes of a cross potential, in the mean, weighted with the mass that is transported. */
interface MeanResidual {
  readonly mean: number;
  /** Of that mean, as it is one of samples. */
  readonly deviation: number;
  /** The root mean square of the gradient of the cross problem. */
  readonly slopes: number;
}

const NO_RESIDUAL: MeanResidual = { mean: 0, deviation: 0, slopes: 0 };

function meanResidual(before: Float64Array, after: Float64Array, rho: number, slopes: number): MeanResidual {
  const { length } = before;
  const masses = after.map((value) => Math.exp(-value / rho));
  const total = sumOf(length, (k) => masses[k]);
  const mean = sumOf(length, (k) => masses[k] * (after[k] - before[k])) / total;
  const squares = sumOf(length, (k) => (masses[k] * (after[k] - before[k] - mean)) ** 2);
  return { mean, deviation: Math.sqrt(squares) / total, slopes };
}

/**
 * By how much masses are off where both cross potentials are off by constants, e_f and e_g: an update turns e_g into -damp_x e_g, so that
 * e_f = r_f - damp_x e_g where the update changes f by r_f, and likewise e_g. Where damping is weak, sweeps hardly change what is left.
 */
function shiftsOf(
  { rho, epsilon }: MultiscaleProblem,
  means: Readonly<Record<Side, MeanResidual>>,
): Record<Side, number> {
  const damps = bySide((side) => damping(epsilon, rho[side]));
  return bySide((side) => {
    if (rho[side] === Number.POSITIVE_INFINITY) return 0;
    const [own, across] = [means[side], means[other(side)]];
    const shift = Math.abs(own.mean - damps[side] * across.mean);
    const deviation = STANDARD_ERRORS * Math.hypot(own.deviation, damps[side] * across.deviation);
    return (shift + deviation) / (1 - damps.x * damps.y) / rho[side];
  });
}

/** The root mean square, over groups of neighbouring samples, of means of a difference less its mean: what is rough cancels. */
function wideDeviation(one: Float64Array, two: Float64Array): number {
  const { length } = one;
  const mean = sumOf(length, (k) => one[k] - two[k]) / length;
  const groups = Math.max(1, Math.min(GROUPS, Math.floor(length / GROUPED)));
  let total = 0;
  for (let group = 0; group < groups; group++) {
    const [from, to] = [Math.floor((group * length) / groups), Math.floor(((group + 1) * length) / groups)];
    total +=
      (to - from) * (sumOf(to - from, (k) => one[from + k] - two[from + k] - mean) / Math.max(1, to - from)) ** 2;
  }
  return Math.sqrt(total / length);
}

/**
 * What values that are off by a temperature make of gradients of a size, relative to these, in clouds of a length R. An update averages over
 * lengths s of sqrt(epsilon), or of epsilon for p = 1, so that of an error over R it takes about (pi s / R)^2 away. What is left is as
 * much larger, and has the slope pi / R. Where updates are damped they take away 1 - damp of any error, so that none grows as those over
 * longer lengths than pi s / sqrt(1 - damp) would.
 */
export function valuesFactor(problem: MultiscaleProblem): (length: number) => number {
  const { p, epsilon } = problem;
  const slope = (longestLength(problem) / Math.PI) * epsilon ** (1 - 2 / p);
  return (length) => (length > 0 ? Math.max(OF_VALUES, slope / length) : OF_VALUES);
}

/** The longest way over which errors are hidden. */
function longestLength(problem: MultiscaleProblem): number {
  const { p, epsilon, rho } = problem;
  const damp = Math.sqrt(damping(epsilon, rho.x) * damping(epsilon, rho.y));
  return Math.min(occupiedLength(problem), (Math.PI * epsilon ** (1 / p)) / Math.sqrt(1 - damp));
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
