/**
 * Where the host and its workers meet in shared memory: words of 32 bits, by index from the memory's beginning.
 *
 * Plain JavaScript, since workers run it as it stands.
 */

/** Number of the last job that was posted. */
export const POSTED = 16;
/** Number of the last job that is done; jobs are done in order. */
export const COMPLETED = 17;
/** The host wants a message when this job is done; 0 when it does not. */
export const AWAITED = 18;
/** For each worker, from here on: the job it has come to. */
export const POSITIONS = 32;
/** How many workers there may be. */
export const MOST_WORKERS = 64;

/** Jobs stand in a ring: job number k in place k modulo JOBS. */
export const JOBS = 512;
const FIRST_JOB = 1024;
const JOB_WORDS = 16;

/** The first word of the job that the host runs itself, in a place that no worker ever looks at. */
export const OWN_JOB = FIRST_JOB + JOBS * JOB_WORDS;

/** Memory behind this address is free for other uses. */
export const RESERVED_BYTES = 4 * (OWN_JOB + JOB_WORDS);

/** Words of a job. */
export const CLAIMED = 0;
export const DONE = 1;
export const TASKS = 2;
export const TASKS_PER_ELEMENT = 3;
export const KERNEL = 4;
export const MODULE_ADDRESS = 5;
export const MODULE_BYTES = 6;
export const ARGUMENTS = 7;
/** Address of four words a task (first row, end of rows, first and end of its block list), or 0: rows are cut evenly. */
export const TASK_TABLE = 8;
export const ROWS = 9;
export const ROWS_PER_TASK = 10;
export const SCRATCH = 11;
/** Bytes between the scratch memories of two threads. */
export const SCRATCH_STRIDE = 12;

/**
 * The first word of a job.
 * @param {number} number
 */
export const jobAt = (number) => FIRST_JOB + (number % JOBS) * JOB_WORDS;

/**
 * Runs one task of a job.
 * @param {(...numbers: number[]) => void} kernel
 * @param {Int32Array} words the whole memory, as far as the job's table reaches
 * @param {number} job its first word
 * @param {number} task
 * @param {number} thread
 */
export function runTask(kernel, words, job, task, thread) {
  const element = Math.floor(task / words[job + TASKS_PER_ELEMENT]);
  const index = task % words[job + TASKS_PER_ELEMENT];
  const scratch = (words[job + SCRATCH] >>> 0) + thread * words[job + SCRATCH_STRIDE];
  const table = words[job + TASK_TABLE] >>> 2;
  if (table > 0) {
    const entry = table + 4 * index;
    kernel(
      words[job + ARGUMENTS],
      element,
      words[entry],
      words[entry + 1],
      words[entry + 2],
      words[entry + 3],
      scratch,
    );
    return;
  }
  const start = index * words[job + ROWS_PER_TASK];
  const end = Math.min(start + words[job + ROWS_PER_TASK], words[job + ROWS]);
  kernel(words[job + ARGUMENTS], element, start, end, 0, 1, scratch);
}
