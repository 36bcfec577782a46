import type { Backend } from '@sinkhorn/core';
import type { ReadableBackend } from '../backends/onBackend.js';
import type { Kernel, KernelArrays } from './kernel.js';
import type { KernelInput } from './kernelInput.js';

/** The same as `kernelOn` where results cannot be read without waiting. */
export function kernelLater(backend: Backend, kernel: Kernel, input: KernelInput): () => Promise<ArrayLike<number>> {
  const reduction = kernel.reduction(upload(backend, input), input);
  return async () => {
    const results = backend.reduce(reduction);
    const values = await backend.read(results[0]);
    for (const result of results) backend.release(result);
    return values;
  };
}

/** Uploads an input, and gives what computes the kernel on it and reads the first result. */
export function kernelOn(backend: ReadableBackend, kernel: Kernel, input: KernelInput): () => ArrayLike<number> {
  const reduction = kernel.reduction(upload(backend, input), input);
  return () => {
    const results = backend.reduce(reduction);
    const values = backend.readSync(results[0]);
    for (const result of results) backend.release(result);
    return values;
  };
}

/** An input's arrays on a backend. */
export function upload(
  backend: Backend,
  { x, y, dimension, weights, logWeights, potential, guess }: KernelInput,
): KernelArrays {
  const rows = x.length / dimension;
  const columns = y.length / dimension;
  return {
    x: backend.array(x, [rows, dimension]),
    y: backend.array(y, [columns, dimension]),
    weightX: backend.array(weights.subarray(0, rows), [rows, 1]),
    weightY: backend.array(weights, [columns, 1]),
    logWeightY: backend.array(logWeights, [columns, 1]),
    potentialY: backend.array(potential, [columns, 1]),
    guessX: backend.array(guess, [rows, 1]),
  };
}
