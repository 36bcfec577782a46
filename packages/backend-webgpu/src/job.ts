import type { Reduction, ResolvedReduction } from '@sinkhorn/core';
import type { Bound, Scratch } from './binding.js';
import type { Cut, Range } from './cuts.js';
import type { BufferPool } from './device/bufferPool.js';
import type { CommandQueue } from './device/commandQueue.js';
import type { CompiledKernel } from './device/pipelines.js';
import type { Step } from './device/steps.js';
import type { Kernel } from './kernel/kernel.js';

/** What reductions run with. */
export interface Engine {
  readonly queue: CommandQueue;
  readonly pool: BufferPool;
  /** Storage buffers that a kernel may bind, how long each may be, and what its place is a multiple of, in bytes. */
  readonly mostBindings: number;
  readonly mostBytes: number;
  readonly bindingAlignment: number;
  /** The kernel of a key; it is generated and begins to be compiled when it is asked for first. */
  kernel(key: string, generate: () => Kernel): CompiledKernel;
}

/** A reduction about to be enqueued. */
export interface Job {
  readonly engine: Engine;
  readonly reduction: Reduction;
  readonly resolved: ResolvedReduction;
  readonly cuts: readonly Cut[];
  /** About how many operations a pair takes. */
  readonly perPair: number;
  /** Memory for the time until all that is enqueued now is done. */
  allocateScratch(bytes: number): GPUBuffer;
  bind(kernel: CompiledKernel, scratch: Scratch, cut: Cut, columns: Range): Bound;
}

/** How a job is done: kernels, and their runs, made when there is room for them. */
export interface Plan {
  readonly kernels: readonly CompiledKernel[];
  steps(room: () => number): Generator<Step, void>;
}

/** A softmax's own share of the operations of a pair. */
export const OPERATIONS_BESIDE_FORMULA = 10;
