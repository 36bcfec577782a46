import type { Side } from '../../measure/side.js';
import { STANDARD_ERRORS, sumOf } from '../../spatial/samples.js';
import { report, type Task } from '../../tasks/task.js';
import { distancesOf, type Errors, fieldAt, samplesOf, usedField } from './estimate.js';
import type { PointFields } from './lastStep.js';
import type { MultiscaleProblem } from './problem.js';
import type { LevelIterates } from './schedule.js';

/**
 * Points of each cloud at which one more update is taken. Raising it makes estimates steadier, in proportion to its root, and costs a row
 * over all points each.
 */
const SAMPLES = 512;
/**
 * What a value that is off by a temperature makes of gradients that point elsewhere, against the temperature's length scale. Parts that
 * hardly exchange mass are off by constants of their own, which gradients do not show, but for where mass goes to several of them.
 */
const OF_VALUES = 2;
/** Groups of neighbouring samples, in which what is rough cancels. Raising it counts rougher differences as well. */
const GROUPS = 32;

/**
 * The relative errors of the value and of the gradients at all points, by what one more update from the potentials there changes at
 * some of them: whatever led to the potentials, what it left shows.
 *
 * With T the updates and r = T g - f, f is off by as much as <a, r> in the mean: to first order the value is off by the
 * mean of both sides' sums.
 */
// `over` has the same potentials on coresets so fine that they are as good as all points.
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
  for (const [index, side] of (['x', 'y'] as const).entries()) {
    yield* report({ stage: 'estimating', epsilon, share: index / 2 });
    const cloud = clouds[side];
    const mass = sumOf(cloud.count, (place) => cloud.weights[place]);
    const few = samplesOf(cloud, Math.min(SAMPLES, cloud.count));
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
  const gradientError = (side: Side) => {
    const length = lengths[side] / Math.sqrt(epsilon);
    return (gradients[side] > 0 ? gradients[side] / lengths[side] : 0) + (OF_VALUES * values) / Math.min(1, length);
  };
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
