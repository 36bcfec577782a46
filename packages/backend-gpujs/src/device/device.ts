import type { StopSignal } from '@sinkhorn/core';
import type { KernelSource } from '../kernel/kernelSource.js';

/** The modes of gpu.js that it runs in. */
export type GpujsMode = 'webgl2' | 'webgl' | 'headlessgl' | 'cpu';

/** A texture, or what represents one. */
export interface Content {
  readonly bytes: number;
}

/** A kernel, ready to run on textures and numbers; what it writes is the caller's to free. */
export type RunKernel = (
  textures: readonly Content[],
  numbers: Readonly<Record<string, number>>,
  width: number,
  height: number,
) => Content;

/** gpu.js in one of its modes. */
export interface Device {
  readonly mode: GpujsMode;
  /** What runs the kernels, in its own words. */
  readonly description: string;
  readonly software: boolean;
  readonly maxTextureSize: number;
  readonly mostTexels: number;
  readonly widestLine: number;
  /** Textures that a kernel may read. */
  readonly mostTextures: number;
  /** Operations of a run: tenths of a second at most on the slowest device, so that pages stay responsive and no watchdog ends it. */
  readonly operationsOfRun: number;
  /** Throws what keeps the device from working. */
  check(): void;
  upload(texels: Float32Array, width: number, height: number): Content;
  compile(source: KernelSource): RunKernel;
  /** Notes work that a kernel is about to be run for, in operations: little of it is waited for at once when results are read. */
  queue(operations: number): void;
  read(content: Content, signal?: StopSignal): Promise<Float32Array>;
  readSync(content: Content): Float32Array;
  free(content: Content): void;
  dispose(): void;
}
