import type { Side } from '../../measure/side.js';
import { numbersChunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';
import { shortest } from './circle.js';
import { lineCost } from './lineCost.js';
import type { LineOptions } from './lineOptions.js';
import { linePotentials } from './linePotentials.js';
import type { LineSide } from './lineSide.js';
import type { SolvedElement } from './solvedElement.js';

/** A potential at the sorted points of a side that have weight, and at those that have none. */
export interface SidePotential {
  readonly sorted: Float64Array;
  readonly weightless: Float64Array;
}

/** The potentials of a solved element, up to a constant that one has more and the other less. */
export function* solvedPotentials(
  { x, y, steps }: SolvedElement,
  options: LineOptions,
): Task<Record<Side, SidePotential>> {
  const { i, j, count } = steps;
  const { f, g } = yield* linePotentials(x, y, steps, options);
  return {
    x: { sorted: f, weightless: yield* atWeightless(x, y, g, i, j, count, options) },
    y: { sorted: g, weightless: yield* atWeightless(y, x, f, j, i, count, options) },
  };
}

/**
 * Potentials where there is no weight: f(x) = min_j C(x, y_j) - g_j. Least costs go on in the order of the points, so that only the two
 * candidates between the neighbours' can be it.
 */
function* atWeightless(
  side: LineSide,
  across: LineSide,
  potential: Float64Array,
  places: Uint32Array,
  partnersOfSteps: Uint32Array,
  steps: number,
  { p, period }: LineOptions,
): Task<Float64Array> {
  const { at, before } = side.weightless;
  if (at.length === 0) return new Float64Array(0);
  const [points, count] = [side.order.length, across.order.length];
  // The last place on the other side that each place exchanges mass with.
  const partners = new Uint32Array(points);
  for (let step = 0; step < steps; step++) partners[places[step]] = partnersOfSteps[step];
  return yield* numbersChunked(at.length, (k) => {
    // Before all others on a line there is the first one of the other side alone.
    let [one, other] = [0, 0];
    if (before[k] > 0 || period !== undefined) {
      one = partners[(before[k] - 1 - side.first + 2 * points) % points];
      other = period === undefined ? Math.min(one + 1, count - 1) : (one + 1) % count;
    }
    const through = (j: number) => lineCost(shortest(at[k] - across.at[j], period), p) - potential[j];
    return Math.min(through(one), through(other));
  });
}
