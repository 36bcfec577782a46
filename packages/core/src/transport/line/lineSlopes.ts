import type { CheckedMeasure } from '../../measure/measure.js';
import type { Side } from '../../measure/side.js';
import { chunked, numbersChunked } from '../../tasks/chunked.js';
import { pause, type Task } from '../../tasks/task.js';
import { onCircle } from './circle.js';
import { lineSlope } from './lineCost.js';
import type { LineOptions } from './lineOptions.js';
import type { LineSide } from './lineSide.js';
import type { SolvedElement } from './solvedElement.js';

/** Points between two places where a pass over them can be interrupted, about. Raising it makes an abort wait longer. Chosen, not measured. */
const POINTS_AT_ONCE = 65_536;

/**
 * What the cost changes by as a sorted point moves, the plan as it is: sum_j pi_ij C'(x_i - y_j) for x. Points in one place share the sum of
 * theirs in proportion to weight: the plan could be any that gives the place the same mass, and their order in the input must not decide.
 *
 * @param measure - The side, all of its batch.
 * @param index - The element in the batch.
 */
export function* lineSlopes(
  measure: CheckedMeasure,
  side: Side,
  index: number,
  element: SolvedElement,
  { p, period }: LineOptions,
): Task<Float64Array> {
  const { at, masses } = element[side];
  const slopes = new Float64Array(at.length);
  yield* chunked(element.steps.count, (from, to) => addSlopes(element, side, p, slopes, from, to));
  const places = period === undefined ? at : yield* placesOnCircle(measure, index, element[side], period);
  yield* shareAmongEqual(slopes, places, masses, period !== undefined);
  return slopes;
}

function addSlopes(
  { x, y, steps }: SolvedElement,
  side: Side,
  p: number,
  into: Float64Array,
  from: number,
  to: number,
): void {
  const { i, j, mass } = steps;
  const [xAt, yAt] = [x.at, y.at];
  const sign = side === 'x' ? 1 : -1;
  const places = side === 'x' ? i : j;
  for (let step = from; step < to; step++) {
    into[places[step]] += sign * mass[step] * lineSlope(xAt[i[step]] - yAt[j[step]], p);
  }
}

/** Where sorted points are in [0, period): those of one place may be a turn apart, which rounds them. */
function placesOnCircle(
  { points, count }: CheckedMeasure,
  index: number,
  { order }: LineSide,
  period: number,
): Task<Float64Array> {
  return numbersChunked(order.length, (place) => onCircle(points[index * count + order[place]], period));
}

/** Shares the sum of the slopes of each group of points in one place among them. */
function* shareAmongEqual(
  slopes: Float64Array,
  places: Float64Array,
  masses: Float64Array,
  isCircle: boolean,
): Task<void> {
  const count = slopes.length;
  let [start, end] = [0, count];
  if (isCircle) {
    // Where a circle is cut between points of one place, their group begins before the first one.
    while (end > 1 && places[end - 1] === places[0]) end--;
    if (end < count) {
      while (start < end && places[start] === places[0]) start++;
      shareOut(slopes, masses, end - count, start);
    }
  }
  while (start < end) {
    yield* pause();
    start = shareOutSome(slopes, places, masses, start, end);
  }
}

/** Shares out among the groups from one on, and gives where the next group begins. */
function shareOutSome(
  slopes: Float64Array,
  places: Float64Array,
  masses: Float64Array,
  from: number,
  last: number,
): number {
  let start = from;
  while (start < last && start < from + POINTS_AT_ONCE) {
    let end = start + 1;
    while (end < last && places[end] === places[start]) end++;
    if (end - start > 1) shareOut(slopes, masses, start, end);
    start = end;
  }
  return start;
}

/** Shares out among a group; places below 0 count from the end. */
function shareOut(slopes: Float64Array, masses: Float64Array, start: number, end: number): void {
  const placeOf = (k: number) => (k < 0 ? k + slopes.length : k);
  let [slope, mass] = [0, 0];
  for (let k = start; k < end; k++) {
    slope += slopes[placeOf(k)];
    mass += masses[placeOf(k)];
  }
  for (let k = start; k < end; k++) slopes[placeOf(k)] = (slope * masses[placeOf(k)]) / mass;
}
