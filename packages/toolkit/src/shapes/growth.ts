import {
  type CheckedMeasure,
  checkRunOptions,
  InvalidOptionError,
  type Measure,
  runAsync,
  type Task,
} from '@sinkhorn/core';
import { type Backend, type CallOptions, type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { checkBackend, checkNames, checkPositive } from '@sinkhorn/losses/extend';
import { autoBlur, type FoundBlur } from '../autoBlur.js';
import { checkClouds } from '../checkCloud.js';
import { rowsChunked } from '../rowsChunked.js';

/** How growth is estimated. Lengths are in units of the coordinates. */
export interface GrowthOptions extends CallOptions {
  readonly backend: Backend;
  /** How far a cell may have changed from one time to the next; what is farther off has grown or died. */
  readonly reach: number;
  /** Default 'auto': a tenth of the median distance between points, or half the reach where that is less. */
  readonly blur?: number | 'auto';
}

/** What happened to points between two times. */
export interface Growth {
  /** [N]: how many times as heavy each point's descendants are, 1 for the mean point; 0 where it has none. */
  readonly rates: Float64Array;
  /**
   * [M]: the share of each later point that has an ancestor within reach; the mean of these is `explained`. It falls with the way, about as
   * exp(-way^2 / (4 reach^2)): .94 at half the reach, .78 at the reach, .37 at twice it.
   */
  readonly ancestry: Float64Array;
  /** The share of the later mass that has an ancestor within reach. */
  readonly explained: number;
  readonly blur: { readonly length: number; readonly rule?: string };
}

/** How often ancestry is found again: a test holds a threefold growth to 3.0, which less does not reach. Raising it takes longer. */
const ROUNDS = 2;

/** With less of the later mass explained than this, what is left is the tail of an exponential, and its shares tell nothing. */
const LEAST_EXPLAINED = 1e-6;

/** A blur of the reach or more would let everything reach everything. */
function blurWithin(reach: number, found: FoundBlur): FoundBlur {
  if (found.blur <= reach / 2) return found;
  return { blur: reach / 2, rule: `half the reach, which is less than ${found.rule}` };
}

/**
 * How much each point of an earlier cloud grew until a later one, as for cells at two time points: the masses that transport takes from
 * each point, over their mean (Schiebinger et al. 2019). Earlier masses may change at a price; later points that have an ancestor within
 * reach all come from somewhere.
 *
 * Clouds are [N, D] and [M, D]; weights are taken as shares.
 *
 * @throws InvalidMeasureError for clouds of different dimensions; InvalidOptionError without a reach.
 *
 * @example
 * ```ts
 * import { cpu } from 'sinkhorn';
 * import { growth } from 'sinkhorn/toolkit';
 *
 * const { rates } = await growth([[0], [10]], [[0.1], [0.2], [0], [10]], { backend: cpu(), reach: 2 });
 * if (!(rates[0] > 1.2 && rates[1] < 0.8)) throw new Error(rates.join());
 * ```
 */
export async function growth(earlier: Measure, later: Measure, options: GrowthOptions): Promise<Growth> {
  checkNames('growth', options, ['backend', 'reach', 'blur', 'signal', 'onProgress']);
  const { backend, reach, blur = 'auto', signal, onProgress } = checkRunOptions(options);
  checkBackend('growth', backend);
  if (reach === undefined) {
    throw new InvalidOptionError('growth needs a reach: how far a point may have changed, in units of the coordinates');
  }
  checkPositive('reach', reach);
  const pair = await runAsync(checkClouds(['earlier', earlier], ['later', later]), { signal });
  const found = blur === 'auto' ? blurWithin(reach, autoBlur([pair.x, pair.y], 0.1)) : { blur, rule: undefined };
  checkPositive('blur', found.blur);
  const { blur: length } = found;
  const marginals = async (from: Shares, to: Shares, relaxed: SinkhornDivergenceOptions['reach']) => {
    const loss = sinkhornDivergence({
      backend,
      blur: length,
      reach: relaxed,
      debias: false,
      normalize: true,
      onInaccurate: 'ignore',
    });
    const { plan } = await loss.solve(from, to, { signal, onProgress });
    return await plan.marginals({ signal });
  };
  const each = (count: number, numberOf: (index: number) => number) =>
    runAsync(numbersFor(count, numberOf), { signal });
  const sharesOf = async ({ points, dimension, weights, masses }: CheckedMeasure): Promise<Shares> => ({
    points,
    dimension,
    weights: await each(weights.length, (index) => weights[index] / masses[0]),
  });
  const [x, y] = [await sharesOf(pair.x), await sharesOf(pair.y)];
  // With both sides relaxed, what grew looks as if it had ancestors for a part of it alone: ancestry is found again for what growth makes of
  // the earlier cloud.
  const own = await reachedFrom(y);
  let ancestry = await ancestryFrom(x);
  let rows = await massesOf(ancestry);
  for (let round = 0; round < ROUNDS && sumOf(rows) > 0; round++) {
    ancestry = await ancestryFrom({ ...x, weights: rows });
    rows = await massesOf(ancestry);
  }
  return {
    rates: await each(x.weights.length, (i) => (x.weights[i] > 0 ? rows[i] / x.weights[i] : 0)),
    ancestry,
    explained: Math.min(1, sumOf(await each(ancestry.length, (j) => ancestry[j] * y.weights[j]))),
    blur: { length, ...(found.rule && { rule: found.rule }) },
  };

  /** The share of each later point that a plan takes to it. */
  async function reachedFrom(from: Shares): Promise<Float64Array> {
    const { columns } = await marginals(from, y, reach);
    return each(y.weights.length, (j) => (y.weights[j] > 0 ? columns[j] / y.weights[j] : 0));
  }

  /**
   * The share of each later point that has an ancestor: what is reached from the earlier ones, of what is reached from the later ones
   * themselves. These are all there, and what blur and reach leave out of them is no growth: as in a debiased potential, f_ba - f_aa.
   */
  async function ancestryFrom(from: Shares): Promise<Float64Array> {
    const reached = await reachedFrom(from);
    return each(reached.length, (j) => (own[j] > 0 ? Math.min(1, reached[j] / own[j]) : 0));
  }

  /** The share of the later points with an ancestor that comes from each earlier one: all of it has to come from somewhere. */
  async function massesOf(part: Float64Array): Promise<Float64Array> {
    const explained = { ...y, weights: await each(y.weights.length, (j) => y.weights[j] * part[j]) };
    if (sumOf(explained.weights) < LEAST_EXPLAINED) return new Float64Array(x.weights.length);
    const { rows } = await marginals(x, explained, { x: reach });
    const total = sumOf(rows);
    return each(rows.length, (i) => rows[i] / total);
  }
}

/** A cloud with weights that add up to 1, or to less. */
interface Shares {
  readonly points: CheckedMeasure['points'];
  readonly dimension: number;
  readonly weights: Float64Array;
}

/** A number for each point, in pieces. */
function* numbersFor(count: number, numberOf: (index: number) => number): Task<Float64Array> {
  const numbers = new Float64Array(count);
  yield* rowsChunked(count, (from, to) => {
    for (let index = from; index < to; index++) numbers[index] = numberOf(index);
  });
  return numbers;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k];
  return sum;
}
