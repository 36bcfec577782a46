import { drawBelow, drawsFrom } from '@sinkhorn/core/random';
import { placesTo } from './placesTo.js';
import type { Pool } from './pool.js';

/** A division of the pool: an order of its points, of which the first `countX` go to x. */
export interface Split {
  readonly order: Uint32Array;
  /** For how many divisions it stands: points that are the same can change places. */
  readonly multiplicity: number;
}

/** `count` random divisions. */
export function* shuffles({ count: points }: Pool, count: number, seed: number): Generator<Split> {
  const order = placesTo(points);
  const draw = drawsFrom(seed);
  for (let k = 0; k < count; k++) {
    shuffle(order, draw);
    yield { order: order.slice(), multiplicity: 1 };
  }
}

/** Fisher and Yates. A plain function, which engines make several times as fast as a loop that yields. */
export function shuffle(order: Uint32Array, draw: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = drawBelow(i + 1, draw);
    const moved = order[i];
    order[i] = order[j];
    order[j] = moved;
  }
}

/**
 * All divisions, where at most `most` of them differ: points that are the same count as one kind, and a division is then how
 * many of each kind go to x. Undefined where there are more.
 */
export function everySplit(
  pool: Pool,
  most: number,
): { readonly count: number; splits(): Iterable<Split> } | undefined {
  // How often each division occurs is counted exactly, up to the largest float64.
  if (!Number.isFinite(choose(pool.count, pool.countX))) return undefined;
  const kinds = kindsOf(pool, most);
  if (!kinds) return undefined;
  const sizes = kinds.map(({ length }) => length);
  const count = countOf(sizes, pool.countX, most);
  if (count > most) return undefined;
  return {
    count,
    *splits() {
      for (const taken of tables(sizes, pool.countX)) {
        const order = new Uint32Array(pool.count);
        let [toX, toY] = [0, pool.countX];
        let multiplicity = 1;
        kinds.forEach((members, kind) => {
          multiplicity *= choose(members.length, taken[kind]);
          members.forEach((member, index) => {
            if (index < taken[kind]) order[toX++] = member;
            else order[toY++] = member;
          });
        });
        yield { order, multiplicity };
      }
    },
  };
}

/**
 * The indices of points that are the same, weights too. Undefined where there are so many kinds that more than `most` divisions
 * differ: at least as many as there are kinds, or, with two points or more a side, as there are pairs of kinds.
 */
function kindsOf({ points, weights, dimension, count, countX }: Pool, most: number): number[][] | undefined {
  const kinds = new Map<string, number[]>();
  const single = Math.min(countX, count - countX) === 1;
  for (let index = 0; index < count; index++) {
    const key = `${points.subarray(index * dimension, (index + 1) * dimension).join()} ${weights[index]}`;
    const members = kinds.get(key);
    if (members) members.push(index);
    else kinds.set(key, [index]);
    if ((single ? kinds.size : choose(kinds.size, 2)) > most) return undefined;
  }
  return [...kinds.values()];
}

/**
 * How many ways there are to take `total` things of kinds of these sizes, or a number above `most`: the coefficient of t^total in
 * the product of 1 + t + ... + t^size. To go through them would take long where they are too many, and notice no abort.
 */
function countOf(sizes: readonly number[], total: number, most: number): number {
  let ways = new Float64Array(total + 1);
  ways[0] = 1;
  for (const size of sizes) {
    const more = new Float64Array(total + 1);
    let sum = 0;
    for (let n = 0; n <= total; n++) {
      sum += ways[n] - (n > size ? ways[n - size - 1] : 0);
      more[n] = Math.min(sum, most + 1);
    }
    ways = more;
  }
  return ways[total];
}

/** All ways to take `total` things of kinds of these sizes: how many of each. The same array each time. */
function* tables(sizes: readonly number[], total: number): Generator<Uint32Array> {
  const last = sizes.length - 1;
  const taken = new Uint32Array(sizes.length);
  const needed = new Float64Array(sizes.length + 1);
  const later = new Float64Array(sizes.length + 1);
  for (let kind = last; kind >= 0; kind--) later[kind] = later[kind + 1] + sizes[kind];
  needed[0] = total;
  let from = 0;
  while (true) {
    for (let kind = from; kind <= last; kind++) {
      taken[kind] = Math.max(0, needed[kind] - later[kind + 1]);
      needed[kind + 1] = needed[kind] - taken[kind];
    }
    yield taken;
    let kind = last;
    while (kind >= 0 && taken[kind] >= Math.min(sizes[kind], needed[kind])) kind--;
    if (kind < 0) return;
    taken[kind] += 1;
    needed[kind + 1] = needed[kind] - taken[kind];
    from = kind + 1;
  }
}

/** The binomial coefficient: exact below 2^53, Infinity where float64 has no number for it. */
function choose(n: number, k: number): number {
  const fewer = Math.min(k, n - k);
  let result = 1;
  for (let i = 1; i <= fewer && result < Number.POSITIVE_INFINITY; i++) result = (result * (n - fewer + i)) / i;
  return result;
}
