import { type Expression, type Reduction, type ResolvedReduction, rewrite } from '@sinkhorn/core';
import { type BlockTable, blockTable } from './blockTable.js';
import type { BufferPool, PooledBuffer } from './device/bufferPool.js';
import type { BufferRange, CommandQueue } from './device/commandQueue.js';
import type { CompiledKernel } from './device/pipelines.js';
import { type Binding, isLong, type Kernel, WORD, wordOfArray, wordOfParameter, wordsOf } from './kernel/kernel.js';
import { mapKernel } from './kernel/mapKernel.js';
import { mergeKernel } from './kernel/mergeKernel.js';
import { pairKernel, SHARE_SIZE, stateSizes } from './kernel/pairKernel.js';
import { tilingOf } from './kernel/tiling.js';
import { WORKGROUP_SIZE } from './kernel/wgsl.js';

/** An array on the device. */
export interface StoredArray extends PooledBuffer {
  readonly shape: readonly number[];
  /** Where it begins in its buffer, in bytes. */
  readonly offset: number;
  /** Whether the buffer is a caller's, and not of the pool. */
  readonly foreign: boolean;
}

/** What reductions run with. */
export interface Engine {
  readonly queue: CommandQueue;
  readonly pool: BufferPool;
  /** Storage buffers that a kernel may bind. */
  readonly mostBindings: number;
  /** Storage bindings begin at multiples of this many bytes. */
  readonly bindingAlignment: number;
  /** The kernel of a key, compiled; it is generated when it is asked for first. */
  kernel(key: string, generate: () => Kernel): CompiledKernel;
}

/** Workgroups that fill a large GPU: with fewer rows than that, columns are split among several. */
const WORKGROUPS_WANTED = 256;
const FEWEST_COLUMNS_OF_SPLIT = 256;
/** Rows from which on each thread has two, and four. */
const ROWS_FOR_TWO = 16_384;
const ROWS_FOR_FOUR = 262_144;
/** With fewer pairs than this, threads read columns from where they are: there is nothing to gain from tiles. */
const PAIRS_WITHOUT_STAGING = 2 ** 16;
const MOST_GROUPS = 65_535;
/** Memory for partial results: more rows than fit are taken one part after the other. */
const PARTIAL_BYTES = 64 * 2 ** 20;
/** A softmax's own share of the operations of a pair. */
const OPERATIONS_BESIDE_FORMULA = 10;

const INFINITY_BITS = 0x7f800000;

/** Enqueues a reduction. */
export function dispatch(
  engine: Engine,
  reduction: Reduction,
  resolved: ResolvedReduction,
  outputs: { readonly main: StoredArray; readonly second?: StoredArray },
): void {
  const { rows, batch, columns, key } = resolved;
  if (rows === 0 || batch === 0) return;
  const borrowed: PooledBuffer[] = [];
  const borrow = (bytes: number): GPUBuffer => {
    const pooled = engine.pool.take(bytes);
    borrowed.push(pooled);
    return pooled.buffer;
  };
  const call = caller(engine, reduction, resolved, outputs, borrow);
  const perPair = resolved.pair.instructions.reduce((sum, { node }) => sum + node.size, OPERATIONS_BESIDE_FORMULA);

  try {
    if (reduction.kind === 'sum' && columns === 1 && !reduction.blocks) {
      const kernel = engine.kernel(`map|${key}`, () => mapKernel(wholeOf(reduction), engine.mostBindings));
      const run = call(kernel, {});
      eachPart(batch, rows, MOST_GROUPS * WORKGROUP_SIZE, MOST_GROUPS, ({ element, elements, start, end }) => {
        run({
          words: { rowStart: start, rowEnd: end, element },
          groups: [Math.ceil((end - start) / WORKGROUP_SIZE), elements, 1],
          operations: perPair * elements * (end - start),
        });
      });
    } else if (reduction.blocks) {
      reduceBlocks(engine, reduction, resolved, call, borrow, perPair);
    } else {
      reduceAll(engine, reduction, resolved, call, borrow, perPair);
    }
  } finally {
    for (const pooled of borrowed) engine.pool.give(pooled);
  }
}

