import { UnsupportedError } from '../errors.js';
import { checkRunOptions } from './checkRunOptions.js';
import type { Values } from './deviceReader.js';
import type { RunOptions } from './runOptions.js';
import type { StopSignal } from './stopSignal.js';
import type { Task, TaskRequest } from './task.js';

/**
 * Milliseconds: a computation that never waits would keep timers, clicks and signals waiting, and yields to the event loop this often.
 * Raising it makes pages stutter: from 50 on browsers count a task as long.
 */
const MILLISECONDS_BETWEEN_PAUSES = 40;

const macrotask = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/**
 * Runs a task to its end, awaiting the reads it asks for and yielding to other work now and then.
 *
 * @throws What the task or a backend throws, and the signal's reason when it is aborted.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { read, runAsync, type Task } from '@sinkhorn/core';
 *
 * function* task(): Task<number> {
 *   const backend = cpu();
 *   const values = yield* read(backend, backend.array([1, 2, 3], [3, 1]));
 *   return values[2];
 * }
 * if ((await runAsync(task())) !== 3) throw new Error('unexpected');
 * ```
 */
export async function runAsync<Result>(task: Task<Result>, options: RunOptions = {}): Promise<Result> {
  const { signal, onProgress } = checkRunOptions(options);
  const abortion = abortionOf(signal);
  const yieldToEvents = eventYielder();
  try {
    signal?.throwIfAborted();
    let next = task.next();
    while (!next.done) {
      const numbers = await answerTo(next.value);
      // After reads too: those that are ready at once follow each other as microtasks, and nothing else has its turn.
      await yieldToEvents();
      signal?.throwIfAborted();
      next = task.next(numbers);
    }
    return next.value;
  } catch (error) {
    throw endTask(task, error);
  } finally {
    abortion.forget();
  }

  async function answerTo(request: TaskRequest) {
    if (request.type === 'read') {
      const { backend, arrays } = request;
      if (backend.readAll && arrays.length > 1) return abortion.orResult(backend.readAll(arrays, signal));
      return abortion.orResult(Promise.all(arrays.map((array) => backend.read(array, signal))));
    }
    if (request.type === 'load') {
      await abortion.orResult(request.start());
    } else if (request.type === 'progress' && onProgress) {
      if (request.backend?.drain) await abortion.orResult(request.backend.drain());
      onProgress(request.progress);
    }
    return undefined;
  }
}

/** Lets timers and events have their turn, where they have had none for a while. */
function eventYielder() {
  let lastPause = performance.now();
  return async () => {
    if (performance.now() - lastPause <= MILLISECONDS_BETWEEN_PAUSES) return;
    await macrotask();
    lastPause = performance.now();
  };
}

/** A signal as something to wait for beside a read: a device may be at work for long before it answers. */
function abortionOf(signal: StopSignal | undefined) {
  let reject: ((reason: unknown) => void) | undefined;
  const onAbort = () => reject?.(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  return {
    orResult<Result>(result: Promise<Result>): Promise<Result> {
      return new Promise((resolve, refuse) => {
        reject = refuse;
        result.then(resolve, refuse);
      });
    },
    forget: () => signal?.removeEventListener('abort', onAbort),
  };
}

/**
 * Runs a task to its end without waiting.
 *
 * @throws UnsupportedError where the backend can only be read asynchronously.
 */
export function runSync<Result>(task: Task<Result>, options: RunOptions = {}): Result {
  const { signal, onProgress } = checkRunOptions(options);
  try {
    signal?.throwIfAborted();
    let next = task.next();
    while (!next.done) {
      const request = next.value;
      let numbers: readonly Values[] | undefined;
      if (request.type === 'read') {
        const { backend, arrays } = request;
        const readSync = backend.readSync?.bind(backend);
        if (!readSync) {
          throw new UnsupportedError(
            `backend '${backend.name}' cannot be read synchronously here: use the methods that return a promise`,
          );
        }
        numbers = arrays.map((array) => readSync(array));
      } else if (request.type === 'progress') {
        onProgress?.(request.progress);
      }
      signal?.throwIfAborted();
      next = task.next(numbers);
    }
    return next.value;
  } catch (error) {
    throw endTask(task, error);
  }
}

/** Lets a task that will not go on free what it holds, and gives back why it ended. */
function endTask(task: Task<unknown>, error: unknown): unknown {
  try {
    task.throw(error);
  } catch {
    // The task has nothing to add: what ended it is thrown by the driver.
  }
  return error;
}
