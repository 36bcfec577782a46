import {
  column,
  type Expression,
  type Reduction,
  type ResolvedReduction,
  resolveReduction,
  rewrite,
} from '@sinkhorn/core';
import { bind, type Outputs, type Scratch, type Words } from './binding.js';
import { type Cut, cutsOf } from './cuts.js';
import type { PooledBuffer } from './device/bufferPool.js';
import type { CompiledKernel } from './device/pipelines.js';
import { type Engine, type Job, OPERATIONS_BESIDE_FORMULA, type Plan } from './job.js';
import { mapKernel } from './kernel/mapKernel.js';
import { permuteKernel } from './kernel/permuteKernel.js';
import { WORKGROUP_SIZE } from './kernel/wgsl.js';
import { portions } from './portions.js';
import { blockReduction } from './reduceBlocks.js';
import { pairReduction } from './reducePairs.js';
import { countOf, type StoredArray, sizeOf } from './storedArray.js';

/** Enqueues a reduction. */
export const dispatch = (engine: Engine, reduction: Reduction, resolved: ResolvedReduction, outputs: Outputs): void =>
  enqueue(engine, reduction, resolved, outputs, planOf);

/** Enqueues the copies that put the rows of an array in an order: as a map whose rows each read a column. */
export function permute(engine: Engine, array: StoredArray, order: Uint32Array, main: StoredArray): void {
  const size = sizeOf(array);
  const value = column('from', size);
  const reduction: Reduction = { kind: 'sum', value, rows: {}, columns: { from: array }, parameters: {} };
  enqueue(engine, reduction, { ...resolveReduction(reduction), rows: order.length }, { main }, (job) => {
    const kernel = engine.kernel('permute', () => permuteKernel(engine.mostBindings));
    const tables = new Map(
      job.cuts.map((cut) => {
        // A copy, as it may be written later.
        const places = order.slice(cut.rows.start, cut.rows.end);
        const table = job.allocateScratch(places.byteLength);
        engine.queue.write(undefined, table, places);
        return [cut, table];
      }),
    );
    return eachRow(job, kernel, (cut) => ({
      scratch: { table: tables.get(cut) },
      words: { columnsPerSplit: size, taskStart: cut.rows.start },
    }));
  });
}

function enqueue(
  engine: Engine,
  reduction: Reduction,
  resolved: ResolvedReduction,
  outputs: Outputs,
  plan: (job: Job) => Plan,
): void {
  const { rows, batch, columns, pair } = resolved;
  if (rows === 0 || batch === 0) return;
  const allocated: PooledBuffer[] = [];
  const allocateScratch = (bytes: number): GPUBuffer => {
    const pooled = engine.pool.take(bytes);
    allocated.push(pooled);
    return pooled.buffer;
  };
  const rowArrays = Object.values(reduction.rows) as StoredArray[];
  const columnArrays = Object.values(reduction.columns) as StoredArray[];
  const results = outputs.second ? [outputs.main, outputs.second] : [outputs.main];
  try {
    const gathering = gatheringOf(engine, reduction, resolved, results.length);
    const cuts = [
      ...cutsOf({ batch, rows, columns, rowArrays: [...rowArrays, ...results], columnArrays, ...gathering }),
    ];
    let gathered: GPUBuffer | undefined;
    const job: Job = {
      engine,
      reduction,
      resolved,
      cuts,
      perPair: pair.instructions.reduce((sum, { node }) => sum + node.size, OPERATIONS_BESIDE_FORMULA),
      allocateScratch,
      bind(kernel, scratch, cut, range) {
        const sizes = { rows, alignment: engine.bindingAlignment };
        return bind(kernel, reduction, outputs, { ...scratch, gathered }, { ...cut, columns: range }, sizes);
      },
    };
    const made = plan(job);
    if (made.kernels.some(({ bindings }) => bindings.some(({ binding }) => binding === 'gathered'))) {
      gathered = allocateScratch(gathering.bytes);
    }
    engine.queue.add({ ...made, reads: [...rowArrays, ...columnArrays], writes: results, wanted: false });
  } finally {
    // Work is done in order: what is enqueued from now on may use the same memory.
    for (const pooled of allocated) engine.pool.give(pooled);
  }
}

function planOf(job: Job): Plan {
  const { kind, blocks } = job.reduction;
  if (blocks) return blockReduction(job);
  return kind === 'sum' && job.resolved.columns === 1 ? map(job) : pairReduction(job);
}

/** How much has to be put together at once where kernels bind fewer arrays than there are, and what fits. */
function gatheringOf(
  { mostBindings, mostBytes }: Engine,
  reduction: Reduction,
  { rows, columns }: ResolvedReduction,
  results: number,
): { readonly bytes: number; readonly rowsAtMost: number; readonly columnsAtMost: number } {
  const sides = [reduction.rows, reduction.columns].map((arrays) => Object.values(arrays));
  const bytes = 4 * sides.flat().reduce((sum, { shape }) => sum + countOf(shape), 0);
  // With a table of blocks, and partial results in place of results.
  const mayGather = sides.flat().length + results + 1 > mostBindings;
  if (!mayGather || bytes <= mostBytes) {
    return { bytes, rowsAtMost: Number.POSITIVE_INFINITY, columnsAtMost: Number.POSITIVE_INFINITY };
  }
  const bytesOf = sides.map((arrays) => 4 * arrays.reduce((sum, { shape }) => sum + shape[shape.length - 1], 0));
  const [rowsAtMost, columnsAtMost] = bytesOf.map((each) => Math.max(1, Math.floor(mostBytes / 2 / Math.max(1, each))));
  const fitting = Math.min(rows, rowsAtMost) * bytesOf[0] + Math.min(columns, columnsAtMost) * bytesOf[1];
  return { bytes: fitting, rowsAtMost, columnsAtMost };
}

/** What a map computes: the value, finished. */
function wholeOf({ value, finish }: Reduction): Expression {
  if (!value) throw new Error('a sum has a value');
  return finish
    ? rewrite(finish, (node) => (node.type === 'variable' && node.side === 'reduced' ? value : undefined))
    : value;
}

/** A sum over the one column there is. */
function map(job: Job): Plan {
  const { engine, reduction, resolved } = job;
  const kernel = engine.kernel(`map|${resolved.key}`, () => mapKernel(wholeOf(reduction), engine.mostBindings));
  return eachRow(job, kernel);
}

/** A kernel that has a thread for each row, run for each piece of the columns. */
function eachRow(
  { cuts, perPair, bind }: Job,
  kernel: CompiledKernel,
  settingOf?: (cut: Cut) => { scratch: Scratch; words: Words },
): Plan {
  return {
    kernels: [kernel],
    *steps(room) {
      for (const cut of cuts) {
        const { scratch = {}, words } = settingOf?.(cut) ?? {};
        for (const columns of cut.columns) {
          const bound = bind(kernel, scratch, cut, columns);
          yield* bound.copies;
          const { start, end } = cut.rows;
          const groups = Math.ceil((end - start) / WORKGROUP_SIZE);
          const extent = { elements: cut.elements, groups, splits: 1 };
          for (const portion of portions(extent, WORKGROUP_SIZE * perPair, room)) {
            const rowStart = start + portion.group * WORKGROUP_SIZE;
            const rowEnd = Math.min(end, rowStart + portion.groups * WORKGROUP_SIZE);
            yield bound.run({
              words: { ...words, rowStart, rowEnd, element: cut.element + portion.element },
              groups: [portion.groups, portion.elements, 1],
              operations: portion.elements * (rowEnd - rowStart) * perPair,
            });
          }
        }
      }
    },
  };
}
