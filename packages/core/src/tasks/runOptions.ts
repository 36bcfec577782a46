import type { StopSignal } from './stopSignal.js';
import type { Progress } from './task.js';

/** How a caller follows and stops a computation. */
export interface RunOptions {
  /** Stops the computation, before its next dispatch or while it waits for numbers; the promise rejects with the signal's reason. */
  readonly signal?: StopSignal;
  readonly onProgress?: (progress: Progress) => void;
}
