import {
  type Backend,
  type DeviceArray,
  DeviceLostError,
  InvalidFormulaError,
  permutedShape,
  type Reduction,
  resolveReduction,
  type StopSignal,
  unlessLost,
} from '@sinkhorn/core';
import { reduceElement } from './reduceElement.js';
import { doWork, makeWork, type Work } from './work.js';

interface CpuArray extends DeviceArray {
  readonly values: Float64Array;
  /** What fills the values in; none where they are there. */
  readonly work?: Work;
}

/** A read yields to the event loop (timers, clicks, signals) this often, in milliseconds. */
const MILLISECONDS_AT_ONCE = 40;

const macrotask = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/**
 * The float64 reference backend: formulas evaluated tile by tile over typed arrays, on one thread, with no code
 * generation. It is the truth that other backends are held to. A reduction is computed when its numbers are asked for: `read` yields to the event loop
 * to other work now and then, and ends when its signal is aborted.
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
  const hold = (values: Float64Array, shape: readonly number[], work?: Work): CpuArray => {
    const array = { shape, values, work };
    held.add(array);
    return array;
  };
  const known = (array: DeviceArray): CpuArray => {
    check();
    if (!held.has(array)) {
      throw new InvalidFormulaError('this array was released, or belongs to another backend');
    }
    return array as CpuArray;
  };
  /** Work done in pieces, with a turn for everything else in between. */
  const inTurns = async (work: Work | undefined, signal?: StopSignal) => {
    signal?.throwIfAborted();
    let began = performance.now();
    while (work && !doWork(work, () => performance.now() - began < MILLISECONDS_AT_ONCE)) {
      await macrotask();
      check();
      signal?.throwIfAborted();
      began = performance.now();
    }
  };
  let latest: Work | undefined;

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
      check();
      const resolved = resolveReduction(reduction);
      const { batch, batched, rows, resultSize } = resolved;
      const arrays = { rows: eachOf(reduction.rows, known), columns: eachOf(reduction.columns, known) };
      const shapeOf = (size: number) => (batched ? [batch, rows, size] : [rows, size]);
      const main = new Float64Array(batch * rows * resultSize);
      const hasSecond = reduction.kind === 'softmaxMean' || reduction.kind === 'min';
      const second = new Float64Array(hasSecond ? batch * rows : 0);
      // As they are now: the caller may use them again before this is computed.
      const parameters = { ...reduction.parameters };
      const blocks = reduction.blocks && eachOf(reduction.blocks, (numbers) => numbers.slice());
      const work = makeWork(
        [...Object.values(arrays.rows), ...Object.values(arrays.columns)].flatMap((array) => array.work ?? []),
        function* () {
          for (let element = 0; element < batch; element++) {
            const slice = ({ shape, values }: CpuArray) => {
              const length = values.length / (shape.length === 3 ? batch : 1);
              return shape.length === 3 ? values.subarray(element * length, (element + 1) * length) : values;
            };
            yield* reduceElement({
              reduction: { ...reduction, parameters, blocks },
              resolved,
              rows: eachOf(arrays.rows, slice),
              columns: eachOf(arrays.columns, slice),
              main: main.subarray(element * rows * resultSize, (element + 1) * rows * resultSize),
              second: hasSecond ? second.subarray(element * rows, (element + 1) * rows) : second,
            });
          }
        },
      );
      latest = work;
      const results = [hold(main, shapeOf(resultSize), work)];
      if (hasSecond) results.push(hold(second, shapeOf(1), work));
      return results;
    },
    permute(array, order) {
      const { shape, values, work: before } = known(array);
      const made = permutedShape(shape, order);
      const [rows, size] = shape.slice(-2);
      const places = order.slice();
      const result = new Float64Array(made.reduce((product, length) => product * length, 1));
      const work = makeWork(before ? [before] : [], function* () {
        for (let from = 0, to = 0; to < result.length; from += rows * size) {
          yield;
          for (const place of places) {
            const row = from + place * size;
            for (let c = 0; c < size; c++) result[to++] = values[row + c];
          }
        }
      });
      latest = work;
      return hold(result, made, work);
    },
    async read(array, signal) {
      const { values, work } = known(array);
      await inTurns(work, signal);
      return values.slice();
    },
    async readAll(arrays, signal) {
      const wanted = arrays.map(known);
      for (const { work } of wanted) await inTurns(work, signal);
      return wanted.map(({ values }) => values.slice());
    },
    readSync(array) {
      const { values, work } = known(array);
      if (work) doWork(work, () => true);
      return values.slice();
    },
    drain: () => inTurns(latest),
    release(array) {
      if (unlessLost(() => known(array))) held.delete(array);
    },
    dispose() {
      disposed = true;
      held.clear();
      latest = undefined;
    },
  };
}

/** A function of each entry of a record. */
const eachOf = <Key extends string, From, To>(
  record: { readonly [K in Key]: From },
  change: (value: From) => To,
): { [K in Key]: To } =>
  Object.fromEntries(Object.entries<From>(record).map(([key, value]) => [key, change(value)])) as { [K in Key]: To };
