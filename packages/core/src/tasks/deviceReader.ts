import type { StopSignal } from './stopSignal.js';

/** Numbers as a backend gives them back, in its own precision. */
export type Values = Float32Array | Float64Array;

/** An array that lives on a backend's device: [N, size], or [B, N, size] for a batch. Only its backend can look inside. */
export interface DeviceArray {
  readonly shape: readonly number[];
}

/** The part of a backend that a task waits for: it gives the numbers of arrays back. */
export interface DeviceReader {
  readonly name: string;
  /**
   * The numbers of an array, row by row; the only call that waits. Where it makes sense, a backend ends a read whose signal
   * is aborted, with the signal's reason, and drops the work that nobody waits for then.
   */
  read(array: DeviceArray, signal?: StopSignal): Promise<Values>;
  /**
   * The numbers of several arrays, each as `read` gives it, with one wait for all of them. Where it is absent they are read side
   * by side.
   */
  readAll?(arrays: readonly DeviceArray[], signal?: StopSignal): Promise<readonly Values[]>;
  /** As `read` without waiting, where the platform can. */
  readSync?(array: DeviceArray): Values;
  /**
   * Waits until little is left of what was dispatched, so that progress is told as it is made. Absent where reductions are done
   * when `reduce` returns.
   */
  drain?(): Promise<void>;
}