/** What a map computes: the value, finished. */
function wholeOf({ value, finish }: Reduction): Expression {
  if (!value) throw new Error('a sum has a value');
  return finish
    ? rewrite(finish, (node) => (node.type === 'variable' && node.side === 'reduced' ? value : undefined))
    : value;
}

interface Part {
  readonly words: Partial<Record<keyof typeof WORD, number>>;
  readonly groups: readonly [number, number, number];
  readonly operations: number;
}

type Caller = (
  kernel: CompiledKernel,
  buffers: { readonly table?: GPUBuffer; readonly partial?: GPUBuffer },
) => (part: Part) => void;

const whole = (buffer: GPUBuffer): BufferRange => ({ buffer, offset: 0 });

/** Gives what runs a kernel part by part, on the arrays of a reduction. */
function caller(
  { queue, bindingAlignment }: Engine,
  reduction: Reduction,
  { rows, columns }: ResolvedReduction,
  outputs: { readonly main: StoredArray; readonly second?: StoredArray },
  borrow: (bytes: number) => GPUBuffer,
): Caller {
  return (kernel, { table, partial }) => {
    const arrays = kernel.arrays.map(({ side, name }) => {
      const array = (side === 'row' ? reduction.rows : reduction.columns)[name] as StoredArray;
      const count = array.shape.reduce((product, length) => product * length, 1);
      const stride = array.shape.length === 3 ? array.shape[1] * array.shape[2] : 0;
      // A binding begins at an aligned place; the words before the array are skipped.
      const ahead = array.offset % bindingAlignment;
      const range: BufferRange = array.foreign
        ? { buffer: array.buffer, offset: array.offset - ahead, size: Math.max(4, ahead + 4 * count) }
        : { buffer: array.buffer, offset: 0 };
      return { buffer: array.buffer, from: array.offset, range, ahead: ahead / 4, count, stride };
    });
    const offsets = arrays.map(({ ahead }) => ahead);
    let packed: BufferRange | undefined;
    if (kernel.bindings.some(({ binding }) => binding === 'gathered')) {
      const target = borrow(4 * arrays.reduce((total, { count }) => total + count, 0));
      let offset = 0;
      arrays.forEach(({ buffer, from, count }, index) => {
        offsets[index] = offset;
        if (count > 0) queue.copy({ buffer, offset: from }, target, 4 * offset, 4 * count);
        offset += count;
      });
      packed = whole(target);
    }
    const named: Partial<Record<Binding, BufferRange>> = {
      gathered: packed,
      table: table && whole(table),
      partials: partial && whole(partial),
      main: whole(outputs.main.buffer),
      second: outputs.second && whole(outputs.second.buffer),
    };
    const buffers = kernel.bindings.map(({ binding }) => {
      const buffer = typeof binding === 'number' ? arrays[binding].range : named[binding];
      if (!buffer) throw new Error(`nothing to bind for '${binding}'`);
      return buffer;
    });
    const common = new Uint32Array(wordsOf(kernel));
    const numbers = new Float32Array(common.buffer);
    common[WORD.rows] = rows;
    common[WORD.columns] = columns;
    common[WORD.splits] = 1;
    common[WORD.infinity] = INFINITY_BITS;
    arrays.forEach(({ stride }, index) => {
      common[wordOfArray(index)] = offsets[index];
      common[wordOfArray(index) + 1] = stride;
    });
    kernel.parameters.forEach((name, index) => {
      numbers[wordOfParameter(arrays.length, index)] = reduction.parameters[name];
    });
    const { pipeline, layout } = kernel;
    return ({ words, groups, operations }) => {
      const uniforms = common.slice();
      for (const [name, value] of Object.entries(words)) uniforms[WORD[name as keyof typeof WORD]] = value;
      queue.run({ pipeline, layout, buffers, uniforms, groups, operations });
    };
  };
}

