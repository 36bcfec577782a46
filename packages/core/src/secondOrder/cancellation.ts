import { centred, norm } from '../linear/norm.js';

/**
 * Of what numbers a result is a sum, over its size: errors are as much larger of it. `net` are entries of a plan as they change, which errors of
 * the plan itself multiply; `parts` all that each of these is a sum of, which is off by what linear systems leave; `rounds` these with all
 * differences that they are made of, of which each is rounded.
 */
export interface Cancellation {
  readonly net: number;
  readonly parts: number;
  readonly rounds: number;
}

/** Where nothing cancels. */
export const NOTHING_CANCELS: Cancellation = { net: 1, parts: 1, rounds: 1 };

const NAMES = ['net', 'parts', 'rounds'] as const;

const each = <Value>(of: (name: (typeof NAMES)[number], index: number) => Value) => {
  const [net, parts, rounds] = NAMES.map(of);
  return { net, parts, rounds };
};

/** The larger ones of two. */
export const worse = (one: Cancellation, other: Cancellation): Cancellation =>
  each((name) => Math.max(one[name], other[name]));

/** Sums of such numbers without their signs, at each point: [B, N]. */
export type Sizes = Readonly<Record<(typeof NAMES)[number], Float64Array>>;

/** Sizes from all three beside each other, [B, N, 3], in other units. */
export const sizesOf = (all: Float64Array, unit = 1): Sizes =>
  each((_, at) => Float64Array.from({ length: all.length / 3 }, (_value, i) => all[3 * i + at] * unit));

/** The same in other units. */
export const scaledSizes = (sizes: Sizes, unit: number): Sizes =>
  each((name) => sizes[name].map((value) => value * unit));

/** Sizes of which nothing else is known. */
export const sameSizes = (sizes: Float64Array): Sizes => each(() => sizes);

/** Sizes at all points as one: errors at many points, which have signs of their own, add up to the root of their squares. */
export const inAll = (sizes: Sizes): Sizes => each((name) => Float64Array.of(norm(sizes[name])));

/** The sizes of numbers that nothing is known of but themselves, [B, N, size]. */
export function ownSizes(values: Float64Array, points: number): Sizes {
  const size = values.length / points;
  const squares = new Float64Array(points);
  for (let k = 0; k < values.length; k++) squares[Math.floor(k / size)] += values[k] ** 2;
  return sameSizes(squares.map(Math.sqrt));
}

/**
 * The share of sums of numbers without their signs that their errors, which have signs of their own, add up to. Raising it tells larger errors of
 * small results. Chosen on 800 random problems, against dense linear algebra; of 4,576 results of 220 further ones one is off by more than twice
 * what is told, by 2.1 times.
 */
const SHARE = 0.3;

/**
 * The cancellation of results [B, N, size] that are sums of numbers of these sizes, of the element where it is worst.
 *
 * @param share - of the sizes that errors add up to: 1 where there are few numbers.
 */
export function cancellationOf(
  result: Float64Array,
  sizes: readonly Sizes[],
  batch: number,
  share = SHARE,
): Cancellation {
  let worst = NOTHING_CANCELS;
  for (let element = 0; element < batch; element++) {
    const of = (values: Float64Array) => {
      const length = values.length / batch;
      return values.subarray(element * length, (element + 1) * length);
    };
    const left = norm(of(result));
    const found = each((name) => {
      const all = Math.sqrt(sizes.reduce((sum, one) => sum + norm(of(one[name])) ** 2, 0));
      return all > 0 ? (share * all) / left : 1;
    });
    worst = worse(worst, found);
  }
  return worst;
}

/** The same of numbers at points that are told up to a number of each element: [B, N]. */
export const freeCancellationOf: typeof cancellationOf = (result, sizes, batch, share) =>
  result.length === batch ? NOTHING_CANCELS : cancellationOf(centred(result, batch), sizes, batch, share);
