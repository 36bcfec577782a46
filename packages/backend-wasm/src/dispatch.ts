import type { BlockPattern, DeviceArray, Reduction, ResolvedReduction } from '@sinkhorn/core';
import type { Lanes } from './arithmetic/lanes.js';
import type { CompiledKernel, Engine } from './engine.js';
import { type ArrayArgument, argumentBytes, writeArguments } from './kernel/arguments.js';
import { arrayName } from './kernel/entries.js';
import type { Kernel } from './kernel/kernel.js';
import { VECTOR_BYTES } from './kernel/kernelFrame.js';
import { ROWS_AT_ONCE } from './kernel/pairKernel.js';
import type { HoistingKernel, ReductionPlan } from './kernel/reductionPlan.js';

/** A reduction's kernels, compiled. */
export interface CompiledPlan {
  readonly hoisting?: Omit<HoistingKernel, 'kernel'> & { readonly kernel: CompiledKernel };
  readonly main: CompiledKernel;
  readonly isMap: boolean;
}

/** Compiles what a plan consists of. */
export const compilePlan = ({ compile }: Engine, { hoisting, main, ...rest }: ReductionPlan): CompiledPlan => ({
  ...rest,
  hoisting: hoisting && { ...hoisting, kernel: compile(hoisting.kernel) },
  main: compile(main),
});

/** An array in memory, as long as it is used: without a batch it serves every element. */
export interface StoredArray extends DeviceArray {
  readonly address: number;
  readonly bytes: number;
  /** The last pass that writes it. */
  readonly job: number;
}

/** Entries that a task of a map computes. */
const ENTRIES_PER_TASK = 8192;
/** Tasks for each thread, so that none waits long for another at the end. */
export const TASKS_PER_THREAD = 4;
/** A task with more operations than this is cut, so that it takes some tenths of a second at most. */
export const OPERATIONS_PER_TASK = 2e9;
/** The same in this thread, where other work waits for the end of a task: some hundredths. */
export const OPERATIONS_PER_OWN_TASK = 2e8;
/** A softmax's own share of the operations of a pair. */
const OPERATIONS_BESIDE_FORMULA = 20;
const WORD_BYTES = 4;

/** What the arrays that a reduction writes are called. */
const OUTPUTS = ['main', 'second'] as const;

type Arrays = Readonly<Record<string, DeviceArray>>;

/** Runs a reduction: what depends on columns alone first, and then the pairs. */
export function dispatch(
  engine: Engine,
  lanes: Lanes,
  plan: CompiledPlan,
  reduction: Reduction,
  resolved: ResolvedReduction,
  outputs: Readonly<Record<'main' | 'second', StoredArray | undefined>>,
): void {
  const { memory } = engine;
  const { batch, rows, columns } = resolved;
  const { allocate, words, releaseAll } = scratchMemory(engine);
  const strided = (array: StoredArray) => stridedBy(batch, array);
  const given: Record<string, ArrayArgument> = {};
  const sides: Readonly<Record<'row' | 'column' | 'pair', Arrays>> = {
    row: reduction.rows,
    column: reduction.columns,
    pair: reduction.pairs ?? {},
  };
  for (const [side, arrays] of Object.entries(sides)) {
    for (const [name, array] of Object.entries(arrays))
      given[arrayName({ side: side as keyof typeof sides, name })] = strided(array as StoredArray);
  }
  for (const name of OUTPUTS) {
    const array = outputs[name];
    if (array) given[name] = strided(array);
  }

  const call = (kernel: Kernel, blocks: { readonly columnStarts: number; readonly columnBlocks: number }): number => {
    const address = allocate(argumentBytes(kernel.layout), true);
    writeArguments(kernel.layout, memory.buffer, address, blocks, resolved, given, reduction.parameters);
    return address;
  };
  const operations = resolved.pair.instructions.reduce(
    (total, { node }) => total + node.size,
    OPERATIONS_BESIDE_FORMULA,
  );
  const touched = ({ layout }: Kernel, written: readonly string[]) => ({
    reads: layout.arrays.filter((name) => !written.includes(name)).map((name) => given[name].address),
    writes: layout.arrays.filter((name) => written.includes(name)).map((name) => given[name].address),
  });
  const map = (kernel: CompiledKernel, entries: number, elements: number, written: readonly string[]) =>
    engine.run({
      kernel,
      ...touched(kernel, written),
      arguments: call(kernel, { columnStarts: 0, columnBlocks: 0 }),
      elements,
      tasksPerElement: Math.ceil(entries / ENTRIES_PER_TASK),
      taskTable: 0,
      rows: entries,
      rowsPerTask: ENTRIES_PER_TASK,
      operations: elements * entries * operations,
    });

  try {
    if (plan.isMap) {
      map(plan.main, rows, batch, OUTPUTS);
      return;
    }
    if (plan.hoisting) {
      const { kernel, arrays } = plan.hoisting;
      const elements = Object.values(reduction.columns).some(({ shape }) => shape.length === 3) ? batch : 1;
      for (const { name, size } of arrays) {
        const bytes = Math.ceil(columns / lanes.count) * size * VECTOR_BYTES;
        given[name] = { address: allocate(bytes * elements, false), stride: elements > 1 ? bytes : 0 };
      }
      const hoisted = arrays.map(({ name }) => name);
      map(kernel, columns, elements, hoisted);
    }
    const { blocks } = reduction;
    const even = rows / ((engine.workers?.threads ?? 1) * TASKS_PER_THREAD);
    const most = engine.workers ? OPERATIONS_PER_TASK : OPERATIONS_PER_OWN_TASK;
    const short = most / (operations * Math.max(1, columns));
    const rowsPerTask = Math.min(Math.ceil(Math.min(even, short) / ROWS_AT_ONCE) * ROWS_AT_ONCE, plan.main.rowsAtMost);
    const table = blocks && taskTable(blocks, plan.main.rowsAtMost);
    const addresses = {
      columnStarts: words(blocks?.columnStarts ?? [0, columns]),
      columnBlocks: words(blocks?.columnBlocks ?? [0]),
    };
    engine.run({
      kernel: plan.main,
      ...touched(plan.main, OUTPUTS),
      arguments: call(plan.main, addresses),
      elements: batch,
      tasksPerElement: table ? table.length / 4 : Math.ceil(rows / rowsPerTask),
      taskTable: table ? words(table) : 0,
      rows,
      rowsPerTask,
      operations: batch * operations * (blocks ? pairsOf(blocks) : rows * columns),
    });
  } finally {
    releaseAll();
  }
}

