import { inOrder } from '../../spatial/sortedOrder.js';
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
  const { order, sorted } = yield* inOrder(at);
  const all = { order, at: sorted, masses: new Float64Array(order.length), first: 0, dropped: 0, weighty: 0 };
  yield* chunked(order.length, (from, to) => gatherMasses(weights, factor, least * factor, all, from, to));
  const { weighty, ...side } = all;
  if (weighty === order.length) return { ...side, weightless: roomFor(0) };
  return { ...side, ...(yield* parted(side, weighty, least * factor)) };
}

const roomFor = (count: number) => ({
  order: new Uint32Array(count),
  at: new Float64Array(count),
  before: new Uint32Array(count),
});

/** Puts the masses of some points, their weights times a factor, in their order, counts those that have weight, and adds up what the others have. */
function gatherMasses(
  weights: Float64Array,
  factor: number,
  least: number,
  into: { readonly order: Uint32Array; readonly masses: Float64Array; dropped: number; weighty: number },
  from: number,
  to: number,
): void {
  const { order, masses } = into;
  let [weighty, dropped] = [0, 0];
  for (let place = from; place < to; place++) {
    masses[place] = weights[order[place]] * factor;
    if (masses[place] > least) weighty++;
    else dropped += masses[place];
  }
  into.weighty += weighty;
  into.dropped += dropped;
}

/** Keeps apart what has no more mass than that. */
function* parted(
  { order, at, masses }: Pick<LineSide, 'order' | 'at' | 'masses'>,
  weighty: number,
  least: number,
): Task<Pick<LineSide, 'order' | 'at' | 'masses' | 'weightless'>> {
  const side = {
    order: new Uint32Array(weighty),
    at: new Float64Array(weighty),
    masses: new Float64Array(weighty),
    weightless: roomFor(order.length - weighty),
  };
  let found = 0;
  yield* chunked(order.length, (from, to) => {
    for (let place = from; place < to; place++) {
      if (masses[place] > least) {
        side.order[found] = order[place];
        side.at[found] = at[place];
        side.masses[found++] = masses[place];
      } else {
        side.weightless.order[place - found] = order[place];
        side.weightless.at[place - found] = at[place];
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
