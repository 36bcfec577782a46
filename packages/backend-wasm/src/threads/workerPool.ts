import { DeviceLostError } from '@sinkhorn/core';
import * as layout from './job.js';
import type { JobQueue } from './jobQueue.js';
import type { Job } from './poolJob.js';
import type { SharingWorker, StartWorker } from './worker.js';

/** The workers of a backend. Waiting for them ends with a DeviceLostError when one has ended. */
export interface WorkerPool extends JobQueue {
  readonly threads: number;
  /** Throws a DeviceLostError when a worker has ended. */
  check(): void;
}

/**
 * While the host sleeps it does not notice workers that end. So one that finishes no task for this long, many times
 * what a task takes, has ended unseen.
 */
const SLICE_MILLISECONDS = 100;
const SLICES_WITHOUT_PROGRESS = 50;

/** Whether this thread may sleep; the main thread of a page may not. */
function canSleep(words: Int32Array): boolean {
  try {
    Atomics.wait(words, layout.POSTED, -1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Writes a job's words, without making it known. */
export function writeJob(words: Int32Array, at: number, job: Job): void {
  words[at + layout.CLAIMED] = 0;
  words[at + layout.DONE] = 0;
  words[at + layout.TASKS] = job.elements * job.tasksPerElement;
  words[at + layout.TASKS_PER_ELEMENT] = job.tasksPerElement;
  words[at + layout.KERNEL] = job.kernel;
  words[at + layout.MODULE_ADDRESS] = job.module.address;
  words[at + layout.MODULE_BYTES] = job.module.bytes;
  words[at + layout.ARGUMENTS] = job.arguments;
  words[at + layout.TASK_TABLE] = job.taskTable;
  words[at + layout.ROWS] = job.rows;
  words[at + layout.ROWS_PER_TASK] = job.rowsPerTask;
  words[at + layout.SCRATCH] = job.scratch;
  words[at + layout.SCRATCH_STRIDE] = job.scratchStride;
}

/**
 * Starts workers on a shared memory.
 *
 * @throws what the first worker that does not start says.
 */
export async function startWorkerPool(
  threads: number,
  memory: WebAssembly.Memory,
  start: StartWorker,
): Promise<WorkerPool> {
  const words = new Int32Array(memory.buffer, 0, layout.RESERVED_BYTES / 4);
  const waiting: { readonly job: number; readonly resolve: () => void; readonly reject: (error: unknown) => void }[] =
    [];
  let posted = 0;
  let lost: DeviceLostError | undefined;
  const workers: SharingWorker[] = [];

  const end = (error: DeviceLostError) => {
    lost ??= error;
    for (const worker of workers.splice(0)) worker.terminate();
    for (const { reject } of waiting.splice(0)) reject(lost);
  };
  const done = () => Atomics.load(words, layout.COMPLETED);
  /** Answers those who wait, and asks to be told of the next job that is waited for. */
  const settle = () => {
    for (;;) {
      const completed = done();
      for (let index = waiting.length - 1; index >= 0; index--) {
        if (waiting[index].job <= completed) waiting.splice(index, 1)[0].resolve();
      }
      const next = waiting.reduce((least, { job }) => Math.min(least, job), Number.POSITIVE_INFINITY);
      Atomics.store(words, layout.AWAITED, waiting.length > 0 ? next : 0);
      // A job may have been done after it was looked at and before it was asked for.
      if (waiting.length === 0 || done() < next) break;
    }
    if (waiting.length === 0) for (const worker of workers) worker.letGo();
  };
  const listener = {
    done: settle,
    failed: (reason: string) => end(new DeviceLostError(`${reason}: make a new backend with wasm()`)),
  };
  const starting = Array.from({ length: threads }, (_, thread) => start(thread, memory, listener));
  const started = await Promise.allSettled(starting);
  for (const result of started) if (result.status === 'fulfilled') workers.push(result.value);
  for (const result of started) {
    if (result.status === 'fulfilled') continue;
    for (const worker of workers.splice(0)) worker.terminate();
    throw result.reason;
  }
  const sleeps = canSleep(words);

  /** Sleeps or looks around until a job is done or some time has passed. */
  const waitSlice = (job: number) => {
    const seen = done();
    if (seen >= job) return;
    if (sleeps) {
      Atomics.wait(words, layout.COMPLETED, seen, SLICE_MILLISECONDS);
      return;
    }
    const until = performance.now() + SLICE_MILLISECONDS;
    while (done() < job && performance.now() < until);
  };
  const waitSync = (job: number) => {
    let progress = -1;
    for (let slices = 0; done() < job; slices++) {
      if (lost) throw lost;
      waitSlice(job);
      const current = done();
      const tasks = Atomics.load(words, layout.jobAt(current + 1) + layout.DONE);
      if (current + tasks !== progress) slices = 0;
      progress = current + tasks;
      if (slices >= SLICES_WITHOUT_PROGRESS) {
        end(new DeviceLostError('a worker has stopped answering: make a new backend with wasm()'));
      }
    }
  };
  /** Whether some worker may still look at the job whose place a new one would take. */
  const isTaken = (number: number) =>
    Array.from({ length: threads }, (_, thread) => Atomics.load(words, layout.POSITIONS + thread)).some(
      (position) => position < number - layout.JOBS,
    );

  return {
    threads,
    post(job) {
      if (lost) throw lost;
      const number = posted + 1;
      if (number > layout.JOBS) {
        waitSync(number - layout.JOBS);
        while (isTaken(number)) if (lost) throw lost;
      }
      writeJob(words, layout.jobAt(number), job);
      posted = number;
      Atomics.store(words, layout.POSTED, number);
      Atomics.notify(words, layout.POSTED);
    },
    get posted() {
      return posted;
    },
    get done() {
      return done();
    },
    check() {
      if (lost) throw lost;
    },
    wait(job) {
      if (lost) return Promise.reject(lost);
      if (done() >= job) return Promise.resolve();
      return new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject });
        for (const worker of workers) worker.hold();
        settle();
      });
    },
    waitSync(job) {
      if (lost) throw lost;
      waitSync(job);
    },
    dispose: () => end(new DeviceLostError('this wasm backend was disposed of: make a new one with wasm()')),
  };
}
