import {
  type Backend,
  checkPairs,
  type DeviceArray,
  DeviceLostError,
  doWork,
  doWorkInTurns,
  InvalidFormulaError,
  makeWork,
  optionalOperators,
  permutedShape,
  type Reduction,
  type ResolvedReduction,
  resolveReduction,
  unlessLost,
  type Work,
} from '@sinkhorn/core';
import { type ElementReduction, keepElement, reduceElement } from './reduceElement.js';

interface CpuArray extends DeviceArray {
  readonly values: Float64Array;
  /** What fills the values in; none where they are there. */
  readonly work?: Work;
}

/**
 * The float64 reference backend: formulas evaluated tile by tile over typed arrays, on one thread, with no code
 * generation. Other backends are checked against it. A reduction is computed when its numbers are asked for: `read` yields to the event loop
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
  let latest: Work | undefined;

  /** The arrays that are made element by element of a batch, one or two, of such shapes for each. */
  const computed = (
    reduction: Reduction,
    resolved: ResolvedReduction,
    mainShape: readonly [number, number],
    secondShape: readonly [number, number] | undefined,
    make: (element: ElementReduction) => Generator<void, void>,
  ): CpuArray[] => {
    const { batch, batched } = resolved;
    const sizeOf = (shape?: readonly [number, number]) => (shape ? shape[0] * shape[1] : 0);
    const arrays = {
      rows: eachOf(reduction.rows, known),
      columns: eachOf(reduction.columns, known),
      pairs: eachOf(reduction.pairs ?? {}, known),
    };
    const main = new Float64Array(batch * sizeOf(mainShape));
    const second = new Float64Array(batch * sizeOf(secondShape));
    // As they are now: the caller may use them again before this is computed.
    const parameters = { ...reduction.parameters };
    const blocks = reduction.blocks && eachOf(reduction.blocks, (numbers) => numbers.slice());
    const work = makeWork(
      Object.values(arrays).flatMap((of) => Object.values(of).flatMap((array) => array.work ?? [])),
      function* () {
        for (let element = 0; element < batch; element++) {
          const part = (values: Float64Array) =>
            values.subarray((element * values.length) / batch, ((element + 1) * values.length) / batch);
          const slice = ({ shape, values }: CpuArray) => (shape.length === 3 ? part(values) : values);
          yield* make({
            reduction: { ...reduction, parameters, blocks },
            resolved,
            rows: eachOf(arrays.rows, slice),
            columns: eachOf(arrays.columns, slice),
            pairs: eachOf(arrays.pairs, slice),
            main: part(main),
            second: part(second),
          });
        }
      },
    );
    latest = work;
    const shapeOf = (shape: readonly [number, number]) => (batched ? [batch, ...shape] : shape);
    const results = [hold(main, shapeOf(mainShape), work)];
    if (secondShape) results.push(hold(second, shapeOf(secondShape), work));
    return results;
  };

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
      const resolved = resolveReduction(reduction, [...optionalOperators, 'pair']);
      checkPairs(reduction, resolved);
      const { rows, resultSize } = resolved;
      const hasSecond = reduction.kind === 'softmaxMean' || reduction.kind === 'min';
      return computed(reduction, resolved, [rows, resultSize], hasSecond ? [rows, 1] : undefined, reduceElement);
    },
    pairs({ transposed, ...given }) {
      check();
      const reduction: Reduction = { kind: 'sum', ...given };
      const resolved = resolveReduction(reduction);
      const { rows, columns, reducedSize } = resolved;
      if (reducedSize !== 1) throw new InvalidFormulaError(`a vector of size ${reducedSize} is no number of a pair`);
      return computed(reduction, resolved, [rows, columns], transposed ? [columns, rows] : undefined, keepElement);
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
      await doWorkInTurns(work, check, signal);
      return values.slice();
    },
    async readAll(arrays, signal) {
      const wanted = arrays.map(known);
      for (const { work } of wanted) await doWorkInTurns(work, check, signal);
      return wanted.map(({ values }) => values.slice());
    },
    readSync(array) {
      const { values, work } = known(array);
      if (work) doWork(work, () => true);
      return values.slice();
    },
    drain: () => doWorkInTurns(latest, check),
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
