import { type BlockTable, blockTable } from './blockTable.js';
import type { Cut, Range } from './cuts.js';
import type { Job, Plan } from './job.js';
import { isLong } from './kernel/kernel.js';
import { longKernel } from './kernel/longKernel.js';
import { longTiling } from './kernel/longPoints.js';
import { pairKernel } from './kernel/pairKernel.js';
import { stateSizes } from './kernel/partialResults.js';
import { WORKGROUP_SIZE } from './kernel/wgsl.js';
import { type Band, partialsOf, sharesOf } from './partials.js';
import { MOST_GROUPS, sharePortions } from './portions.js';

/** A table, and where it begins in the buffer of all tables, in words. */
interface PlacedTable {
  readonly cut: Cut;
  readonly band: Band;
  readonly columns: Range;
  readonly split: number;
  readonly table: BlockTable;
  readonly at: number;
}

/** The pairs of a block pattern, a workgroup for each task of it. */
export function blockReduction(job: Job): Plan {
  const { engine, reduction, cuts, perPair, allocateScratch, bind } = job;
  const { blocks } = reduction;
  if (!blocks) throw new Error('there is a block pattern');
  const sizes = stateSizes(reduction);
  const shares = sharesOf(sizes.values);
  const mostSplits = Math.max(...cuts.map(({ columns }) => columns.length));
  const long = longTiling(reduction);
  const partial = mostSplits > 1 || isLong(sizes.values) || long !== undefined;
  const shape = { rowsPerThread: 1, staging: true, blocks: true, partial };
  const main = engine.kernel(`blocks|${partial}|${job.resolved.key}`, () =>
    long ? longKernel(reduction, long, true, engine.mostBindings) : pairKernel(reduction, shape, engine.mostBindings),
  );
  /** Partial results that a workgroup leaves of a row. */
  const resultsOfTask = long?.threadsOfRow ?? 1;
  const partials = partial ? partialsOf(job, mostSplits * resultsOfTask) : undefined;

  const tables: PlacedTable[] = [];
  let length = 0;
  for (const cut of cuts) {
    const whole: Band = cut;
    for (const band of partials?.bands(cut) ?? [whole]) {
      cut.columns.forEach((columns, split) => {
        const table = blockTable(blocks, WORKGROUP_SIZE, band.rows, columns);
        tables.push({ cut, band, columns, split, table, at: length });
        length += table.words.length;
      });
    }
  }
  const words = new Uint32Array(length);
  for (const { table, at } of tables) words.set(table.words, at);
  const buffer = allocateScratch(words.byteLength);
  if (length > 0) engine.queue.write(undefined, buffer, words);

  return {
    kernels: partials ? [main, partials.kernel] : [main],
    *steps(room) {
      for (const { cut, band, columns, split, table, at } of tables) {
        const bound = bind(main, { partials: partials?.buffer, table: buffer }, cut, columns);
        yield* bound.copies;
        for (const { element, elements, first, end } of portionsOf(table, band.elements, perPair * shares, room)) {
          const pairs = table.pairsBefore[end] - table.pairsBefore[first];
          const operations = elements * pairs * perPair;
          for (const portion of sharePortions(shares, operations, room())) {
            yield bound.run({
              words: {
                element: band.element + element,
                rowStart: band.rows.start,
                splits: cut.columns.length * resultsOfTask,
                splitStart: split,
                shareStart: portion.share,
                taskStart: at / 4 + first,
                ranges: at + 4 * table.tasks,
                partialRows: partials?.rows ?? 0,
                partialStart: element * (partials?.rows ?? 0),
              },
              groups: [end - first, elements, portion.shares],
              operations: operations * portion.shares,
            });
          }
        }
        if (partials && split === cut.columns.length - 1) {
          yield* partials.merge(cut, band, cut.columns.length * resultsOfTask, room);
        }
      }
    },
  };
}

interface TaskPortion {
  readonly element: number;
  readonly elements: number;
  readonly first: number;
  readonly end: number;
}

/** Cuts tasks into portions that there is room for, of one task at least: whole elements, else tasks of one element. */
function* portionsOf(
  { tasks, pairsBefore }: BlockTable,
  elements: number,
  operations: number,
  room: () => number,
): Generator<TaskPortion, void> {
  if (tasks === 0) return;
  let [element, first] = [0, 0];
  while (element < elements) {
    const pairs = Math.floor(room() / operations);
    if (first === 0 && tasks <= MOST_GROUPS && pairsBefore[tasks] <= pairs) {
      const count = Math.min(elements - element, Math.floor(pairs / Math.max(1, pairsBefore[tasks])), MOST_GROUPS);
      yield { element, elements: count, first, end: tasks };
      element += count;
      continue;
    }
    let end = first + 1;
    while (end < tasks && end - first < MOST_GROUPS && pairsBefore[end + 1] - pairsBefore[first] <= pairs) end += 1;
    yield { element, elements: 1, first, end };
    first = end;
    if (first === tasks) [element, first] = [element + 1, 0];
  }
}
