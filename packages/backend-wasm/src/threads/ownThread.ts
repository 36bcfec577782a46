import { OWN_JOB, runTask } from './job.js';
import type { JobQueue, QueuedJob } from './jobQueue.js';
import { writeJob } from './workerPool.js';

/** Milliseconds between two turns for other work. Raising it makes pages stutter, and an abort wait longer. */
const MILLISECONDS_AT_ONCE = 40;

const macrotask = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/**
 * The jobs of a backend without workers: done when they are waited for, with a turn for everything else now and then. Those are left out of which
 * nobody can see what they write: what was given up costs nothing any more. `inUse` gives the addresses of the arrays that somebody holds.
 */
export function ownThread(memory: WebAssembly.Memory, inUse: () => Iterable<number>): JobQueue {
  /** Jobs that are left, by number; those that nobody needs are gone. */
  const left = new Map<number, QueuedJob>();
  let words = new Int32Array(memory.buffer);
  let posted = 0;
  let done = 0;
  /** Tasks that are done of the job after `done`. */
  let tasks = 0;

  /** Does the jobs up to one, as long as `goOn` says so after each task; gives whether they are done. */
  const work = (last: number, goOn: () => boolean): boolean => {
    for (; done < last; done++, tasks = 0) {
      const job = left.get(done + 1);
      if (!job) continue;
      while (tasks < job.elements * job.tasksPerElement) {
        if (words.buffer !== memory.buffer) words = new Int32Array(memory.buffer);
        // Another one may have stood there since this job's last task.
        writeJob(words, OWN_JOB, job);
        runTask(job.run, words, OWN_JOB, tasks, 0);
        tasks++;
        if (!goOn()) return false;
      }
      left.delete(done + 1);
    }
    return true;
  };

  /** Leaves out the jobs whose results nobody holds and no other job reads, from the last one back. */
  const leaveOut = () => {
    const wanted = new Set(inUse());
    for (const [number, { reads, writes }] of [...left].reverse()) {
      // What stood at an address before it was written is another array.
      const isWanted = writes.filter((address) => wanted.delete(address)).length > 0;
      if (isWanted) for (const address of reads) wanted.add(address);
      else if (number > done + 1 || tasks === 0) left.delete(number);
    }
  };

  return {
    post(job) {
      posted += 1;
      left.set(posted, job);
    },
    get posted() {
      return posted;
    },
    get done() {
      return done;
    },
    async wait(job, signal) {
      signal?.throwIfAborted();
      leaveOut();
      let began = performance.now();
      while (!work(Math.min(job, posted), () => performance.now() - began < MILLISECONDS_AT_ONCE)) {
        await macrotask();
        signal?.throwIfAborted();
        began = performance.now();
      }
    },
    waitSync(job) {
      leaveOut();
      work(job, () => true);
    },
    dispose() {
      done = posted;
      left.clear();
    },
  };
}
