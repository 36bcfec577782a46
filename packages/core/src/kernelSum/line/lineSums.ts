import type { Field } from '../../spatial/field.js';
import { sortedOrder } from '../../spatial/sortedOrder.js';
import { pause, report, type Task } from '../../tasks/task.js';
import { emptyField } from '../addFields.js';
import type { KernelSums, MmdProblem } from '../problem.js';

/** What a kernel of |x - y| makes of the weights on one side of a point, going away from them. */
interface OneSided {
  /** The kernel at 0. */
  readonly atZero: number;
  /** The sum and its derivative at a distance ahead, from those here and the weight here. */
  advance(sums: Sums, weight: number, distance: number): void;
}

/** For the weights passed so far: their sum, that of their kernels at the place reached, and that of the kernels' slopes. */
interface Sums {
  mass: number;
  value: number;
  slope: number;
}

/**
 * k * (a - b) at every point of both clouds on a line, to rounding, for kernels that have a kink where points meet: once
 * sorted, sums over the points on either side follow from one point to the next (N log N in all).
 *
 * Gives nothing in more dimensions, and for the Gaussian kernel.
 */
export function* lineSums(problem: MmdProblem): Task<KernelSums | undefined> {
  const { kind, dimension, clouds, blur } = problem;
  if (dimension !== 1 || kind === 'gaussian') return undefined;
  const count = clouds.x.weights.length;
  const places = new Float64Array(count + clouds.y.weights.length);
  places.set(clouds.x.points);
  places.set(clouds.y.points, count);
  const weights = new Float64Array(places.length);
  weights.set(clouds.x.weights);
  weights.set(
    clouds.y.weights.map((weight) => -weight),
    count,
  );
  yield* report({ stage: 'sorting' });
  const order = yield* sortedOrder(places);
  const side = kind === 'energy' ? energySide : laplacianSide(blur);
  const joint = emptyField(places.length, 1);
  yield* report({ stage: 'kernel sums', share: 0 });
  yield* sweep(order, places, weights, side, 1, joint);
  yield* report({ stage: 'kernel sums', share: 0.5 });
  yield* sweep(order.reverse(), places, weights, side, -1, joint);
  const part = (from: number, to?: number) => ({
    values: joint.values.slice(from, to),
    gradients: joint.gradients.slice(from, to),
  });
  return { x: part(0, count), y: part(count), truncatedMass: 0, isExact: true };
}

/** -|x - y|: a sum changes by the mass behind. */
const energySide: OneSided = {
  atZero: 0,
  advance(sums, weight, distance) {
    sums.mass += weight;
    sums.value -= sums.mass * distance;
    sums.slope = -sums.mass;
  },
};

/** exp(-|x - y| / blur): a sum decays, as its slope does. */
const laplacianSide = (blur: number): OneSided => ({
  atZero: 1,
  advance(sums, weight, distance) {
    sums.value = (sums.value + weight) * Math.exp(-distance / blur);
    sums.slope = -sums.value / blur;
  },
});

/** Points between two places where a sweep can be interrupted: some milliseconds. Raising it makes an abort wait longer. Chosen, not measured. */
const POINTS_AT_ONCE = 65_536;

/** Adds the sums over the points behind each one, in an order that goes up the line (direction 1) or down (-1). */
function* sweep(
  order: Uint32Array,
  places: Float64Array,
  weights: Float64Array,
  side: OneSided,
  direction: 1 | -1,
  { values, gradients }: Required<Field>,
): Task<void> {
  const sums: Sums = { mass: 0, value: 0, slope: 0 };
  let paused = 0;
  for (let first = 0; first < order.length; ) {
    if (first - paused > POINTS_AT_ONCE) {
      paused = first;
      yield* pause();
    }
    // Points in one place see all behind it, and their own kernels at 0, which have no slope. Going up counts those.
    let end = first;
    let weight = 0;
    while (end < order.length && places[order[end]] === places[order[first]]) weight += weights[order[end++]];
    const own = direction === 1 ? side.atZero * weight : 0;
    for (let k = first; k < end; k++) {
      values[order[k]] += sums.value + own;
      gradients[order[k]] += direction * sums.slope;
    }
    if (end < order.length) side.advance(sums, weight, Math.abs(places[order[end]] - places[order[first]]));
    first = end;
  }
}
