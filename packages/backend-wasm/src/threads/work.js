import {
  AWAITED,
  CLAIMED,
  COMPLETED,
  DONE,
  jobAt,
  KERNEL,
  MODULE_ADDRESS,
  MODULE_BYTES,
  POSITIONS,
  POSTED,
  runTask,
  TASKS,
} from './job.js';

/** How often a worker looks again before it goes to sleep: a few microseconds, since the next job is often near. */
const LOOKS_BEFORE_SLEEP = 3000;

/**
 * What a worker does for the rest of its life: it takes tasks of one job after the other, together with the other
 * workers, and sleeps while there is none.
 * @param {WebAssembly.Memory} memory
 * @param {number} thread which worker this is, from 0
 * @param {() => void} tell wakes the host, which waits for a job
 */
export function work(memory, thread, tell) {
  /** @type {Map<number, (...numbers: number[]) => void>} */
  const kernels = new Map();
  let words = new Int32Array(memory.buffer);

  /** @param {number} job */
  const kernelOf = (job) => {
    const id = words[job + KERNEL];
    let kernel = kernels.get(id);
    if (!kernel) {
      const bytes = new Uint8Array(memory.buffer, words[job + MODULE_ADDRESS] >>> 0, words[job + MODULE_BYTES]).slice();
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
      kernel = /** @type {(...numbers: number[]) => void} */ (exports.run);
      kernels.set(id, kernel);
    }
    return kernel;
  };

  /**
   * Waits until a word is no longer what it was.
   * @param {number} word
   * @param {number} value
   */
  const waitWhile = (word, value) => {
    for (let look = 0; look < LOOKS_BEFORE_SLEEP; look++) if (Atomics.load(words, word) !== value) return;
    Atomics.wait(words, word, value);
  };

  for (let number = 1; ; number++) {
    while (Atomics.load(words, POSTED) < number) waitWhile(POSTED, number - 1);
    // The words of a job stand below any growth, but its table of tasks may not.
    if (words.buffer !== memory.buffer) words = new Int32Array(memory.buffer);
    const job = jobAt(number);
    const total = words[job + TASKS];
    if (Atomics.load(words, job + CLAIMED) < total) {
      const kernel = kernelOf(job);
      for (let task = Atomics.add(words, job + CLAIMED, 1); task < total; task = Atomics.add(words, job + CLAIMED, 1)) {
        runTask(kernel, words, job, task, thread);
        if (Atomics.add(words, job + DONE, 1) + 1 < total) continue;
        Atomics.store(words, COMPLETED, number);
        Atomics.notify(words, COMPLETED);
        const awaited = Atomics.load(words, AWAITED);
        if (awaited !== 0 && awaited <= number) tell();
      }
    }
    // Not its tasks' count but what was said last is waited for: so a job is never said to be done after a later one.
    while (Atomics.load(words, COMPLETED) < number) waitWhile(COMPLETED, number - 1);
    Atomics.store(words, POSITIONS + thread, number);
  }
}
