import { cpu } from '@sinkhorn/backend-cpu';
import type { Backend, DeviceArray, Reduction } from '../../src/backend/backend.js';

/** What a backend was asked to reduce, with the numbers as they were then. */
export interface WatchedReduction {
  readonly reduction: Reduction;
  readonly rows: Readonly<Record<string, Float64Array>>;
  readonly columns: Readonly<Record<string, Float64Array>>;
  readonly results: readonly Float64Array[];
  /** The arrays that the results are in, released by now or not. */
  readonly arrays: readonly DeviceArray[];
}

/** The reference backend, and what can be seen from outside of a computation on it. */
export interface WatchedBackend extends Backend {
  /** The arrays that were made and not released yet. */
  readonly held: ReadonlySet<DeviceArray>;
  readonly reductions: readonly WatchedReduction[];
  numbers(array: DeviceArray): Float64Array;
}

export function watchedCpu(): WatchedBackend {
  const backend = cpu();
  const held = new Set<DeviceArray>();
  const reductions: WatchedReduction[] = [];
  const numbers = (array: DeviceArray): Float64Array => {
    if (!backend.readSync) throw new Error('the reference backend reads without waiting');
    return Float64Array.from(backend.readSync(array));
  };
  const numbersOf = (arrays: Readonly<Record<string, DeviceArray>>) =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, numbers(array)]));
  return {
    ...backend,
    held,
    reductions,
    numbers,
    array(values, shape) {
      const array = backend.array(values, shape);
      held.add(array);
      return array;
    },
    reduce(reduction) {
      const [rows, columns] = [numbersOf(reduction.rows), numbersOf(reduction.columns)];
      const results = backend.reduce(reduction);
      for (const array of results) held.add(array);
      reductions.push({ reduction, rows, columns, results: results.map(numbers), arrays: results });
      return results;
    },
    release(array) {
      backend.release(array);
      held.delete(array);
    },
  };
}
