import type { Range } from './cuts.js';
import type { Job, Plan } from './job.js';
import { isLong } from './kernel/kernel.js';
import { longKernel } from './kernel/longKernel.js';
import { longTiling } from './kernel/longPoints.js';
import { pairKernel } from './kernel/pairKernel.js';
import { stateSizes } from './kernel/partialResults.js';
import { tilingOf } from './kernel/tiling.js';
import { WORKGROUP_SIZE } from './kernel/wgsl.js';
import { type Band, partialsOf, sharesOf } from './partials.js';
import { MOST_GROUPS, portions, sharePortions } from './portions.js';

/** Workgroups that fill a large GPU: with fewer rows than that, columns are split among several. */
const WORKGROUPS_WANTED = 256;
/** Columns of a part at least. Lowering it makes more parts than putting them together is worth. Chosen, not measured. */
const FEWEST_COLUMNS_OF_SPLIT = 256;
/** What a workgroup does at most: a slow device's submission has several then, one for each of its processors. */
const MOST_OPERATIONS_OF_GROUP = 1e7;
/** As long as there are so many workgroups, more rows for each thread are worth more than more workgroups. */
const WORKGROUPS_ENOUGH = 48;
/** Rows that fill up the last workgroup, at most, as a part of all. */
const MOST_IDLE = 0.15;
/** With fewer pairs than this, threads read columns from where they are: there is nothing to gain from tiles. */
const PAIRS_WITHOUT_STAGING = 2 ** 16;

/** What is loaded of a column serves all rows of a thread: they are as many as registers hold, and as keep the machine busy. */
function rowsPerThreadOf(rows: number, batch: number, splits: number, valueSize: number): number {
  const fitting = valueSize === 0 ? [4, 2] : valueSize <= 4 ? [2] : [];
  const groups = (each: number) => Math.ceil(rows / (each * WORKGROUP_SIZE));
  const idle = (each: number) => (groups(each) * each * WORKGROUP_SIZE) / rows - 1;
  return fitting.find((each) => groups(each) * batch * splits >= WORKGROUPS_ENOUGH && idle(each) <= MOST_IDLE) ?? 1;
}

/** All pairs, with columns split among workgroups where rows are few or columns many. */
export function pairReduction(job: Job): Plan {
  const { engine, reduction, cuts, perPair, bind } = job;
  const { batch, rows, columns, key } = job.resolved;
  const sizes = stateSizes(reduction);
  const shares = sharesOf(sizes.values);
  const staging = batch * rows * columns > PAIRS_WITHOUT_STAGING;
  const long = staging ? longTiling(reduction) : undefined;
  const tile = long ? 4 * long.chunks : tilingOf(reduction, staging).columns;
  /** Partial results that a workgroup leaves of a row. */
  const resultsOfSplit = long?.threadsOfRow ?? 1;
  const splitsPossible = Math.max(1, Math.floor(columns / Math.max(2 * tile, FEWEST_COLUMNS_OF_SPLIT)));
  const rowsPerThread = long || !staging ? 1 : rowsPerThreadOf(rows, batch, splitsPossible, sizes.values);
  const rowsOfGroup = rowsPerThread * WORKGROUP_SIZE;
  const groups = Math.ceil(rows / rowsOfGroup) * batch * shares;
  const columnsAtMost = Math.max(
    FEWEST_COLUMNS_OF_SPLIT,
    Math.floor(MOST_OPERATIONS_OF_GROUP / (rowsOfGroup * perPair)),
  );
  const splitsWanted = Math.max(
    Math.min(Math.ceil(WORKGROUPS_WANTED / groups), splitsPossible),
    Math.ceil(columns / columnsAtMost),
    1,
  );
  const columnsPerSplit = Math.ceil(Math.max(columns, 1) / splitsWanted / tile) * tile;
  const splitsAtMost = Math.floor(MOST_GROUPS / shares);
  const splitsOf = ({ start, end }: Range) => Math.max(1, Math.ceil((end - start) / columnsPerSplit));
  const allSplits = (ranges: readonly Range[]) => ranges.reduce((sum, range) => sum + splitsOf(range), 0);
  const mostSplits = Math.max(...cuts.map((cut) => allSplits(cut.columns)));
  const partial = mostSplits > 1 || isLong(sizes.values) || long !== undefined;

  const shape = { rowsPerThread, staging, blocks: false, partial };
  const main = long
    ? engine.kernel(`long|${key}`, () => longKernel(reduction, long, false, engine.mostBindings))
    : engine.kernel(`${rowsPerThread}|${staging}|${partial}|${key}`, () =>
        pairKernel(reduction, shape, engine.mostBindings),
      );
  const partials = partial ? partialsOf(job, mostSplits * resultsOfSplit) : undefined;
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
            const operations = Math.max(1, rowsOfGroup * columnsOfSplit * perPair);
            for (const portion of portions(extent, operations * shares, room, splitsAtMost)) {
              const first = portion.group * rowsOfGroup;
              const ofShare = operations * portion.elements * portion.groups * portion.splits;
              for (const { share, shares: sharesHere } of sharePortions(shares, ofShare, room())) {
                yield bound.run({
                  words: {
                    element: band.element + portion.element,
                    rowStart: start + first,
                    rowEnd: Math.min(end, start + first + portion.groups * rowsOfGroup),
                    columnStart: range.start + portion.split * columnsPerSplit,
                    columnsPerSplit,
                    splits: splits * resultsOfSplit,
                    splitStart: splitStart + portion.split,
                    splitsHere: portion.splits,
                    shareStart: share,
                    partialRows: partials?.rows ?? 0,
                    partialStart: portion.element * (partials?.rows ?? 0) + first,
                  },
                  groups: [portion.groups, portion.elements, portion.splits * sharesHere],
                  operations: ofShare * sharesHere,
                });
              }
            }
            splitStart += extent.splits;
          }
          if (partials) yield* partials.merge(cut, band, splits * resultsOfSplit, room);
        }
      }
    },
  };
}
