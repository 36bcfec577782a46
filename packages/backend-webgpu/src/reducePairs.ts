import type { Range } from './cuts.js';
import type { Job, Plan } from './job.js';
import { isLong } from './kernel/kernel.js';
import { pairKernel, stateSizes } from './kernel/pairKernel.js';
import { tilingOf } from './kernel/tiling.js';
import { WORKGROUP_SIZE } from './kernel/wgsl.js';
import { type Band, partialsOf, sharesOf } from './partials.js';
import { portions } from './portions.js';

/** Workgroups that fill a large GPU: with fewer rows than that, columns are split among several. */
const WORKGROUPS_WANTED = 256;
const FEWEST_COLUMNS_OF_SPLIT = 256;
/** A workgroup's share of the work, for slow devices to be free again in a tenth of a second. */
const MOST_COLUMNS_OF_SPLIT = 16_384;
/** Rows from which on each thread has two, and four. */
const ROWS_FOR_TWO = 16_384;
const ROWS_FOR_FOUR = 262_144;
/** With fewer pairs than this, threads read columns from where they are: there is nothing to gain from tiles. */
const PAIRS_WITHOUT_STAGING = 2 ** 16;

function rowsPerThreadOf(rows: number, valueSize: number): number {
  if (valueSize > 4 || rows < ROWS_FOR_TWO) return 1;
  return rows < ROWS_FOR_FOUR ? 2 : 4;
}

/** All pairs, with columns split among workgroups where rows are few or columns many. */
export function pairReduction(job: Job): Plan {
  const { engine, reduction, cuts, perPair, bind } = job;
  const { batch, rows, columns, key } = job.resolved;
  const sizes = stateSizes(reduction);
  const shares = sharesOf(sizes.values);
  const rowsPerThread = rowsPerThreadOf(rows * batch, sizes.values);
  const rowsOfGroup = rowsPerThread * WORKGROUP_SIZE;
  const staging = batch * rows * columns > PAIRS_WITHOUT_STAGING;
  const tile = tilingOf(reduction, staging).columns;
  const groups = Math.ceil(rows / rowsOfGroup) * batch * shares;
  const splitsWanted = Math.max(
    Math.min(Math.ceil(WORKGROUPS_WANTED / groups), Math.floor(columns / Math.max(2 * tile, FEWEST_COLUMNS_OF_SPLIT))),
    Math.ceil(columns / MOST_COLUMNS_OF_SPLIT),
    1,
  );
  const columnsPerSplit = Math.ceil(Math.max(columns, 1) / splitsWanted / tile) * tile;
  const splitsOf = ({ start, end }: Range) => Math.max(1, Math.ceil((end - start) / columnsPerSplit));
  const allSplits = (ranges: readonly Range[]) => ranges.reduce((sum, range) => sum + splitsOf(range), 0);
  const mostSplits = Math.max(...cuts.map((cut) => allSplits(cut.columns)));
  const partial = mostSplits > 1 || isLong(sizes.values);

  const shape = { rowsPerThread, staging, blocks: false, partial };
  const main = engine.kernel(`${rowsPerThread}|${staging}|${partial}|${key}`, () =>
    pairKernel(reduction, shape, engine.mostBindings),
  );
  const partials = partial ? partialsOf(job, mostSplits) : undefined;
  return {
    kernels: partials ? [main, partials.kernel] : [main],
    *steps(room) {
      for (const cut of cuts) {
        const splits = allSplits(cut.columns);
        const whole: Band = cut;
        for (const band of partials?.bands(cut) ?? [whole]) {
          let splitStart = 0;
          for (const range of cut.columns) {
            const bound = bind(main, { partials: partials?.buffer }, cut, range);
            yield* bound.copies;
            const { start, end } = band.rows;
            const extent = {
              elements: band.elements,
              groups: Math.ceil((end - start) / rowsOfGroup),
              splits: splitsOf(range),
            };
            const columnsOfSplit = Math.min(columnsPerSplit, range.end - range.start);
            const operations = Math.max(1, rowsOfGroup * columnsOfSplit * perPair * shares);
            for (const portion of portions(extent, operations, room)) {
              const first = portion.group * rowsOfGroup;
              yield bound.run({
                words: {
                  element: band.element + portion.element,
                  rowStart: start + first,
                  rowEnd: Math.min(end, start + first + portion.groups * rowsOfGroup),
                  columnStart: range.start + portion.split * columnsPerSplit,
                  columnsPerSplit,
                  splits,
                  splitStart: splitStart + portion.split,
                  splitsHere: portion.splits,
                  partialRows: partials?.rows ?? 0,
                  partialStart: portion.element * (partials?.rows ?? 0) + first,
                },
                groups: [portion.groups, portion.elements, portion.splits * shares],
                operations: operations * portion.elements * portion.groups * portion.splits,
              });
            }
            splitStart += extent.splits;
          }
          if (partials) yield* partials.merge(cut, band, splits, room);
        }
      }
    },
  };
}
