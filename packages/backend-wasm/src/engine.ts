import type { Kernel } from './kernel/kernel.js';
import { type Heap, heap as makeHeap } from './memory/heap.js';
import { OWN_JOB, RESERVED_BYTES, runTask } from './threads/job.js';
import type { JobQueue, QueuedJob } from './threads/jobQueue.js';
import { ownThread } from './threads/ownThread.js';
import { type WorkerPool, writeJob } from './threads/workerPool.js';

type Run = (...numbers: number[]) => void;

/** A kernel that was compiled, under a number. */
export interface CompiledKernel extends Kernel {
  readonly id: number;
  readonly run: Run;
  /** Where its module stands in memory, for workers to compile it too. */
  readonly place: { readonly address: number; readonly bytes: number };
}

/** A pass of a kernel, as it is asked for. */
export interface Pass
  extends Pick<
    QueuedJob,
    'arguments' | 'elements' | 'tasksPerElement' | 'taskTable' | 'rows' | 'rowsPerTask' | 'reads' | 'writes'
  > {
  readonly kernel: CompiledKernel;
  /** About how many operations it takes. */
  readonly operations: number;
}

/** Memory, and what runs kernels on it: workers, or this thread where there are none or too little to do. */
export interface Engine {
  readonly memory: WebAssembly.Memory;
  readonly heap: Heap;
  readonly workers: WorkerPool | undefined;
  /** What waits for passes that were left for later. */
  readonly passes: JobQueue;
  compile(kernel: Kernel): CompiledKernel;
  run(pass: Pass): void;
  /** Number of the last pass that was left for later, and of the last that is done. */
  readonly posted: number;
  readonly done: number;
}

/** Less than this is done before workers are awake, or it is worth leaving it for later. */
const OPERATIONS_AT_ONCE = 1e6;
/**
 * Memory that passes left for later may keep from being used again, where this thread is to do them: half of them are done at once then.
 * Raising it takes more memory; lowering it keeps other work waiting more often. Chosen, not measured.
 */
const BYTES_HELD_BACK = 2 ** 28;

export function engine(memory: WebAssembly.Memory, workers: WorkerPool | undefined): Engine {
  const heap = makeHeap(memory, RESERVED_BYTES);
  let kernels = 0;
  let scratch = { address: 0, bytes: 0 };
  let words = new Int32Array(memory.buffer);
  const threads = workers?.threads ?? 1;
  const passes = workers ?? ownThread(memory, heap.inUse);
  const posted = () => passes.posted;
  const done = () => passes.done;

  /** Scratch memory for each thread. */
  const scratchOf = (bytes: number): { readonly scratch: number; readonly scratchStride: number } => {
    const needed = Math.ceil(bytes / 64) * 64 * threads;
    if (needed > scratch.bytes) {
      if (scratch.bytes > 0) heap.free(scratch.address, scratch.bytes, posted());
      scratch = { address: heap.allocate(needed, posted()), bytes: needed };
    }
    return { scratch: scratch.address, scratchStride: needed / threads };
  };

  return {
    memory,
    heap,
    workers,
    passes,
    get posted() {
      return posted();
    },
    get done() {
      return done();
    },
    compile(kernel) {
      const module = new WebAssembly.Module(kernel.module as BufferSource);
      const { exports } = new WebAssembly.Instance(module, { env: { memory } });
      const bytes = kernel.module.length;
      const place = { address: 0, bytes };
      if (workers) {
        place.address = heap.allocate(bytes, done());
        new Uint8Array(memory.buffer, place.address, bytes).set(kernel.module);
      }
      kernels += 1;
      return { ...kernel, id: kernels, run: exports.run as Run, place };
    },
    run({ kernel, operations, ...pass }) {
      const tasks = pass.elements * pass.tasksPerElement;
      if (tasks === 0) return;
      const job = {
        ...pass,
        run: kernel.run,
        kernel: kernel.id,
        module: kernel.place,
        ...scratchOf(kernel.scratchBytes),
      };
      if (operations > OPERATIONS_AT_ONCE || passes.done < passes.posted) {
        passes.post(job);
        if (!workers && heap.heldBack(done()) > BYTES_HELD_BACK) passes.waitSync(Math.ceil((done() + posted()) / 2));
        return;
      }
      if (words.buffer !== memory.buffer) words = new Int32Array(memory.buffer);
      writeJob(words, OWN_JOB, job);
      for (let task = 0; task < tasks; task++) runTask(kernel.run, words, OWN_JOB, task, 0);
    },
  };
}
