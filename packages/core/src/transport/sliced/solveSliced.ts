import type { HostGradients } from '../../measure/hostGradients.js';
import { checkPair, type MeasurePair } from '../../measure/pair.js';
import type { Side } from '../../measure/side.js';
import { awaited } from '../../tasks/awaited.js';
import { report, type Task } from '../../tasks/task.js';
import { addSums, emptySums, gradientsFrom } from '../line/lineGradients.js';
import type { Directions } from './directions.js';
import { plainPair, type SliceThreads, type StartSliceThreads } from './sliceThreads.js';
import { standardError } from './standardError.js';
import { type SlicesSum, sumSlices } from './sumSlices.js';

/**
 * Gradients are summed over so many directions, and these sums added up: the order of additions, and so the bits, are the same wherever
 * the sums are made. Chosen, not measured.
 */
const DIRECTIONS_TOGETHER = 8;

export interface SlicedOptions {
  /** The exponent of the cost |x - y|^p / p, 1 or more. */
  readonly p: number;
}

/** The mean of transport along directions. */
export interface SlicedSolved {
  /** [B] */
  readonly values: Float64Array;
  /** [B]: of the values as means over the sphere. */
  readonly standardErrors: Float64Array;
  /** [B, L] */
  readonly perDirection: Float64Array;
  readonly massError: number;
  readonly largestCost: number;
  /** How many threads it took. */
  readonly threads: number;
  /** Those that were wanted. */
  readonly gradients: HostGradients;
  gradientsOf(sides: readonly Side[]): Task<HostGradients>;
}

/**
 * The sliced Wasserstein distance to the power p, over p: the mean over directions of exact transport between what is projected on them
 * (Bonneel, Rabin, Peyré and Pfister, "Sliced and Radon Wasserstein barycenters of measures", 2015).
 */
export function* solveSliced(
  pair: MeasurePair,
  { p }: SlicedOptions,
  directions: Directions,
  wrt: readonly Side[],
  startThreads?: StartSliceThreads,
): Task<SlicedSolved> {
  checkPair(pair);
  const { vectors, block } = directions;
  const { batch, dimension } = pair.x;
  const count = vectors.length / dimension;
  const all = yield* sumWith(wrt);
  const slices = (element: number) => all.values.subarray(element * count, (element + 1) * count);
  return {
    values: Float64Array.from({ length: batch }, (_, element) => slices(element).reduce((a, b) => a + b, 0) / count),
    standardErrors: Float64Array.from({ length: batch }, (_, element) =>
      dimension === 1 ? 0 : standardError(slices(element), block),
    ),
    perDirection: all.values,
    massError: all.massError,
    largestCost: all.largestCost,
    threads: all.threads,
    gradients: gradientsFrom(pair, all.gradients, 1 / count),
    *gradientsOf(sides) {
      return gradientsFrom(pair, (yield* sumWith(sides)).gradients, 1 / count);
    },
  };

  function* sumWith(sides: readonly Side[]): Task<SlicesSum & { readonly threads: number }> {
    const blocks = Array.from({ length: Math.ceil(count / DIRECTIONS_TOGETHER) }, (_, k) =>
      vectors.subarray(k * DIRECTIONS_TOGETHER * dimension, (k + 1) * DIRECTIONS_TOGETHER * dimension),
    );
    const values = new Float64Array(batch * count);
    const gradients = emptySums(pair, sides, dimension);
    let [massError, largestCost] = [0, 0];
    let threads: SliceThreads | undefined;
    let isOver = false;
    // Who gives up does not wait for threads to start: they end when they have.
    const started = async () => {
      const found = await startThreads?.({ pair: plainPair(pair), p, wrt: sides });
      if (isOver) found?.close();
      return found;
    };
    try {
      if (startThreads) threads = yield* awaited(started);
      const asked: Promise<SlicesSum | undefined>[] = [];
      for (const [k, some] of blocks.entries()) {
        const first = k * DIRECTIONS_TOGETHER;
        const tell = (l: number) => report({ stage: 'slices', share: (first + l) / count });
        let sum: SlicesSum | undefined;
        if (threads) {
          yield* tell(0);
          // Some more than there are threads, so that none waits for this one; each is as large as the gradients.
          while (asked.length < 2 * threads.count && k + asked.length < blocks.length) {
            asked.push(threads.sum(blocks[k + asked.length]));
          }
          sum = yield* awaited(() => asked.shift() ?? Promise.resolve(undefined));
        }
        // What a thread did not manage is tried here, where errors are told.
        sum ??= yield* sumSlices(pair, p, some, sides, tell);
        const length = some.length / dimension;
        for (let element = 0; element < batch; element++) {
          values.set(sum.values.subarray(element * length, (element + 1) * length), element * count + first);
        }
        massError = Math.max(massError, sum.massError);
        largestCost = Math.max(largestCost, sum.largestCost);
        yield* addSums(gradients, sum.gradients);
      }
      return { values, massError, largestCost, gradients, threads: threads?.count ?? 1 };
    } finally {
      isOver = true;
      threads?.close();
    }
  }
}
