import {
  checkRunOptions,
  InvalidMeasureError,
  InvalidOptionError,
  type Measure,
  type MeasurePair,
  runAsync,
  runSync,
  type Task,
} from '@sinkhorn/core';
import { pause } from '@sinkhorn/core/extend';
import type { KernelNorm, Loss, StopSignal } from '@sinkhorn/losses';
import { checkClouds } from './checkCloud.js';
import { computeClose } from './closeValues.js';
import { exactSplits, kernelSplits, type SplitValues } from './kernelSplits.js';
import { divisionsAtOnce, lossOfSplits } from './lossSplits.js';
import { placesTo } from './placesTo.js';
import { divide, makePool, type Pool, type Sample } from './pool.js';
import { everySplit, type Split, shuffles } from './splits.js';
import { tieWidth } from './tieWidth.js';

/** How a permutation test runs. */
export interface PermutationOptions {
  /** How many times the labels are shuffled; where there are no more divisions than that, each is taken once. @defaultValue 999 */
  readonly permutations?: number;
  /** Seed of the shuffles: the same seed gives the same p-value. @defaultValue 0 */
  readonly seed?: number;
  /** Stops the test, within a statistic too; the promise rejects with the signal's reason. */
  readonly signal?: StopSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a permutation test found. */
export interface PermutationResult {
  /**
   * (1 + number of shuffles with a value of at least the observed one) / (1 + permutations); where `exact`, the share of all
   * divisions with such a value.
   */
  readonly pValue: number;
  readonly observed: number;
  /**
   * The value of each shuffle; where `exact`, of each division that differs from the others, the observed one among them. Of a Sinkhorn
   * divergence without a `tolerance` those far from the observed one come from marginal errors of 1e-3: good for a picture.
   */
  readonly permuted: Float64Array;
  /** For how many divisions each of `permuted` stands: more than 1 where `exact` and points are the same. */
  readonly multiplicities: Float64Array;
  /** Whether all divisions were visited. */
  readonly exact: boolean;
}

/** A function of two samples, large when they differ. */
export type Statistic = (x: Sample, y: Sample) => Promise<number>;

/**
 * Tests whether two samples come from one distribution, by shuffling which point belongs to which sample.
 *
 * If they do, the observed value is one of `permutations + 1` equally likely ones, and the p-value is valid at every
 * sample size: Phipson and Smyth, "Permutation p-values should never be zero", 2010. Where no more than `permutations`
 * divisions differ, all of them are visited, and there is no chance in the p-value. A point keeps its weight when it
 * changes sides, and the weights of each side are then scaled to the side's own total. Where only one sample has weights, a
 * point of the other counts once beside whole numbers, which are counts, and weighs the mean of other weights.
 *
 * Values that rounding alone puts apart count as equal, so that the p-value is the same in float32 and float64. For a kernel
 * norm (`energyDistance`, `gaussianMmd`, `laplacianMmd`, `kernelMmd`) hundreds of shuffles are made in one pass over the pairs
 * of points, always over all of them: `strategy` and `accuracy` have no say. In float32 those too close to the observed value to tell
 * are computed again in float64; not so for a kernel of your own on a device without float64 and with more than 512 points, where all of
 * them count as at least the observed one: the p-value may be too large then. Any other loss of few points is computed for a batch
 * of shuffles at a time, and values that the iterations of a batch alone put apart count as equal too. A Sinkhorn divergence without a
 * `tolerance` of its own is computed with one of 1e-3 first, and in full where that does not tell on which side of the observed value
 * a shuffle is: the p-value is that of full values, and other entries of `permuted` are rough.
 *
 * @param loss - what `energyDistance` or another function of this library returned.
 * @throws InvalidMeasureError for measures that the loss refuses, and for batches; InvalidOptionError for options out of range.
 *
 * @example
 * ```ts
 * import { cpu, energyDistance, permutationTest } from 'sinkhorn';
 *
 * const loss = energyDistance({ backend: cpu() });
 * const { pValue, exact } = await permutationTest(loss, [[0], [1], [2], [3]], [[10], [11], [12], [13]]);
 * if (!exact || pValue !== 2 / 70) throw new Error('of 70 divisions, this one and its mirror image are the farthest apart');
 * ```
 */
export function permutationTest(
  loss: Loss,
  x: Measure,
  y: Measure,
  options?: PermutationOptions,
): Promise<PermutationResult>;
/**
 * The same with a function in place of a loss: for a statistic of your own, such as a difference of medians. It is called once
 * a division. What its rounding is cannot be seen: values within 1e-5 of the largest one count as equal. Give a loss itself,
 * not a function that calls it: that is faster, and knows its rounding.
 *
 * @param statistic - gets samples with points in a Float64Array, and weights where one of the two had any.
 */
export function permutationTest(
  statistic: Statistic,
  x: Measure,
  y: Measure,
  options?: PermutationOptions,
): Promise<PermutationResult>;
export async function permutationTest(
  lossOrStatistic: Loss | Statistic,
  x: Measure,
  y: Measure,
  options: PermutationOptions = {},
): Promise<PermutationResult> {
  const found = await permutedValues(lossOrStatistic, x, y, checkOptions(options));
  return judge(found, found.exact);
}

/** Which divisions of a test: those that are counted from `from` up to `to`, all when absent. */
export interface DivisionRange extends PermutationOptions {
  readonly permutations: number;
  readonly seed: number;
  readonly from?: number;
  readonly to?: number;
}

/**
 * The values of some divisions of a permutation test, that of the two samples before them: tests whose divisions are shared out
 * put them together and `judge` them.
 *
 * @throws what permutationTest throws.
 */
export async function permutedValues(
  lossOrStatistic: Loss | Statistic,
  x: Measure,
  y: Measure,
  { permutations, seed, from = 0, to = Number.POSITIVE_INFINITY, signal, onProgress }: DivisionRange,
): Promise<Found & { readonly exact: boolean }> {
  if (typeof lossOrStatistic !== 'function' && typeof lossOrStatistic?.value !== 'function') {
    throw new InvalidOptionError(
      'loss is neither a loss nor a function: give what energyDistance or another loss returned, or a function of two samples',
    );
  }
  const norm = typeof lossOrStatistic === 'function' ? undefined : lossOrStatistic.kernelNorm;
  const pool = await runAsync(checkedPool(x, y, norm), { signal });
  const every = everySplit(pool, permutations);
  const total = Math.min(every?.count ?? permutations, to) - from;
  const run = { signal, onProgress: (done: number) => onProgress?.(Math.min(done, total), total) };
  /** The same ones in the same order each time. */
  const splits = () => between(every ? every.splits() : shuffles(pool, Math.min(permutations, to), seed), from, to);
  const found = await (norm
    ? valuesOfNorm(norm, pool, splits, run)
    : typeof lossOrStatistic === 'function'
      ? valuesOf(lossOrStatistic, pool, splits(), run)
      : lossOrStatistic.roughly && total >= FEWEST_ROUGHLY
        ? valuesRoughly(lossOrStatistic, lossOrStatistic.roughly, pool, splits, run)
        : valuesOfLoss(lossOrStatistic, pool, splits(), run));
  return { ...found, exact: every !== undefined };
}

/** How many divisions a test goes through, and whether these are all that there are. */
export function countDivisions(
  x: Measure,
  y: Measure,
  permutations: number,
): { readonly count: number; readonly exact: boolean } {
  const every = everySplit(runSync(checkedPool(x, y, undefined)), permutations);
  return { count: every?.count ?? permutations, exact: every !== undefined };
}

/** The points of two samples, checked for a test. @throws what permutationTest throws. */
export function* checkedPool(x: Measure, y: Measure, norm: KernelNorm | undefined): Task<Pool> {
  const pair = yield* checkClouds(['x', x], ['y', y]);
  norm?.check(pair);
  yield* pause();
  const pool = poolOf(pair, { x: hasWeights(x), y: hasWeights(y) }, norm?.normalize ?? false);
  yield* pause();
  checkDivisible(pool);
  return pool;
}

function* between(splits: Iterable<Split>, from: number, to: number): Generator<Split> {
  let index = 0;
  for (const split of splits) {
    if (index >= to) return;
    if (index++ >= from) yield split;
  }
}

interface Run {
  readonly signal?: StopSignal;
  readonly onProgress: (done: number) => void;
}

/** The values of divisions, the observed one before them. */
export interface Found extends SplitValues {
  readonly multiplicities: Float64Array;
}

/** How many orders of all points are held at a time. */
const MOST_INDICES = 2 ** 24;

/**
 * The values of a kernel norm. Those in float32 that are so close to the observed one that rounding may have put them on its other side
 * are computed again in float64, with the observed one beside them: where many points are added up, rounding is as large as what chance makes.
 */
async function valuesOfNorm(
  norm: KernelNorm,
  pool: Pool,
  splits: () => Iterable<Split>,
  { signal, onProgress }: Run,
): Promise<Found> {
  const values: number[] = [];
  let [rounding, size] = [0, 0];
  let observed = 0;
  const most = Math.max(1, Math.floor(MOST_INDICES / pool.count));
  const multiplicities = await inGroups(splits(), most, signal, async (orders) => {
    const isFirst = size === 0 && values.length === 0;
    const found = await runAsync(kernelSplits(norm, pool, isFirst ? [observedOrder(pool), ...orders] : orders), {
      signal,
    });
    if (isFirst) observed = found.values[0];
    for (const value of found.values.subarray(isFirst ? 1 : 0)) values.push(value);
    rounding = Math.max(rounding, found.rounding);
    size = Math.max(size, found.size);
    onProgress(values.length);
  });
  const exact = norm.backend.precision === 'float32' ? exactSplits(norm, pool) : undefined;
  if (exact) {
    rounding = size * exact.rounding;
    await computeClose(values, observed - rounding, {
      splits,
      most,
      // A last digit of what was added up, which differences of few values may not show.
      apart: 2 ** -23 * size,
      async compute(orders) {
        const above = await runAsync(exact.above([observedOrder(pool), ...orders]), { signal });
        return above.subarray(1).map((value) => observed + value);
      },
    });
  }
  return { values: Float64Array.of(observed, ...values), multiplicities, rounding };
}

async function valuesOf(
  statistic: Statistic,
  pool: Pool,
  splits: Iterable<Split>,
  { signal, onProgress }: Run,
): Promise<Found> {
  const values: number[] = [];
  const add = async (order: Uint32Array) => {
    const { x, y } = divide(pool, order);
    const value = await orAbort(statistic(x, y), signal);
    checkValue(value, values.length - 1);
    values.push(value);
  };
  await add(observedOrder(pool));
  const multiplicities = await inGroups(splits, 1, signal, async ([order]) => {
    await add(order);
    onProgress(values.length - 1);
  });
  const largest = values.reduce((most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0), 0);
  return { values: Float64Array.from(values), multiplicities, rounding: FUNCTION_ROUNDING * largest };
}

/** How much farther apart than the observed value is from itself other values may be, for the iterations of their batch. */
const BATCH_SPREAD = 4;

/**
 * The values of a loss that is no kernel norm: some divisions a call, where the loss takes batches. A batch is iterated until
 * all of it has converged, which moves values within the tolerance: by how much is seen from the observed one, and counts as
 * rounding does.
 */
async function valuesOfLoss(
  loss: Loss,
  pool: Pool,
  splits: Iterable<Split>,
  { signal, onProgress }: Run,
): Promise<Found> {
  const observed = observedOrder(pool);
  const [alone] = await lossOfSplits(loss, pool, [observed], signal);
  checkValue(alone, -1);
  const values = [alone];
  let spread = 0;
  const most = divisionsAtOnce(pool);
  const multiplicities = await inGroups(splits, most, signal, async (orders) => {
    // The observed one is in the first batch once more.
    const again = most > 1 && values.length === 1;
    const found = await lossOfSplits(loss, pool, again ? [...orders, observed] : orders, signal);
    if (again && Number.isFinite(alone)) spread = Math.abs(found[orders.length] - alone);
    for (const value of found.slice(0, orders.length)) {
      checkValue(value, values.length - 1);
      values.push(value);
    }
    onProgress(values.length - 1);
  });
  const rounding = await tieWidth(loss, pool, alone, signal);
  return { values: Float64Array.from(values), multiplicities, rounding: Math.max(rounding, BATCH_SPREAD * spread) };
}

/** Fewer divisions are not worth computing some of them twice. Chosen, not measured. */
const FEWEST_ROUGHLY = 32;
/**
 * The values of a loss that has a rough form: those whose side of the observed value the rough one does not tell are computed again by the
 * loss itself, so that the p-value is that of its own values. How far rough values are off is seen from those nearest to the observed one.
 */
async function valuesRoughly(
  loss: Loss,
  rough: Loss,
  pool: Pool,
  splits: () => Iterable<Split>,
  { signal, onProgress }: Run,
): Promise<Found> {
  const [observed] = await lossOfSplits(loss, pool, [observedOrder(pool)], signal);
  checkValue(observed, -1);
  const rounding = await tieWidth(loss, pool, observed, signal);
  const values: number[] = [];
  const multiplicities = await inGroups(splits(), divisionsAtOnce(pool), signal, async (orders) => {
    for (const value of await lossOfSplits(rough, pool, orders, signal)) values.push(value);
    onProgress(values.length);
  });
  // What counts as at least the observed value begins here.
  await computeClose(values, observed - rounding, {
    splits,
    most: 1,
    apart: 0,
    async compute([order], [index]) {
      signal?.throwIfAborted();
      const found = await lossOfSplits(loss, pool, [order], signal);
      checkValue(found[0], index);
      return found;
    },
  });
  return { values: Float64Array.of(observed, ...values), multiplicities, rounding };
}

/** Goes through divisions, some at a time, and gives for how many each stands. */
async function inGroups(
  splits: Iterable<Split>,
  most: number,
  signal: StopSignal | undefined,
  work: (orders: readonly Uint32Array[]) => Promise<void>,
): Promise<Float64Array> {
  const multiplicities: number[] = [];
  let orders: Uint32Array[] = [];
  let lastPause = performance.now();
  for (const { order, multiplicity } of splits) {
    if (performance.now() - lastPause > 40) {
      await nextTurn();
      lastPause = performance.now();
    }
    signal?.throwIfAborted();
    multiplicities.push(multiplicity);
    orders.push(order);
    if (orders.length < most) continue;
    await work(orders);
    orders = [];
  }
  if (orders.length > 0) await work(orders);
  return Float64Array.from(multiplicities);
}

/** Throws where a statistic is no number, for a shuffle that counts from 0 or for -1, the two samples. */
function checkValue(value: number, shuffle: number): void {
  if (typeof value === 'number' && !Number.isNaN(value)) return;
  const which = shuffle < 0 ? 'the two samples' : `shuffle ${shuffle}`;
  throw new InvalidOptionError(
    `the statistic gave ${value} for ${which}: it has to be a number for any division of the points`,
  );
}

/** What values may differ by and be equal, over the largest: float32 sums that mostly cancel have some five digits left. */
const FUNCTION_ROUNDING = 1e-5;

/** What the values of all divisions say. */
export function judge({ values, multiplicities, rounding }: Found, exact: boolean): PermutationResult {
  const observed = values[0];
  const permuted = values.slice(1);
  let [atLeast, all] = [0, 0];
  permuted.forEach((value, index) => {
    all += multiplicities[index];
    if (value >= observed - rounding) atLeast += multiplicities[index];
  });
  const pValue = exact ? atLeast / all : (1 + atLeast) / (1 + all);
  return { pValue, observed, permuted, multiplicities, exact };
}

/** The two samples themselves, as an order. */
export const observedOrder = ({ count }: Pool): Uint32Array => placesTo(count);

function checkOptions(options: PermutationOptions) {
  checkRunOptions(options);
  for (const name of Object.keys(options)) {
    if (['permutations', 'seed', 'signal', 'onProgress'].includes(name)) continue;
    throw new InvalidOptionError(
      `permutationTest has no option '${name}': its options are permutations, seed, signal, onProgress`,
    );
  }
  const { permutations = 999, seed = 0, signal, onProgress } = options;
  if (!Number.isInteger(permutations) || permutations < 1) {
    throw new InvalidOptionError(`permutations is ${permutations}: give a whole number, 1 or more`);
  }
  if (!Number.isInteger(seed)) throw new InvalidOptionError(`seed is ${seed}: give a whole number`);
  return { permutations, seed, signal, onProgress };
}

/** Each point comes with its weight, a count where they are counts, and a loss of shares sees sides of mass 1. */
function poolOf(
  { x, y }: MeasurePair,
  weighted: { readonly x: boolean; readonly y: boolean },
  normalize: boolean,
): Pool {
  const pool = makePool(x, y, weighted);
  return normalize ? { ...pool, massX: 1, massY: 1 } : pool;
}

const hasWeights = (measure: Measure) => 'weights' in measure && measure.weights !== undefined;

/** Throws where a shuffle may leave a side without mass. */
function checkDivisible({ weights, count, countX }: Pool): void {
  const empty = weights.reduce((total, weight) => total + (weight === 0 ? 1 : 0), 0);
  if (empty < Math.min(countX, count - countX)) return;
  const index = weights.indexOf(0);
  const where = index < countX ? `x.weights[${index}]` : `y.weights[${index - countX}]`;
  throw new InvalidMeasureError(
    `${where} is 0, as ${empty} weights are: a shuffle could leave a sample without mass; remove the points that weigh nothing`,
  );
}

/** Gives timers, clicks and interrupts their turn: a backend that never waits would keep them waiting. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** What a promise gives, or the signal's reason as soon as it is aborted. */
async function orAbort<Value>(promise: Promise<Value>, signal: StopSignal | undefined): Promise<Value> {
  if (!signal) return promise;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
