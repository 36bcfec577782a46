import {
  type Backend,
  checkPairs,
  type DeviceArray,
  DeviceLostError,
  float32Functions,
  float64Functions,
  InvalidFormulaError,
  lowered,
  permutedShape,
  type Reduction,
  type ResolvedReduction,
  resolveReduction,
  type StopSignal,
  unlessLost,
  type Values,
} from '@sinkhorn/core';
import type { Lanes } from './arithmetic/lanes.js';
import { type CompiledPlan, compilePlan, dispatch, permute, type StoredArray } from './dispatch.js';
import type { CompiledKernel, Engine } from './engine.js';
import { permuteKernel } from './kernel/permuteKernel.js';
import { isMap, reductionPlan } from './kernel/reductionPlan.js';
import type { WasmMemory } from './wasmMemory.js';

/** What loads apart, so that the first load stays small. */
export interface WasmParts {
  readonly softmaxAlongAxis: typeof import('./alongAxis.js').softmaxAlongAxis;
  readonly keptPairs: typeof import('./keptPairs.js').keptPairs;
}

/** Jobs that may be left where the host is told that they are caught up with: the softmins of an iteration. */
const JOBS_LEFT = 4;

/**
 * The backend interface over an engine: arrays in its memory, kernels by the keys of formulas. With `wider` lanes it has a backend
 * over the same engine for those as well, for which its own lanes are the `narrower` ones.
 */
