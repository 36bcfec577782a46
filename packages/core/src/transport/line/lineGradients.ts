import type { HostGradient, HostGradients } from '../../measure/hostGradients.js';
import type { MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { chunked } from '../../tasks/chunked.js';
import { pause, type Task } from '../../tasks/task.js';
import { onCircle } from './circle.js';
import { lineSlope } from './lineCost.js';
import type { LineOptions } from './lineOptions.js';
import { pairPotentials } from './pairPotentials.js';
import type { SolvedElement } from './solvedElement.js';
import { weightedMean } from './weightedMean.js';

/** Points between two places where a pass over them can be interrupted, about. Raising it makes an abort wait longer. Chosen, not measured. */
const POINTS_AT_ONCE = 65_536;

/** The gradients in points and weights: of these potentials without their weighted means. */
export function* lineGradients(
  pair: MeasurePair,
  elements: readonly SolvedElement[],
  options: LineOptions,
  sides: readonly Side[],
): Task<HostGradients> {
  const potentials = yield* pairPotentials(pair, elements, options);
  const gradients: { [S in Side]?: HostGradient } = {};
  for (const side of sides) {
    const { points, weights, count } = pair[side];
    const slopes = new Float64Array(points.length);
    for (const [index, element] of elements.entries()) {
      const at = points.subarray(index * count, (index + 1) * count);
      yield* addSlopes(element, side, at, options, slopes.subarray(index * count, (index + 1) * count));
    }
    yield* pause();
    gradients[side] = { points: slopes, weights: centred(side === 'x' ? potentials.f : potentials.g, weights, count) };
  }
  return gradients;
}

/** Potentials without their weighted mean, which carries no meaning. */
function centred(potential: Float64Array, weights: Float64Array, count: number): Float64Array {
  const result = potential.slice();
  for (let start = 0; start < result.length; start += count) {
    const mean = weightedMean(result.subarray(start, start + count), weights.subarray(start, start + count));
    for (let k = start; k < start + count; k++) result[k] -= mean;
  }
  return result;
}

/**
 * sum_j pi_ij C'(x_i - y_j) for every point. Points in one place share the sum of theirs in proportion to weight: the plan could be any
 * that gives the place the same mass, and their order in the input must not decide.
 */
function* addSlopes(
  { x, y, steps }: SolvedElement,
  side: Side,
  at: ArrayLike<number>,
  { p, period }: LineOptions,
  into: Float64Array,
): Task<void> {
  const { i, j, mass, count } = steps;
  const { order, masses } = side === 'x' ? x : y;
  const sign = side === 'x' ? 1 : -1;
  const places = side === 'x' ? i : j;
  yield* chunked(count, (from, to) => {
    for (let step = from; step < to; step++) {
      into[order[places[step]]] += sign * mass[step] * lineSlope(x.at[i[step]] - y.at[j[step]], p);
    }
  });
  const where = (place: number) => (period === undefined ? at[order[place]] : onCircle(at[order[place]], period));
  // Where a circle is cut between points of one place, their group begins before the first one.
  const points = order.length;
  let offset = 0;
  if (period !== undefined) while (offset < points - 1 && where(points - 1 - offset) === where(0)) offset++;
  const placeOf = (k: number) => (k < 0 ? k + points : k);
  /** Shares out the slopes of the group that begins at a place; gives where the next one begins. */
  const shareOut = (start: number): number => {
    let end = start + 1;
    let [slope, weight] = [into[order[placeOf(start)]], masses[placeOf(start)]];
    while (end < points - offset && where(placeOf(end)) === where(placeOf(start))) {
      slope += into[order[placeOf(end)]];
      weight += masses[placeOf(end++)];
    }
    if (end - start > 1)
      for (let k = start; k < end; k++) into[order[placeOf(k)]] = (slope * masses[placeOf(k)]) / weight;
    return end;
  };
  const some = (start: number): number => {
    let at = start;
    while (at < points - offset && at < start + POINTS_AT_ONCE) at = shareOut(at);
    return at;
  };
  for (let start = -offset; start < points - offset; start = some(start)) yield* pause();
}
