import {
  type Backend,
  type BlockPattern,
  type DeviceArray,
  DeviceLostError,
  InvalidFormulaError,
  resolveReduction,
} from '@sinkhorn/core';
import { compile } from './compile.js';
import { reduceRow, type Visit } from './reduceRow.js';

type Arrays = Readonly<Record<string, DeviceArray>>;

/** A float32 backend that loops over pairs: the least that a backend has to do. */
export function toy(): Backend {
  const memory = new Map<DeviceArray, Float32Array>();
  let disposed = false;

  const check = () => {
    if (disposed) throw new DeviceLostError('this toy was disposed of: make another one with toy()');
  };
  const store = (values: Float32Array, shape: readonly number[]): DeviceArray => {
    const array = { shape };
    memory.set(array, values);
    return array;
  };
  const load = (array: DeviceArray): Float32Array => {
    check();
    const values = memory.get(array);
    if (!values) throw new InvalidFormulaError('this array was released, or belongs to another backend');
    return values;
  };
  /** The arrays of one element of a batch; those without a batch axis serve every element. */
  const loadElement = (arrays: Arrays, element: number, batch: number) =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => {
        const values = load(array);
        const length = values.length / batch;
        return [name, array.shape.length === 3 ? values.subarray(element * length, (element + 1) * length) : values];
      }),
    );

  return {
    name: 'toy',
    precision: 'float32',
    array(values, shape) {
      check();
      const count = shape.reduce((product, length) => product * length, 1);
      if (values.length !== count) throw new InvalidFormulaError(`${values.length} values for the shape [${shape}]`);
      return store(Float32Array.from(values), [...shape]);
    },
    reduce(reduction) {
      const { kind, parameters, blocks } = reduction;
      const { batch, batched, rows, columns, pair, finish, reducedSize, resultSize } = resolveReduction(reduction);
      const main = new Float32Array(batch * rows * resultSize);
      const second = new Float32Array(batch * rows);
      for (let element = 0; element < batch; element++) {
        const row = loadElement(reduction.rows, element, batch);
        const column = loadElement(reduction.columns, element, batch);
        const pairs = compile(pair, { row, column, reduced: {} }, parameters);
        const value = new Float32Array(rows * reducedSize);
        const logSumExp = second.subarray(element * rows, (element + 1) * rows);
        for (let i = 0; i < rows; i++) {
          const result = reduceRow(kind, pairs, i, reducedSize, columnsOf(i, columns, blocks));
          value.set(result.main, i * reducedSize);
          logSumExp[i] = result.second;
        }
        const results = main.subarray(element * rows * resultSize, (element + 1) * rows * resultSize);
        const finishing = finish && compile(finish, { row, column: {}, reduced: { value, logSumExp } }, parameters);
        if (!finishing) results.set(value);
        for (let i = 0; finishing && i < rows; i++) {
          finishing.beginRow(i);
          results.set(finishing.outputs[0], i * resultSize);
        }
      }
      const shape = batched ? [batch, rows] : [rows];
      const results = [store(main, [...shape, resultSize])];
      if (kind === 'softmaxMean' || kind === 'min') results.push(store(second, [...shape, 1]));
      return results;
    },
    read: async (array) => load(array).slice(),
    readSync: (array) => load(array).slice(),
    release(array) {
      if (disposed) return;
      load(array);
      memory.delete(array);
    },
    dispose() {
      disposed = true;
      memory.clear();
    },
  };
}

/** The columns that a row meets: all of them, or those of the blocks listed for the row's block. */
function columnsOf(row: number, columns: number, blocks: BlockPattern | undefined): Visit {
  return (visit) => {
    if (!blocks) {
      for (let column = 0; column < columns; column++) visit(column);
      return;
    }
    const { rowStarts, columnStarts, offsets, columnBlocks } = blocks;
    const block = rowStarts.findIndex((start, index) => start <= row && row < rowStarts[index + 1]);
    for (const columnBlock of columnBlocks.subarray(offsets[block], offsets[block + 1])) {
      for (let column = columnStarts[columnBlock]; column < columnStarts[columnBlock + 1]; column++) visit(column);
    }
  };
}