/** Puts the rows of an array in an order. */
export function permute(
  engine: Engine,
  kernel: CompiledKernel,
  array: StoredArray,
  order: Uint32Array,
  main: StoredArray,
): void {
  const { allocate, words, releaseAll } = scratchMemory(engine);
  const entries = array.shape.slice(0, -1).reduce((product, length) => product * length, 1);
  if (entries === 0) return;
  const batch = array.shape.length === 3 ? array.shape[0] : 1;
  const bytes = array.bytes / entries;
  try {
    const places = { columnStarts: bytes, columnBlocks: words(order) };
    const address = allocate(argumentBytes(kernel.layout), true);
    const arrays = { from: stridedBy(batch, array), main: stridedBy(batch, main) };
    writeArguments(kernel.layout, engine.memory.buffer, address, places, undefined, arrays, {});
    engine.run({
      kernel,
      reads: [array.address],
      writes: [main.address],
      arguments: address,
      elements: batch,
      tasksPerElement: Math.ceil(order.length / ENTRIES_PER_TASK),
      taskTable: 0,
      rows: order.length,
      rowsPerTask: ENTRIES_PER_TASK,
      operations: (batch * order.length * bytes) / WORD_BYTES,
    });
  } finally {
    releaseAll();
  }
}

const stridedBy = (batch: number, array: StoredArray): ArrayArgument => ({
  address: array.address,
  stride: array.shape.length === 3 ? array.bytes / batch : 0,
});

/** Memory for one pass only. */
export function scratchMemory(engine: Engine) {
  const { heap, memory } = engine;
  const allocated: { readonly address: number; readonly bytes: number }[] = [];
  const allocate = (bytes: number, writtenByHost: boolean): number => {
    const address = heap.allocate(bytes, writtenByHost ? engine.done : engine.posted);
    allocated.push({ address, bytes });
    return address;
  };
  return {
    allocate,
    words(numbers: ArrayLike<number>): number {
      const address = allocate(numbers.length * WORD_BYTES, true);
      new Uint32Array(memory.buffer, address, numbers.length).set(numbers);
      return address;
    },
    releaseAll() {
      for (const { address, bytes } of allocated) heap.free(address, bytes, engine.posted);
    },
  };
}

/** Four numbers a task: the rows it takes, of one row block, and that block's part of the list of column blocks. */
function taskTable({ rowStarts, offsets }: BlockPattern, rowsAtMost: number): Uint32Array {
  const table: number[] = [];
  for (let block = 0; block + 1 < rowStarts.length; block++) {
    for (let start = rowStarts[block]; start < rowStarts[block + 1]; start += rowsAtMost) {
      const end = Math.min(start + rowsAtMost, rowStarts[block + 1]);
      table.push(start, end, offsets[block], offsets[block + 1]);
    }
  }
  return Uint32Array.from(table);
}

/** About how many pairs a pattern has: blocks of middle size for all of its entries. */
function pairsOf({ rowStarts, columnStarts, columnBlocks }: BlockPattern): number {
  const middle = (starts: Uint32Array) => starts[starts.length - 1] / Math.max(1, starts.length - 1);
  return columnBlocks.length * middle(rowStarts) * middle(columnStarts);
}
