import type { DeviceArray, DeviceReader, Values } from './deviceReader.js';

/** Where a computation stands, as told to `onProgress`. What does not apply, or is not known, is absent. */
export interface Progress {
  /**
   * What is being done: 'preparing' clouds for the device, 'sorting' points, 'annealing' to lower and lower temperatures,
   * 'converging' at the last one, 'debiasing', 'finding pairs' that count, the 'final update' of potentials, 'gradients', 'kernel
   * sums', 'estimating' errors, 'potentials' elsewhere, a pass over a 'plan'. Stages may come again, and there may be others.
   */
  readonly stage: string;
  /** Which iteration this is, from 1, in stages that iterate: while annealing to a tolerance, at the temperature in use. */
  readonly iteration?: number;
  /** The temperature in use: blur^p at last. */
  readonly epsilon?: number;
  /** The L1 marginal error, where it is known. */
  readonly marginalError?: number;
  /** How much of the stage is done, from 0 to 1, where it is known beforehand how much there is to do. */
  readonly share?: number;
}

/** What a task asks of whoever drives it: the numbers of an array, code that is not there yet, to tell how far it is, or nothing. */
export type TaskRequest =
  | { readonly type: 'load'; readonly start: () => Promise<void> }
  | { readonly type: 'read'; readonly backend: DeviceReader; readonly arrays: readonly DeviceArray[] }
  | { readonly type: 'pause' }
  | { readonly type: 'progress'; readonly progress: Progress; readonly backend?: DeviceReader };

/**
 * A computation that dispatches work by itself and yields whenever it needs numbers back or can be interrupted, so
 * that one implementation serves synchronous and asynchronous callers.
 */
export type Task<Result> = Generator<TaskRequest, Result, readonly Values[] | undefined>;

/**
 * The numbers of an array, from within a task.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { runAsync } from '@sinkhorn/core';
 * import { read } from '@sinkhorn/core/extend';
 *
 * const backend = cpu();
 * const numbers = await runAsync(read(backend, backend.array([1, 2], [2, 1])));
 * if (numbers[1] !== 2) throw new Error('unexpected');
 * ```
 */
export function* read(backend: DeviceReader, array: DeviceArray): Task<Values> {
  const [values] = yield* readAll(backend, [array]);
  return values;
}

/**
 * The numbers of several arrays, waited for once: each wait takes a device as long as many small reductions do.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { runAsync } from '@sinkhorn/core';
 * import { readAll } from '@sinkhorn/core/extend';
 *
 * const backend = cpu();
 * const [one, two] = await runAsync(readAll(backend, [backend.array([1], [1, 1]), backend.array([2], [1, 1])]));
 * if (one[0] + two[0] !== 3) throw new Error('unexpected');
 * ```
 */
export function* readAll(backend: DeviceReader, arrays: readonly DeviceArray[]): Task<readonly Values[]> {
  const values = yield { type: 'read', backend, arrays };
  if (values?.length !== arrays.length) throw new TypeError('the driver of a task answered a read without numbers');
  return values;
}

/**
 * The numbers of an array times a factor, in float64.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 * import { runAsync } from '@sinkhorn/core';
 * import { readScaled } from '@sinkhorn/core/extend';
 *
 * const backend = cpu();
 * const numbers = await runAsync(readScaled(backend, backend.array([1, 2], [2, 1]), 10));
 * if (numbers[1] !== 20) throw new Error('unexpected');
 * ```
 */
export function* readScaled(backend: DeviceReader, array: DeviceArray, factor: number): Task<Float64Array> {
  const values = yield* read(backend, array);
  const scaled = new Float64Array(values);
  for (let index = 0; index < scaled.length; index++) scaled[index] *= factor;
  return scaled;
}

/** Code that is loaded when it is first asked for. */
export interface Lazy<Module> {
  /** Gives nothing where a task is run without waiting and the code is not there yet. */
  (): Task<Module | undefined>;
  /** Hands over code that somebody has loaded already. */
  provide(module: Module): void;
}

/** Code that few need, loaded when it is first asked for. */
export function lazily<Module>(load: () => Promise<Module>): Lazy<Module> {
  let module: Module | undefined;
  const provide = (loaded: Module) => {
    module = loaded;
  };
  const start = async () => provide(await load());
  return Object.assign(
    function* (): Task<Module | undefined> {
      if (!module) yield { type: 'load', start };
      return module;
    },
    { provide },
  );
}

/**
 * A point where a task can be stopped, and other work has its turn, without anything to tell: for what takes the host long.
 *
 * @example
 * ```ts
 * import { runAsync } from '@sinkhorn/core';
 * import { pause, type Task } from '@sinkhorn/core/extend';
 *
 * function* total(count: number): Task<number> {
 *   let sum = 0;
 *   for (let k = 1; k <= count; k++) {
 *     sum += k;
 *     if (k % 65_536 === 0) yield* pause();
 *   }
 *   return sum;
 * }
 * if ((await runAsync(total(100_000))) !== 5_000_050_000) throw new Error('unexpected');
 * ```
 */
export function* pause(): Task<void> {
  yield { type: 'pause' };
}

/**
 * Tells where the task stands, and pauses. A backend is given where work is dispatched without a read in between.
 *
 * @example
 * ```ts
 * import { runAsync } from '@sinkhorn/core';
 * import { report, type Task } from '@sinkhorn/core/extend';
 *
 * function* rounds(): Task<void> {
 *   for (let iteration = 1; iteration <= 3; iteration++) yield* report({ stage: 'rounds', iteration });
 * }
 * const seen: unknown[] = [];
 * await runAsync(rounds(), { onProgress: ({ iteration }) => seen.push(iteration) });
 * if (seen.join() !== '1,2,3') throw new Error('unexpected');
 * ```
 */
export function* report(progress: Progress, backend?: DeviceReader): Task<void> {
  yield { type: 'progress', progress, backend };
}