export function wasmBackend(
  engine: Engine,
  parts: WasmParts,
  lanes: Lanes,
  wider?: Lanes,
  narrower = lanes,
): Backend & { memory(): WasmMemory } {
  const { heap, memory, passes, workers } = engine;
  const functions = lanes.precision === 'float32' ? float32Functions : float64Functions;
  const held = new Set<DeviceArray>();
  const plans = new Map<string, CompiledPlan>();
  /** Arrays that were released while they were waited for: their memory is free when they are read. */
  const waitedFor = new Map<DeviceArray, number>();
  let permuting: CompiledKernel | undefined;
  let disposed = false;
  let inFloat64: Backend | undefined;

  const check = () => {
    if (disposed) throw new DeviceLostError('this wasm backend was disposed of: make a new one with wasm()');
    workers?.check();
  };
  const stored = (array: DeviceArray): StoredArray => {
    check();
    if (!held.has(array)) throw new InvalidFormulaError('this array was released, or belongs to another backend');
    return array as StoredArray;
  };
  const numbers = (address: number, count: number): Values =>
    lanes.bytes === 4
      ? new Float32Array(memory.buffer, address, count)
      : new Float64Array(memory.buffer, address, count);
  const countOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
  const allocate = (shape: readonly number[], doneJob: number) => {
    const bytes = countOf(shape) * lanes.bytes;
    return { shape: [...shape], address: heap.allocate(bytes, doneJob), bytes };
  };
  const free = ({ address, bytes }: StoredArray) => heap.free(address, bytes, engine.posted);
  const copy = ({ address, bytes }: StoredArray): Values => numbers(address, bytes / lanes.bytes).slice();

  /** An array that a pass writes. */
  const computed = (shape: readonly number[], run: (main: StoredArray) => void): StoredArray => {
    const main = { ...allocate(shape, engine.posted), job: 0 };
    try {
      run(main);
    } catch (error) {
      free(main);
      throw error;
    }
    const result = { ...main, job: engine.posted };
    held.add(result);
    return result;
  };
  /** The arrays that a reduction writes, one or two. */
  const dispatched = (
    plan: CompiledPlan,
    reduction: Reduction,
    resolved: ResolvedReduction,
    mainShape: readonly number[],
    secondShape?: readonly number[],
  ): StoredArray[] => {
    const main = { ...allocate(mainShape, engine.posted), job: 0 };
    let second: StoredArray | undefined;
    try {
      second = secondShape && { ...allocate(secondShape, engine.posted), job: 0 };
      dispatch(engine, lanes, plan, reduction, resolved, { main, second });
    } catch (error) {
      free(main);
      if (second) free(second);
      throw error;
    }
    const results = (second ? [main, second] : [main]).map((array) => ({ ...array, job: engine.posted }));
    for (const array of results) held.add(array);
    return results;
  };
  const along = parts.softmaxAlongAxis(engine, lanes, narrower);
  const kept = parts.keptPairs(engine, lanes, functions, { computed, dispatched, stored });

  const wait = (array: StoredArray) => waitedFor.set(array, (waitedFor.get(array) ?? 0) + 1);
  const waitNoMore = (array: StoredArray) => {
    const others = (waitedFor.get(array) ?? 0) - 1;
    if (others > 0) waitedFor.set(array, others);
    else waitedFor.delete(array);
    if (others <= 0 && !disposed && !held.has(array)) free(array);
  };
  const readAll = async (arrays: readonly DeviceArray[], signal?: StopSignal): Promise<readonly Values[]> => {
    const wanted = arrays.map(stored);
    wanted.forEach(wait);
    try {
      await passes.wait(Math.max(0, ...wanted.map(({ job }) => job)), signal);
      check();
      return wanted.map(copy);
    } finally {
      wanted.forEach(waitNoMore);
    }
  };

  return {
    name: 'wasm',
    precision: lanes.precision,
    get inFloat64() {
      if (wider && !disposed) inFloat64 ??= wasmBackend(engine, parts, wider, undefined, lanes);
      return inFloat64;
    },
    array(values, shape) {
      check();
      const count = countOf(shape);
      if (values.length !== count) {
        throw new InvalidFormulaError(`array of shape [${shape}] needs ${count} values and has ${values.length}`);
      }
      const array = { ...allocate(shape, engine.done), job: 0 };
      numbers(array.address, count).set(values);
      held.add(array);
      return array;
    },
    room(shape) {
      check();
      const array = { ...allocate(shape, engine.done), job: 0 };
      held.add(array);
      return array;
    },
    write(array, values, from) {
      const { address, bytes } = stored(array);
      const count = bytes / lanes.bytes;
      if (!(from >= 0 && from + values.length <= count)) {
        throw new InvalidFormulaError(`${values.length} values from ${from} on do not fit into an array of ${count}`);
      }
      numbers(address + from * lanes.bytes, values.length).set(values);
    },
    reduce(given) {
      check();
      const reduction = lowered(given, functions);
      const resolved = resolveReduction(reduction, ['floor', 'where', 'pair']);
      checkPairs(reduction, resolved);
      for (const arrays of [reduction.rows, reduction.columns, reduction.pairs ?? {}])
        Object.values(arrays).forEach(stored);
      const map = isMap(reduction, resolved);
      const key = map ? `map|${resolved.key}` : resolved.key;
      let plan = plans.get(key);
      if (!plan) {
        plan = compilePlan(engine, reductionPlan(lanes, workers !== undefined, reduction, map));
        plans.set(key, plan);
      }
      const { batch, batched, rows, resultSize } = resolved;
      const shapeOf = (size: number) => (batched ? [batch, rows, size] : [rows, size]);
      const hasSecond = reduction.kind === 'softmaxMean' || reduction.kind === 'min';
      return dispatched(plan, reduction, resolved, shapeOf(resultSize), hasSecond ? shapeOf(1) : undefined);
    },
    pairs(given) {
      check();
      return kept(given);
    },
    permute(given, order) {
      const array = stored(given);
      return computed(permutedShape(array.shape, order), (main) => {
        permuting ??= engine.compile(permuteKernel(lanes, workers !== undefined));
        permute(engine, permuting, array, order, main);
      });
    },
    logSumExpAlongAxis: (given) => along.squares(given, stored(given.scores), computed),
    logSumExpByDistance: (given) => along.distances(given, stored(given.scores), computed),
    read: async (array, signal) => (await readAll([array], signal))[0],
    readAll,
    async drain() {
      await passes.wait(Math.max(0, engine.posted - JOBS_LEFT));
    },
    readSync(array) {
      passes.waitSync(stored(array).job);
      return copy(stored(array));
    },
    release(array) {
      const known = unlessLost(() => stored(array));
      if (!known) return;
      held.delete(array);
      if (!waitedFor.has(known)) free(known);
    },
    memory: () => ({ used: heap.used, reserved: memory.buffer.byteLength }),
    dispose() {
      disposed = true;
      inFloat64?.dispose();
      held.clear();
      plans.clear();
      passes.dispose();
    },
  };
}
