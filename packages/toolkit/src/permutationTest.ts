import {
  type CheckedMeasure,
  checkMeasure,
  checkPair,
  InvalidMeasureError,
  InvalidOptionError,
  type Measure,
  type MeasurePair,
  runAsync,
  UnsupportedError,
} from '@sinkhorn/core';
import type { KernelNorm, Loss, StopSignal } from '@sinkhorn/losses';
import { kernelSplits, type SplitValues } from './kernelSplits.js';
import { divisionsAtOnce, lossOfSplits } from './lossSplits.js';
import { divide, makePool, type Pool, type Sample } from './pool.js';
import { everySplit, type Split, shuffles } from './splits.js';

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
  /** The value of each shuffle; where `exact`, of each division that differs from the others, the observed one among them. */
  readonly permuted: Float64Array;
  /** For how many divisions each of `permuted` stands: more than 1 where `exact` and points are the same. */
  readonly multiplicities: Float64Array;
  /** Whether all divisions were gone through. */
  readonly exact: boolean;
}

/** A function of two samples, large when they differ. */
export type Statistic = (x: Sample, y: Sample) => Promise<number>;

/**
 * Tests whether two samples come from one distribution, by shuffling which point belongs to which sample.
 *
 * If they do, the observed value is one of `permutations + 1` equally likely ones, and the p-value is valid at every
 * sample size: Phipson and Smyth, "Permutation p-values should never be zero", 2010. Where no more than `permutations`
 * divisions differ, all of them are gone through, and there is no chance in the p-value. A point keeps its weight when it
 * changes sides, and the weights of each side are then scaled to the side's own total.
 *
 * Values that rounding alone puts apart count as equal, so that the p-value is the same in float32 and float64. For a kernel
 * norm (`energyDistance`, `gaussianMmd`, `laplacianMmd`, `kernelMmd`) hundreds of shuffles are made in one pass over the pairs
 * of points, always over all of them: `strategy` and `accuracy` have no say. Any other loss of few points is computed for a batch
 * of shuffles at a time, and values that the iterations of a batch alone put apart count as equal too.
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
 * The same with a function in place of a loss: for a statistic of one's own, such as a difference of medians. It is called once
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
  const { permutations, seed, signal, onProgress } = checkOptions(options);
  if (typeof lossOrStatistic !== 'function' && typeof lossOrStatistic?.value !== 'function') {
    throw new InvalidOptionError(
      'loss is neither a loss nor a function: give what energyDistance or another loss returned, or a function of two samples',
    );
  }
  const pair = { x: single('x', x), y: single('y', y) };
  checkPair(pair);
  const norm = typeof lossOrStatistic === 'function' ? undefined : lossOrStatistic.kernelNorm;
  norm?.check(pair);
  const pool = poolOf(pair, hasWeights(x) || hasWeights(y), norm?.normalize ?? false);
  checkDivisible(pool);
  signal?.throwIfAborted();
  const every = everySplit(pool, permutations);
  const total = every?.count ?? permutations;
  const run = { signal, onProgress: (done: number) => onProgress?.(Math.min(done, total), total) };
  const splits = every ? every.splits() : shuffles(pool, permutations, seed);
  const found = await (norm
    ? valuesOfNorm(norm, pool, splits, total, run)
    : typeof lossOrStatistic === 'function'
      ? valuesOf(lossOrStatistic, pool, splits, run)
      : valuesOfLoss(lossOrStatistic, pool, splits, run));
  return judge(found, every !== undefined);
}

interface Run {
  readonly signal?: StopSignal;
  readonly onProgress: (done: number) => void;
}

/** The values of all divisions, the observed one before them. */
interface Found extends SplitValues {
  readonly multiplicities: Float64Array;
}

/** How many orders of all points are held at a time. */
const MOST_INDICES = 2 ** 24;

async function valuesOfNorm(
  norm: KernelNorm,
  pool: Pool,
  splits: Iterable<Split>,
  total: number,
  { signal, onProgress }: Run,
): Promise<Found> {
  const multiplicities = new Float64Array(total);
  const values = new Float64Array(total + 1);
  const most = Math.max(1, Math.floor(MOST_INDICES / pool.count));
  let rounding = 0;
  let done = 0;
  let orders: Uint32Array[] = [observedOrder(pool)];
  const compute = async () => {
    const found = await runAsync(kernelSplits(norm, pool, orders), { signal });
    values.set(found.values, done + 1 - orders.length);
    rounding = Math.max(rounding, found.rounding);
    orders = [];
    onProgress(done);
  };
  let lastPause = performance.now();
  for (const { order, multiplicity } of splits) {
    if (performance.now() - lastPause > 40) {
      await nextTurn();
      signal?.throwIfAborted();
      lastPause = performance.now();
    }
    multiplicities[done++] = multiplicity;
    orders.push(order);
    if (orders.length >= most) await compute();
  }
  if (orders.length > 0) await compute();
  return { values, multiplicities, rounding };
}

