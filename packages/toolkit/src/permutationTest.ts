import type { StopSignal } from '@sinkhorn/losses';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A weighted sample: [count, dimension] coordinates and one weight for each point. */
export interface Sample {
  readonly points: Float64Array;
  readonly dimension: number;
  readonly weights?: Float64Array;
}

/** How a permutation test runs. */
export interface PermutationOptions {
  /** How many times the labels are shuffled. @defaultValue 999 */
  readonly permutations?: number;
  /** Seed of the shuffles: the same seed gives the same p-value. @defaultValue 0 */
  readonly seed?: number;
  /** Stops the test between two shuffles; the promise rejects with the signal's reason. */
  readonly signal?: StopSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a permutation test found. */
export interface PermutationResult {
  /** (1 + number of shuffles with a value of at least the observed one) / (1 + permutations). */
  readonly pValue: number;
  readonly observed: number;
  /** The value of each shuffle. */
  readonly permuted: Float64Array;
}

/**
 * Tests whether two samples come from one distribution, by shuffling which point belongs to which sample.
 *
 * If they do, the observed value is one of `permutations + 1` equally likely ones, and the p-value is exact at every
 * sample size: Phipson and Smyth, "Permutation p-values should never be zero", 2010. A point keeps its weight when it
 * changes sides, and the weights of each side are then scaled to the side's own total.
 *
 * @param statistic - the value of a loss on two samples, large when they differ.
 *
 * @example
 * ```ts
 * import { cpu, energyDistance, permutationTest } from 'sinkhorn';
 *
 * const loss = energyDistance({ backend: cpu() });
 * const x = { points: Float64Array.of(0, 1, 2, 3), dimension: 1 };
 * const y = { points: Float64Array.of(10, 11, 12, 13), dimension: 1 };
 * const { pValue } = await permutationTest((a, b) => loss.value(a, b), x, y, { permutations: 199 });
 * if (pValue > 0.1) throw new Error('these samples do differ');
 * ```
 */
export async function permutationTest(
  statistic: (x: Sample, y: Sample) => Promise<number>,
  x: Sample,
  y: Sample,
  { permutations = 999, seed = 0, signal, onProgress }: PermutationOptions = {},
): Promise<PermutationResult> {
  const observed = await statistic(x, y);
  const pool = pooled(x, y);
  const order = Uint32Array.from({ length: pool.count }, (_, i) => i);
  const generator = xoroshiro128plus(seed);
  const permuted = new Float64Array(permutations);
  let atLeast = 0;
  // Values that are equal up to rounding count as equal: a tie must not depend on the order of a sum.
  const threshold = observed - 1e-12 * Math.abs(observed);
  let lastPause = performance.now();
  for (let k = 0; k < permutations; k++) {
    if (performance.now() - lastPause > 40) {
      await nextTurn();
      lastPause = performance.now();
    }
    signal?.throwIfAborted();
    shuffle(order, generator);
    permuted[k] = await statistic(
      pool.pick(order.subarray(0, pool.countX), pool.massX),
      pool.pick(order.subarray(pool.countX), pool.massY),
    );
    if (permuted[k] >= threshold) atLeast++;
    onProgress?.(k + 1, permutations);
  }
  return { pValue: (1 + atLeast) / (1 + permutations), observed, permuted };
}

interface Pool {
  readonly count: number;
  readonly countX: number;
  readonly massX: number;
  readonly massY: number;
  /** The sample of these points, with weights that add up to `mass`. */
  pick(indices: Uint32Array, mass: number): Sample;
}

function pooled(x: Sample, y: Sample): Pool {
  const { dimension } = x;
  const countX = x.points.length / dimension;
  const count = countX + y.points.length / dimension;
  const points = concatenate(x.points, y.points);
  const isWeighted = x.weights !== undefined || y.weights !== undefined;
  const weights = isWeighted ? concatenate(weightsOf(x), weightsOf(y)) : undefined;
  return {
    count,
    countX,
    massX: sum(weightsOf(x)),
    massY: sum(weightsOf(y)),
    pick(indices, mass) {
      const picked = new Float64Array(indices.length * dimension);
      indices.forEach((from, to) => {
        picked.set(points.subarray(from * dimension, (from + 1) * dimension), to * dimension);
      });
      if (!weights) return { points: picked, dimension };
      const own = Float64Array.from(indices, (i) => weights[i]);
      const scale = mass / sum(own);
      return { points: picked, dimension, weights: own.map((weight) => weight * scale) };
    },
  };
}

/** Lets timers, clicks and interrupts be heard: a backend that never waits would keep them waiting. */
const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** Fisher and Yates. */
function shuffle(order: Uint32Array, generator: ReturnType<typeof xoroshiro128plus>): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = uniformInt(generator, 0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
}

function weightsOf(sample: Sample): Float64Array {
  const count = sample.points.length / sample.dimension;
  return sample.weights ?? new Float64Array(count).fill(1 / count);
}

function concatenate(first: Float64Array, second: Float64Array): Float64Array {
  const whole = new Float64Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
