import type { BlockPattern, ReductionKind } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkEqual } from '../../support/check.js';
import { checkReduction } from '../../support/checkReduction.js';
import { runReduction } from '../../support/hostReduction.js';
import { finishFor, pairReduction } from './pairFormula.js';

/** A pattern, from where blocks begin and the column blocks that each row block meets. */
export const pattern = (rowStarts: number[], columnStarts: number[], lists: number[][]): BlockPattern => ({
  rowStarts: Uint32Array.from(rowStarts),
  columnStarts: Uint32Array.from(columnStarts),
  offsets: Uint32Array.from([0, ...lists].map((_, r) => lists.slice(0, r).flat().length)),
  columnBlocks: Uint32Array.from(lists.flat()),
});

/** 70 rows and 90 columns; every row meets some columns, blocks of columns come in any order, two blocks are empty. */
const UNEVEN = pattern([0, 1, 33, 33, 64, 70], [0, 7, 7, 20, 90], [[3, 0], [2], [1], [2, 1, 0, 3], [3]]);

/** The same rows and columns, but rows 1 to 32 meet no block and rows 64 to 69 one without columns. */
const WITH_EMPTY_ROWS = pattern([0, 1, 33, 33, 64, 70], [0, 7, 7, 20, 90], [[3, 0], [], [1], [2, 1, 0, 3], [1]]);

/** Blocks of 100 of 1000 rows and 1001 columns, each with its neighbours, the last first. */
const BANDED = pattern(
  Array.from({ length: 11 }, (_, k) => k * 100),
  [...Array.from({ length: 10 }, (_, k) => k * 100), 1001],
  Array.from({ length: 10 }, (_, k) => [k + 1, k, k - 1].filter((block) => block >= 0 && block < 10)),
);

const EMPTY: Readonly<Record<ReductionKind, { main: number; second?: number }>> = {
  logSumExp: { main: Number.NEGATIVE_INFINITY },
  softmaxMean: { main: 0, second: Number.NEGATIVE_INFINITY },
  sum: { main: 0 },
  min: { main: Number.POSITIVE_INFINITY, second: -1 },
};

/** Reductions over some of the pairs. */
export const blockTests = (kind: ReductionKind): ConformanceTest[] => [
  {
    id: `reduce/${kind}/blocks`,
    title: 'blocks of pairs: uneven, empty and in any order, with a finish, in a batch, and of 1000 x 1001 pairs',
    async run(subject) {
      const { backend } = subject;
      const reduction = { ...pairReduction(backend, kind, { rows: 70, columns: 90, dimension: 2 }), blocks: UNEVEN };
      await checkReduction(subject, 'uneven blocks', reduction);
      await checkReduction(subject, 'uneven blocks, finished', { ...reduction, finish: finishFor(kind, 2) });
      const batched = pairReduction(backend, kind, { rows: 70, columns: 90, dimension: 2, batch: 2 });
      await checkReduction(subject, 'uneven blocks in a batch', { ...batched, blocks: UNEVEN });
      const large = pairReduction(backend, kind, { rows: 1000, columns: 1001, dimension: 2 });
      await checkReduction(subject, 'banded blocks', { ...large, blocks: BANDED });
    },
  },
  {
    id: `reduce/${kind}/empty-rows`,
    title: `a row that meets no column gives ${Object.values(EMPTY[kind]).join(' and ')}`,
    async run(subject) {
      const reduction = pairReduction(subject.backend, kind, { rows: 70, columns: 90, dimension: 2 });
      const blocks = WITH_EMPTY_ROWS;
      await checkReduction(subject, 'some rows empty', { ...reduction, blocks });
      const none = pattern([0, 70], [0, 90], [[]]);
      const [main, second] = await runReduction(subject.backend, { ...reduction, blocks: none });
      const expected = EMPTY[kind];
      checkEqual('all rows empty', main, new Array(main.length).fill(expected.main));
      if (expected.second !== undefined) {
        checkEqual('all rows empty, second result', second, new Array(70).fill(expected.second));
      }
    },
  },
];
