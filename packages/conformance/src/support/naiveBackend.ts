import type { Backend, DeviceArray, Reduction } from '@sinkhorn/core';
import type { HostArray, HostReduction } from './hostReduction.js';
import { naiveReduction } from './naiveReduction.js';

/**
 * A float64 backend that reads every result off the definition: slow, and independent of any backend under test. What
 * a float32 backend makes of a loss is checked against it.
 */
export function naiveBackend(): Backend {
  const store = (values: Float64Array, shape: readonly number[]): HostArray => ({ values, shape });
  const valuesOf = (array: DeviceArray) => Float64Array.from((array as HostArray).values);
  return {
    name: 'naive',
    precision: 'float64',
    array: (values, shape) => store(Float64Array.from(values), shape),
    reduce(reduction: Reduction) {
      const naive = naiveReduction(reduction as HostReduction);
      const { batch, batched, rows, resultSize } = naive.resolved;
      const main = new Float64Array(batch * rows * resultSize);
      const second = new Float64Array(batch * rows);
      for (let at = 0; at < batch * rows; at++) {
        const result = naive.row(Math.floor(at / rows), at % rows);
        main.set(result.main, at * resultSize);
        second[at] = result.second ?? 0;
      }
      const shape = batched ? [batch, rows] : [rows];
      const results = [store(main, [...shape, resultSize])];
      if (reduction.kind === 'softmaxMean' || reduction.kind === 'min') results.push(store(second, [...shape, 1]));
      return results;
    },
    read: async (array) => valuesOf(array),
    readSync: valuesOf,
    release() {},
    dispose() {},
  };
}
