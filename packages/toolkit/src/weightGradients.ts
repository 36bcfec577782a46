import { type Measure, type MeasurePair, runAsync } from '@sinkhorn/core';
import type { Diagnostics, Loss, StopSignal } from '@sinkhorn/losses';
import { kernelField } from './kernelSplits.js';
import { checkedPool, observedOrder } from './permutationTest.js';

/** The gradients of a loss in the weights of both samples, which need no pass over coordinates where it is a kernel norm. */
export interface WeightGradients {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** About by how much they may be off, relative, where that is known. */
  readonly error?: number;
  readonly diagnostics: Diagnostics;
}

/** @throws What the loss throws for these samples. */
export async function weightGradients(
  loss: Loss,
  given: { readonly x: Measure; readonly y: Measure },
  pair: MeasurePair,
  signal?: StopSignal,
): Promise<WeightGradients> {
  const norm = loss.kernelNorm;
  if (!norm) {
    const { x, y, diagnostics } = await loss.valueAndGradients(given.x, given.y, { wrt: 'both', signal });
    return { x: x.weights, y: y.weights, error: diagnostics.weightsError, diagnostics };
  }
  // In many dimensions the gradient in the points, which nobody asks for, takes most of the time of a test.
  const { diagnostics } = await loss.solve(given.x, given.y, { signal });
  const pool = await runAsync(checkedPool(given.x, given.y, norm), { signal });
  const { values, errors } = await runAsync(kernelField(norm, pool, observedOrder(pool)), { signal });
  // What goes into a normalised loss are weights, which count by their share.
  const [perX, perY] = norm.normalize ? [1 / pair.x.masses[0], 1 / pair.y.masses[0]] : [1, 1];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const size = lengthOf(values.map((value) => value - mean));
  return {
    x: values.subarray(0, pool.countX).map((value) => perX * value),
    y: values.subarray(pool.countX).map((value) => -perY * value),
    error: size > 0 ? lengthOf(errors) / size : Number.POSITIVE_INFINITY,
    diagnostics,
  };
}

/** The Euclidean norm; of too many numbers to be arguments. */
const lengthOf = (numbers: Float64Array): number =>
  Math.sqrt(numbers.reduce((sum, number) => sum + number * number, 0));
