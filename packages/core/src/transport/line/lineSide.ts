import { sortedOrder } from '../../spatial/sortedOrder.js';
import { chunked } from '../../tasks/chunked.js';
import type { Task } from '../../tasks/task.js';

/** One measure on a line, in the order of its points; those without weight are kept apart. */
export interface LineSide {
  /** The point in the input of each point here. */
  readonly order: Uint32Array;
  readonly at: Float64Array;
  readonly masses: Float64Array;
  /** Which of the sorted points is the first one here: 0, but on a circle that is cut elsewhere. */
  readonly first: number;
  /** Points without weight, and how many points that have weight come before each. */
  readonly weightless: { readonly order: Uint32Array; readonly at: Float64Array; readonly before: Uint32Array };
  /** The mass that points count as without weight for all that. */
  readonly dropped: number;
}

/**
 * Sorts a measure, with its weights times a factor.
 *
 * @param at - [N]: where points are.
 * @param least - A weight up to this counts as none.
 */
export function* lineSide(at: ArrayLike<number>, weights: Float64Array, factor: number, least: number): Task<LineSide> {
  const sorted = yield* sortedOrder(at);
  let weighty = 0;
  let dropped = 0;
  for (const weight of weights) {
    if (weight > least) weighty++;
    else dropped += weight * factor;
  }
  const side = {
    order: new Uint32Array(weighty),
    at: new Float64Array(weighty),
    masses: new Float64Array(weighty),
    first: 0,
    weightless: {
      order: new Uint32Array(sorted.length - weighty),
      at: new Float64Array(sorted.length - weighty),
      before: new Uint32Array(sorted.length - weighty),
    },
    dropped,
  };
  let found = 0;
  yield* chunked(sorted.length, (from, to) => {
    for (let place = from; place < to; place++) {
      const point = sorted[place];
      if (weights[point] > least) {
        side.order[found] = point;
        side.at[found] = at[point];
        side.masses[found++] = weights[point] * factor;
      } else {
        side.weightless.order[place - found] = point;
        side.weightless.at[place - found] = at[point];
        side.weightless.before[place - found] = found;
      }
    }
  });
  return side;
}

/** The same points from another one on, and once around a circle: `first` may be any whole number, and each turn adds the period. */
export function* turnedSide(side: LineSide, first: number, period: number): Task<LineSide> {
  const count = side.order.length;
  const turned = {
    order: new Uint32Array(count),
    at: new Float64Array(count),
    masses: new Float64Array(count),
    first: first - count * Math.floor(first / count),
    weightless: side.weightless,
    dropped: side.dropped,
  };
  yield* chunked(count, (start, end) => {
    for (let place = start; place < end; place++) {
      const turns = Math.floor((first + place) / count);
      const from = first + place - turns * count;
      turned.order[place] = side.order[from];
      turned.at[place] = side.at[from] + turns * period;
      turned.masses[place] = side.masses[from];
    }
  });
  return turned;
}
