/** What of gpu.js is used, so that its own types are not needed where it is not installed. */
export interface Gpu {
  readonly mode?: string;
  readonly context?: unknown;
  createKernel(source: string, settings?: object): unknown;
  destroy(): Promise<void>;
}

export interface GpuConstructor {
  new (settings: object): Gpu;
}

/** A kernel of gpu.js. */
export interface GpuKernel {
  (...values: readonly unknown[]): unknown;
  setOutput(size: readonly number[]): unknown;
  destroy(): void;
  /** What runs: another one after gpu.js has fallen back to another mode. */
  readonly kernel: { readonly constructor: { readonly mode?: string }; readonly fallbackReason?: string };
}