/** Cuts elements and rows into parts, each of some elements and some rows. */
function eachPart(
  batch: number,
  rows: number,
  rowsAtMost: number,
  elementsAtMost: number,
  body: (part: { element: number; elements: number; start: number; end: number }) => void,
): void {
  for (let element = 0; element < batch; element += elementsAtMost) {
    const elements = Math.min(elementsAtMost, batch - element);
    for (let start = 0; start < rows; start += rowsAtMost) {
      body({ element, elements, start, end: Math.min(rows, start + rowsAtMost) });
    }
  }
}

/** How many shares of a value's components there are: each is for threads of its own. */
const sharesOf = (size: number): number => (isLong(size) ? Math.ceil(size / SHARE_SIZE) : 1);

function rowsPerThreadOf(rows: number, valueSize: number): number {
  if (valueSize > 4 || rows < ROWS_FOR_TWO) return 1;
  return rows < ROWS_FOR_FOUR ? 2 : 4;
}

/** All pairs, with columns split among workgroups where rows are few. */
function reduceAll(
  engine: Engine,
  reduction: Reduction,
  { batch, rows, columns, key }: ResolvedReduction,
  call: Caller,
  borrow: (bytes: number) => GPUBuffer,
  perPair: number,
): void {
  const sizes = stateSizes(reduction);
  const shares = sharesOf(sizes.values);
  const rowsPerThread = rowsPerThreadOf(rows * batch, sizes.values);
  const rowsOfGroup = rowsPerThread * WORKGROUP_SIZE;
  const staging = batch * rows * columns > PAIRS_WITHOUT_STAGING;
  const tile = tilingOf(reduction, staging).columns;
  const groups = Math.ceil(rows / rowsOfGroup) * batch * shares;
  const splitsWanted = Math.min(
    Math.ceil(WORKGROUPS_WANTED / groups),
    Math.floor(columns / Math.max(2 * tile, FEWEST_COLUMNS_OF_SPLIT)),
  );
  const columnsPerSplit = Math.ceil(Math.max(columns, 1) / Math.max(1, splitsWanted) / tile) * tile;
  const splits = Math.max(1, Math.ceil(columns / columnsPerSplit));
  const partial = splits > 1 || isLong(sizes.values);

  const shape = { rowsPerThread, staging, blocks: false, partial };
  const main = engine.kernel(`${rowsPerThread}|${staging}|${partial}|${key}`, () =>
    pairKernel(reduction, shape, engine.mostBindings),
  );
  const stateBytes = 4 * splits * (sizes.shared + sizes.values);
  const operationsOfRow = Math.max(1, columns * perPair * shares);
  const elementsAtMost = clamp(
    engine.queue.operationsPerRun / (rows * operationsOfRow),
    1,
    Math.min(batch, MOST_GROUPS),
  );
  const fitting = engine.queue.operationsPerRun / (elementsAtMost * operationsOfRow);
  const room = partial ? PARTIAL_BYTES / (stateBytes * elementsAtMost) : Number.POSITIVE_INFINITY;
  const rowsAtMost = clamp(Math.min(fitting, room) / rowsOfGroup, 1, MOST_GROUPS) * rowsOfGroup;
  const partialRows = Math.min(rows, rowsAtMost);
  const buffer = partial ? borrow(stateBytes * elementsAtMost * partialRows) : undefined;
  const run = call(main, { partial: buffer });
  const merge = partial ? merger(engine, reduction, key, call, buffer) : undefined;
  eachPart(batch, rows, rowsAtMost, elementsAtMost, ({ element, elements, start, end }) => {
    const words = { rowStart: start, rowEnd: end, element, splits, columnsPerSplit, partialRows };
    run({
      words,
      groups: [Math.ceil((end - start) / rowsOfGroup), elements, splits * shares],
      operations: elements * (end - start) * operationsOfRow,
    });
    merge?.(words, elements);
  });
}

