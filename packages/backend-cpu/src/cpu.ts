import {
  type Backend,
  type DeviceArray,
  DeviceLostError,
  InvalidFormulaError,
  type Reduction,
  resolveReduction,
} from '@sinkhorn/core';
import { reduceElement } from './reduceElement.js';

interface CpuArray extends DeviceArray {
  readonly values: Float64Array;
}

/**
 * The float64 reference backend: formulas evaluated tile by tile over typed arrays, on one thread, with no code
 * generation. It is the truth that other backends are held to.
 *
 * @example
 * ```ts
 * import { cpu } from '@sinkhorn/backend-cpu';
 *
 * const backend = cpu();
 * const array = backend.array([1, 2, 3], [3, 1]);
 * if ((await backend.read(array))[2] !== 3) throw new Error('unexpected');
 * ```
 */
export function cpu(): Backend {
  const held = new Set<DeviceArray>();
  let disposed = false;

  const check = () => {
    if (disposed) throw new DeviceLostError('this cpu backend was disposed of: make a new one with cpu()');
  };
  const hold = (values: Float64Array, shape: readonly number[]): CpuArray => {
    const array = { shape, values };
    held.add(array);
    return array;
  };
  const valuesOf = (array: DeviceArray): Float64Array => {
    check();
    if (!held.has(array)) {
      throw new InvalidFormulaError('this array was released, or belongs to another backend');
    }
    return (array as CpuArray).values;
  };
  const readSync = (array: DeviceArray) => valuesOf(array).slice();

  return {
    name: 'cpu',
    precision: 'float64',
    array(values, shape) {
      check();
      const count = shape.reduce((product, length) => product * length, 1);
      if (values.length !== count) {
        throw new InvalidFormulaError(`array of shape [${shape}] needs ${count} values and has ${values.length}`);
      }
      return hold(Float64Array.from(values), [...shape]);
    },
    reduce(reduction: Reduction) {
      const resolved = resolveReduction(reduction);
      const { batch, batched, rows, resultSize } = resolved;
      const shapeOf = (size: number) => (batched ? [batch, rows, size] : [rows, size]);
      const main = new Float64Array(batch * rows * resultSize);
      const hasSecond = reduction.kind === 'softmaxMean' || reduction.kind === 'min';
      const second = new Float64Array(hasSecond ? batch * rows : 0);
      for (let element = 0; element < batch; element++) {
        const slice = ({ shape }: DeviceArray, values: Float64Array) => {
          const length = values.length / (shape.length === 3 ? batch : 1);
          return shape.length === 3 ? values.subarray(element * length, (element + 1) * length) : values;
        };
        const slices = (arrays: Readonly<Record<string, DeviceArray>>) =>
          Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, slice(array, valuesOf(array))]));
        reduceElement({
          reduction,
          resolved,
          rows: slices(reduction.rows),
          columns: slices(reduction.columns),
          main: main.subarray(element * rows * resultSize, (element + 1) * rows * resultSize),
          second: hasSecond ? second.subarray(element * rows, (element + 1) * rows) : second,
        });
      }
      const results = [hold(main, shapeOf(resultSize))];
      if (hasSecond) results.push(hold(second, shapeOf(1)));
      return results;
    },
    read: async (array) => readSync(array),
    readSync,
    release(array) {
      valuesOf(array);
      held.delete(array);
    },
    dispose() {
      disposed = true;
      held.clear();
    },
  };
}
