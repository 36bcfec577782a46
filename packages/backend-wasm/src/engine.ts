import type { Kernel } from './kernel/kernel.js';
import { type Heap, heap as makeHeap } from './memory/heap.js';
import { OWN_JOB, RESERVED_BYTES, runTask } from './threads/job.js';
import { type Job, type WorkerPool, writeJob } from './threads/workerPool.js';

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
  extends Pick<Job, 'arguments' | 'elements' | 'tasksPerElement' | 'taskTable' | 'rows' | 'rowsPerTask'> {
  readonly kernel: CompiledKernel;
  /** About how many operations it takes. */
  readonly operations: number;
}

/** Memory, and what runs kernels on it: workers, or this thread where there are none or too little to do. */
export interface Engine {
  readonly memory: WebAssembly.Memory;
  readonly heap: Heap;
  readonly workers: WorkerPool | undefined;
  compile(kernel: Kernel): CompiledKernel;
  run(pass: Pass): void;
  /** Number of the last pass that was left to workers, and of the last that they are through with. */
  readonly posted: number;
  readonly done: number;
}

/** Less than this is done before workers are awake. */
const OPERATIONS_WORTH_SHARING = 1e6;

export function engine(memory: WebAssembly.Memory, workers: WorkerPool | undefined): Engine {
  const heap = makeHeap(memory, RESERVED_BYTES);
  let kernels = 0;
  let scratch = { address: 0, bytes: 0 };
  let words = new Int32Array(memory.buffer);
  const threads = workers?.threads ?? 1;
  const posted = () => workers?.posted ?? 0;
  const done = () => workers?.done ?? 0;

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
      const job = { ...pass, kernel: kernel.id, module: kernel.place, ...scratchOf(kernel.scratchBytes) };
      if (workers && (operations > OPERATIONS_WORTH_SHARING || workers.done < workers.posted)) {
        workers.post(job);
        return;
      }
      if (words.buffer !== memory.buffer) words = new Int32Array(memory.buffer);
      writeJob(words, OWN_JOB, job);
      for (let task = 0; task < tasks; task++) runTask(kernel.run, words, OWN_JOB, task, 0);
    },
  };
}