/** The pairs of a block pattern, a workgroup for each task of it. */
function reduceBlocks(
  engine: Engine,
  reduction: Reduction,
  { batch, key }: ResolvedReduction,
  call: Caller,
  borrow: (bytes: number) => GPUBuffer,
  perPair: number,
): void {
  if (!reduction.blocks) return;
  const sizes = stateSizes(reduction);
  const shares = sharesOf(sizes.values);
  const partial = isLong(sizes.values);
  const table: BlockTable = blockTable(reduction.blocks, WORKGROUP_SIZE);
  const words = borrow(table.words.byteLength);
  engine.queue.write(words, table.words);
  const shape = { rowsPerThread: 1, staging: true, blocks: true, partial };
  const main = engine.kernel(`blocks|${partial}|${key}`, () => pairKernel(reduction, shape, engine.mostBindings));
  const stateBytes = 4 * (sizes.shared + sizes.values);
  const perElement = table.pairsBefore[table.tasks] * perPair * shares;
  const elementsAtMost = clamp(
    engine.queue.operationsPerRun / Math.max(1, perElement),
    1,
    Math.min(batch, MOST_GROUPS),
  );
  const pairsAtMost = engine.queue.operationsPerRun / (elementsAtMost * perPair * shares);
  const rowsAtMost = partial
    ? clamp(PARTIAL_BYTES / (stateBytes * elementsAtMost), WORKGROUP_SIZE, 2 ** 31)
    : Number.POSITIVE_INFINITY;
  const parts = partsOf(table, pairsAtMost, rowsAtMost);
  const partialRows = Math.max(0, ...parts.map(({ first, end }) => table.endRow(end - 1) - table.firstRow(first)));
  const buffer = partial ? borrow(stateBytes * elementsAtMost * partialRows) : undefined;
  const run = call(main, { table: words, partial: buffer });
  const merge = partial ? merger(engine, reduction, key, call, buffer) : undefined;
  eachPart(batch, 1, 1, elementsAtMost, ({ element, elements }) => {
    for (const { first, end } of parts) {
      const common = {
        rowStart: table.firstRow(first),
        rowEnd: table.endRow(end - 1),
        element,
        splits: 1,
        partialRows,
        taskStart: first,
        ranges: 4 * table.tasks,
      };
      const pairs = table.pairsBefore[end] - table.pairsBefore[first];
      run({ words: common, groups: [end - first, elements, shares], operations: elements * pairs * perPair * shares });
      merge?.(common, elements);
    }
  });
}

/** Cuts tasks into parts with so many pairs, rows and workgroups at most, and one task at least. */
function partsOf(
  table: BlockTable,
  pairsAtMost: number,
  rowsAtMost: number,
): readonly { readonly first: number; readonly end: number }[] {
  const parts: { first: number; end: number }[] = [];
  let first = 0;
  for (let task = 1; task <= table.tasks; task++) {
    const full =
      task === table.tasks ||
      task - first >= MOST_GROUPS ||
      table.pairsBefore[task + 1] - table.pairsBefore[first] > pairsAtMost ||
      table.endRow(task) - table.firstRow(first) > rowsAtMost;
    if (!full) continue;
    parts.push({ first, end: task });
    first = task;
  }
  return parts;
}

/** What merges the partial results of a part. */
function merger(
  engine: Engine,
  reduction: Reduction,
  key: string,
  call: Caller,
  partial: GPUBuffer | undefined,
): (words: Part['words'] & { readonly rowStart: number; readonly rowEnd: number }, elements: number) => void {
  const kernel = engine.kernel(`merge|${key}`, () => mergeKernel(reduction, engine.mostBindings));
  const run = call(kernel, { partial });
  return (words, elements) => {
    const rows = words.rowEnd - words.rowStart;
    run({
      words,
      groups: [Math.ceil(rows / WORKGROUP_SIZE), elements, 1],
      operations: rows * elements * (words.splits ?? 1) * OPERATIONS_BESIDE_FORMULA,
    });
  };
}

const clamp = (value: number, least: number, most: number): number =>
  Math.max(least, Math.min(most, Math.floor(value)));
