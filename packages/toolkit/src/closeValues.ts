import { placesTo } from './placesTo.js';
import type { Split } from './splits.js';

/** How many are computed both ways at least, to see how far rough values are off. Raising it takes time, lowering it sees less. */
const BOTH_WAYS = 8;
/** No value is left rough that is within so many times the largest difference seen. Raising it is safer, and computes more of them twice. */
const SAFETY = 10;

/** What values are computed again with. */
export interface Again {
  /** The divisions of `values`, in their order, each time. */
  splits(): Iterable<Split>;
  /** So many orders are computed at once. */
  readonly most: number;
  /** The values of some divisions, of which the first is the one at an index. */
  compute(orders: readonly Uint32Array[], indices: readonly number[]): Promise<ArrayLike<number>>;
  /** The least error that rough values are known to have; 0 where none is known. */
  readonly apart: number;
}

/**
 * Computes again, in place, the values of which a rough computation does not tell on which side of a limit they are. How far rough values
 * are off is seen from those nearest to the limit.
 */
export async function computeClose(values: number[], limit: number, again: Again): Promise<void> {
  const distanceFromLimit = (index: number) => (Number.isFinite(values[index]) ? Math.abs(values[index] - limit) : 0);
  const distances = values.map((_, index) => distanceFromLimit(index));
  const nearestFirst = placesTo(values.length).sort((one, other) => distances[one] - distances[other]);
  let [known, apart] = [0, again.apart];
  while (known < values.length && (known < BOTH_WAYS || distances[nearestFirst[known]] <= SAFETY * apart)) {
    let upTo = Math.min(values.length, Math.max(BOTH_WAYS, known));
    while (upTo < values.length && distances[nearestFirst[upTo]] <= SAFETY * apart) upTo++;
    const wanted = new Set(nearestFirst.subarray(known, upTo));
    let orders: Uint32Array[] = [];
    let indices: number[] = [];
    const compute = async () => {
      const found = await again.compute(orders, indices);
      indices.forEach((at, k) => {
        apart = Math.max(apart, Number.isFinite(found[k]) ? Math.abs(found[k] - values[at]) || 0 : 0);
        values[at] = found[k];
      });
      [orders, indices] = [[], []];
    };
    let index = 0;
    for (const { order } of again.splits()) {
      if (wanted.has(index)) {
        orders.push(order);
        indices.push(index);
        if (orders.length >= again.most) await compute();
      }
      index++;
    }
    if (orders.length > 0) await compute();
    known = upTo;
  }
}
