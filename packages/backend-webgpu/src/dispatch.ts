import { type Expression, type Reduction, type ResolvedReduction, rewrite } from '@sinkhorn/core';
import { bind, type Outputs } from './binding.js';
import { cutsOf } from './cuts.js';
import type { PooledBuffer } from './device/bufferPool.js';
import { type Engine, type Job, OPERATIONS_BESIDE_FORMULA, type Plan } from './job.js';
import { mapKernel } from './kernel/mapKernel.js';
import { WORKGROUP_SIZE } from './kernel/wgsl.js';
import { portions } from './portions.js';
import { blockReduction } from './reduceBlocks.js';
import { pairReduction } from './reducePairs.js';
import { countOf, type StoredArray } from './storedArray.js';

/** Enqueues a reduction. */
export function dispatch(engine: Engine, reduction: Reduction, resolved: ResolvedReduction, outputs: Outputs): void {
  const { rows, batch, columns, pair } = resolved;
  if (rows === 0 || batch === 0) return;
  const borrowed: PooledBuffer[] = [];
  const borrow = (bytes: number): GPUBuffer => {
    const pooled = engine.pool.take(bytes);
    borrowed.push(pooled);
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
      borrow,
      bind(kernel, scratch, cut, range) {
        const sizes = { rows, alignment: engine.bindingAlignment };
        return bind(kernel, reduction, outputs, { ...scratch, gathered }, { ...cut, columns: range }, sizes);
      },
    };
    const plan = planOf(job);
    if (plan.kernels.some(({ bindings }) => bindings.some(({ binding }) => binding === 'gathered'))) {
      gathered = borrow(gathering.bytes);
    }
    engine.queue.add({ ...plan, reads: [...rowArrays, ...columnArrays], writes: results, wanted: false });
  } finally {
    // Work is done in order: what is enqueued from now on may use the same memory.
    for (const pooled of borrowed) engine.pool.give(pooled);
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
function map({ engine, reduction, resolved: { key }, cuts, perPair, bind }: Job): Plan {
  const kernel = engine.kernel(`map|${key}`, () => mapKernel(wholeOf(reduction), engine.mostBindings));
  return {
    kernels: [kernel],
    *steps(room) {
      for (const cut of cuts) {
        const bound = bind(kernel, {}, cut, cut.columns[0]);
        yield* bound.copies;
        const { start, end } = cut.rows;
        const groups = Math.ceil((end - start) / WORKGROUP_SIZE);
        const extent = { elements: cut.elements, groups, splits: 1 };
        for (const portion of portions(extent, WORKGROUP_SIZE * perPair, room)) {
          const rowStart = start + portion.group * WORKGROUP_SIZE;
          const rowEnd = Math.min(end, rowStart + portion.groups * WORKGROUP_SIZE);
          yield bound.run({
            words: { rowStart, rowEnd, element: cut.element + portion.element },
            groups: [portion.groups, portion.elements, 1],
            operations: portion.elements * (rowEnd - rowStart) * perPair,
          });
        }
      }
    },
  };
}
