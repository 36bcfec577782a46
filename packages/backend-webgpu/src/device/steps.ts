import type { CompiledKernel } from './pipelines.js';

/** A part of a buffer, in bytes; without a size, all from the offset on. */
export interface BufferRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size?: number;
}

/** A run of a kernel. */
export interface RunStep {
  readonly type: 'run';
  readonly kernel: CompiledKernel;
  /** What it binds after its uniforms. */
  readonly ranges: readonly BufferRange[];
  readonly uniforms: Uint32Array;
  readonly groups: readonly [number, number, number];
  /** About how many operations it takes. */
  readonly operations: number;
}

export interface CopyStep {
  readonly type: 'copy';
  readonly from: BufferRange;
  readonly to: GPUBuffer;
  readonly toOffset: number;
  readonly bytes: number;
}

/** Something that the host does when all that comes before has been submitted. */
export interface HostStep {
  readonly type: 'host';
  act(): void;
}

export type Step = RunStep | CopyStep | HostStep;

/** Steps that belong together, in order; they are asked for when the device can take them. */
export interface Work {
  readonly kernels: readonly CompiledKernel[];
  /** What it reads and writes, by identity; without `wanted`, it is dropped once nobody can see what it writes. */
  readonly reads: readonly object[];
  readonly writes: readonly object[];
  readonly wanted: boolean;
  /** @param room gives the operations that there is room for in the submission at hand */
  steps(room: () => number): Iterator<Step, void>;
  /** Told when it will not be done. */
  refuse?(error: unknown): void;
}
