import type { StopSignal } from '@sinkhorn/core';
import type { Job } from './poolJob.js';

/** A job, and what tells whether it is needed. */
export interface QueuedJob extends Job {
  readonly run: (...numbers: number[]) => void;
  /** The addresses of the arrays it reads and writes. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

/** Jobs that are left for later, done in the order in which they are posted: by workers, or by this thread. */
export interface JobQueue {
  post(job: QueuedJob): void;
  /** Number of the last job that was posted. */
  readonly posted: number;
  /** Number of the last job that is done. */
  readonly done: number;
  /** Resolves when a job is done. What does jobs in this thread ends when the signal is aborted, with its reason. */
  wait(job: number, signal?: StopSignal): Promise<void>;
  /** Returns when a job is done. */
  waitSync(job: number): void;
  dispose(): void;
}