async function valuesOf(
  statistic: Statistic,
  pool: Pool,
  splits: Iterable<Split>,
  { signal, onProgress }: Run,
): Promise<Found> {
  const statisticAt = async (order: Uint32Array, which: string) => {
    const { x, y } = divide(pool, order);
    const value = await orAbort(statistic(x, y), signal);
    checkValue(value, which);
    return value;
  };
  const values = [await statisticAt(observedOrder(pool), 'the two samples')];
  const multiplicities: number[] = [];
  let lastPause = performance.now();
  for (const { order, multiplicity } of splits) {
    if (performance.now() - lastPause > 40) {
      await nextTurn();
      lastPause = performance.now();
    }
    signal?.throwIfAborted();
    values.push(await statisticAt(order, `shuffle ${multiplicities.length}`));
    multiplicities.push(multiplicity);
    onProgress(multiplicities.length);
  }
  const largest = values.reduce((most, value) => Math.max(most, Number.isFinite(value) ? Math.abs(value) : 0), 0);
  return {
    values: Float64Array.from(values),
    multiplicities: Float64Array.from(multiplicities),
    rounding: FUNCTION_ROUNDING * largest,
  };
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
  const valuesOf = async (orders: readonly Uint32Array[], which: (index: number) => string) => {
    const values = await lossOfSplits(loss, pool, orders, signal);
    values.forEach((value, index) => {
      checkValue(value, which(index));
    });
    return values;
  };
  const observed = observedOrder(pool);
  const [alone] = await valuesOf([observed], () => 'the two samples');
  const values = [alone];
  const multiplicities: number[] = [];
  let most = divisionsAtOnce(pool);
  let spread = 0;
  let orders: Uint32Array[] = [];
  const compute = async () => {
    const from = values.length - 1;
    const which = (index: number) => (index < orders.length ? `shuffle ${from + index}` : 'the two samples');
    // The observed one is in the first batch once more.
    const more = most > 1 && from === 0 ? [...orders, observed] : orders;
    const found = await valuesOf(more, which);
    if (more !== orders && Number.isFinite(alone)) spread = Math.abs(found[orders.length] - alone);
    values.push(...found.slice(0, orders.length));
    orders = [];
    onProgress(values.length - 1);
  };
  const oneByOne = async () => {
    const some = orders;
    most = 1;
    for (const order of some) {
      orders = [order];
      await compute();
    }
  };
  let lastPause = performance.now();
  for (const { order, multiplicity } of splits) {
    if (performance.now() - lastPause > 40) {
      await nextTurn();
      lastPause = performance.now();
    }
    signal?.throwIfAborted();
    multiplicities.push(multiplicity);
    orders.push(order);
    if (orders.length >= most) await inBatches(compute, oneByOne);
  }
  if (orders.length > 0) await inBatches(compute, oneByOne);
  const rounding = 2 ** -23 * (await sizeOf(loss, pool, signal)) * (8 + 2 * Math.sqrt(pool.count));
  return {
    values: Float64Array.from(values),
    multiplicities: Float64Array.from(multiplicities),
    rounding: Math.max(rounding, BATCH_SPREAD * spread),
  };
}

/** A loss may be of a kind that takes no batches, as one over cells. */
async function inBatches(compute: () => Promise<void>, oneByOne: () => Promise<void>): Promise<void> {
  try {
    await compute();
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    await oneByOne();
  }
}

function checkValue(value: number, which: string): void {
  if (typeof value === 'number' && !Number.isNaN(value)) return;
  throw new InvalidOptionError(
    `the statistic gave ${value} for ${which}: it has to be a number for any division of the points`,
  );
}

/** What values may differ by and be equal, over the largest: float32 sums that mostly cancel have some five digits left. */
const FUNCTION_ROUNDING = 1e-5;

function judge({ values, multiplicities, rounding }: Found, exact: boolean): PermutationResult {
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

/**
 * About what a loss adds up, of which little may be left in its value: its value for all mass in two opposite corners of the
 * box around the points. Sums of float32 are assumed, so that all backends find the same ties.
 */
async function sizeOf(loss: Loss, pool: Pool, signal: StopSignal | undefined): Promise<number> {
  const { points, dimension, massX, massY } = pool;
  const low = points.slice(0, dimension);
  const high = points.slice(0, dimension);
  points.forEach((value, index) => {
    const c = index % dimension;
    low[c] = Math.min(low[c], value);
    high[c] = Math.max(high[c], value);
  });
  const x = { points: low, dimension, weights: [massX] };
  const y = { points: high, dimension, weights: [massY] };
  const size = Math.abs(await loss.value(x, y, { signal }));
  return Number.isFinite(size) ? size : 0;
}

const observedOrder = ({ count }: Pool) => Uint32Array.from({ length: count }, (_, index) => index);

function checkOptions(options: PermutationOptions) {
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

function single(name: string, measure: Measure): CheckedMeasure {
  const checked = checkMeasure(name, measure);
  if (!checked.batched) return checked;
  throw new InvalidMeasureError(`${name} is a batch: test its elements one by one, each as { points, dimension }`);
}

/** Each point comes with its weight, a count where they are counts, and a loss of shares sees sides of mass 1. */
function poolOf({ x, y }: MeasurePair, weighted: boolean, normalize: boolean): Pool {
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

/** Lets timers, clicks and interrupts be heard: a backend that never waits would keep them waiting. */
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
