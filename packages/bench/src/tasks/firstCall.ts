import { type BackendChoice, onBackend, type ReadableBackend } from '../backends/onBackend.js';
import { kernelInput } from '../kernels/kernelInput.js';
import { kernelOn } from '../kernels/kernelOn.js';
import { type KernelName, kernels } from '../kernels/kernels.js';
import { timed } from '../measuring/timed.js';

export interface FirstCall {
  readonly kernel: KernelName;
  readonly dimension: number;
  readonly backend: BackendChoice;
}

/** In seconds. */
export interface FirstCallTime {
  /** From the factory's call to a backend. */
  readonly start: number;
  /** The first reduction of a formula over 8 points and 8. */
  readonly first: number;
  /** What the first one takes longer than the second: making the kernel. */
  readonly making: number;
  /** The same for another formula, once the code that makes kernels has run before. */
  readonly makingNext: number;
}

/** Times what a backend does once: starting, and making a kernel of a formula. */
export async function firstCall({ kernel, dimension, backend }: FirstCall): Promise<FirstCallTime> {
  const began = performance.now();
  return await onBackend(backend, (opened) => {
    const start = (performance.now() - began) / 1000;
    const { first, second } = twice(opened, kernel, dimension);
    const next = twice(opened, kernel, dimension + 1);
    return { start, first, making: first - second, makingNext: next.first - next.second };
  });
}

function twice(backend: ReadableBackend, kernel: KernelName, dimension: number): { first: number; second: number } {
  const run = kernelOn(backend, kernels[kernel], kernelInput(dimension, 8));
  return { first: timed(run).seconds, second: timed(run).seconds };
}
