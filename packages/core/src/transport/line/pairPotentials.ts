import type { MeasurePair } from '../../measure/pair.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import { shortest } from './circle.js';
import { lineCost } from './lineCost.js';
import type { LineOptions } from './lineOptions.js';
import { linePotentials } from './linePotentials.js';
import type { LineSide } from './lineSide.js';
import type { SolvedElement } from './solvedElement.js';
import { weightedMean } from './weightedMean.js';

/** The potentials of all points of the input, [B, N] and [B, M], in the gauge of equal weighted means. */
export function* pairPotentials(
  pair: MeasurePair,
  elements: readonly SolvedElement[],
  options: LineOptions,
): Task<{ readonly f: Float64Array; readonly g: Float64Array }> {
  const [f, g] = [pair.x, pair.y].map(({ weights }) => new Float64Array(weights.length));
  for (const [element, { x, y, steps }] of elements.entries()) {
    const sorted = yield* linePotentials(x, y, steps, options);
    const fHere = f.subarray(element * pair.x.count, (element + 1) * pair.x.count);
    const gHere = g.subarray(element * pair.y.count, (element + 1) * pair.y.count);
    const [meanF, meanG] = [weightedMean(sorted.f, x.masses), weightedMean(sorted.g, y.masses)];
    const shift = (meanG - meanF) / 2;
    yield* shifted(sorted.f, shift, x.order, fHere);
    yield* shifted(sorted.g, -shift, y.order, gHere);
    if (x.weightless.order.length > 0) {
      yield* extendToWeightless(x, y, sorted.g, partnersOf(steps.i, steps.j, steps.count, x.at.length), options, fHere);
    }
    if (y.weightless.order.length > 0) {
      yield* extendToWeightless(y, x, sorted.f, partnersOf(steps.j, steps.i, steps.count, y.at.length), options, gHere);
    }
  }
  return { f, g };
}

/** Adds a constant to a potential, and puts it into the order of the input. */
const shifted = (potential: Float64Array, shift: number, order: Uint32Array, into: Float64Array): Task<void> =>
  chunked(potential.length, (from, to) => {
    for (let place = from; place < to; place++) {
      potential[place] += shift;
      into[order[place]] = potential[place];
    }
  });

/** The last place on the other side that each place exchanges mass with. */
function partnersOf(places: Uint32Array, partners: Uint32Array, count: number, points: number): Uint32Array {
  const last = new Uint32Array(points);
  for (let step = 0; step < count; step++) last[places[step]] = partners[step];
  return last;
}

/**
 * Potentials where there is no weight: f(x) = min_j C(x, y_j) - g_j. Least costs go on in the order of the points, so that only the two
 * candidates between the neighbours' can be it.
 */
function* extendToWeightless(
  side: LineSide,
  across: LineSide,
  potential: Float64Array,
  partners: Uint32Array,
  { p, period }: LineOptions,
  into: Float64Array,
): Task<void> {
  const { order, at, before } = side.weightless;
  const [points, count] = [side.order.length, across.order.length];
  const extend = (k: number) => {
    // Before all others on a line there is the first one of the other side alone.
    let [one, other] = [0, 0];
    if (before[k] > 0 || period !== undefined) {
      one = partners[(before[k] - 1 - side.first + 2 * points) % points];
      other = period === undefined ? Math.min(one + 1, count - 1) : (one + 1) % count;
    }
    const through = (j: number) => lineCost(shortest(at[k] - across.at[j], period), p) - potential[j];
    into[order[k]] = Math.min(through(one), through(other));
  };
  yield* chunked(order.length, (from, to) => {
    for (let k = from; k < to; k++) extend(k);
  });
}
