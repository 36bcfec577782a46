import { add, type Backend, column, exp, mul, reduced, reducedLogSumExp, row, sub } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkEqual } from '../../support/check.js';
import { checkReduction } from '../../support/checkReduction.js';
import { hostArray, runReduction } from '../../support/hostReduction.js';
import { pattern } from './blocks.js';
import { pairReduction } from './pairFormula.js';

/** Columns that are this far from each other are the same point. */
const PERIOD = 9;

/** 70 rows and 90 columns: the first rows meet all blocks in falling order, the others some in no order. */
const LATER_FIRST = pattern(
  [0, 33, 70],
  [0, 7, 7, 20, 64, 90],
  [
    [4, 3, 2, 1, 0],
    [2, 4, 3],
  ],
);

/** Points on whole numbers, so that equal scores are equal on every device; short and long ones take ways of their own. */
async function checkTiesInBlocks(backend: Backend, dimension: number): Promise<void> {
  const reduction = pairReduction(backend, 'min', { rows: 70, columns: 90, dimension });
  const place = (index: number) => (index % dimension === 0 ? Math.floor(index / dimension) % PERIOD : 0);
  const [main, index] = await runReduction(backend, {
    ...reduction,
    rows: { ...reduction.rows, x: hostArray(backend, [70, dimension], place) },
    columns: { y: hostArray(backend, [90, dimension], place), w: hostArray(backend, [90, 1], () => 0) },
    parameters: { inverse: 0.5 },
    blocks: LATER_FIRST,
  });
  checkEqual(`the least scores in blocks, dimension ${dimension}`, main, new Array(70).fill(0));
  const leastFrom = (start: number, row: number) => start + ((((row - start) % PERIOD) + PERIOD) % PERIOD);
  checkEqual(
    `tie in blocks that are listed in falling order: of equal columns the least, row by row, dimension ${dimension}`,
    index,
    Array.from({ length: 70 }, (_, row) => leastFrom(row < 33 ? 0 : 7, row)),
  );
}

/** What only one kind of reduction can do. */
export const specialTests: readonly ConformanceTest[] = [
  {
    id: 'reduce/softmaxMean/finish-with-log-sum-exp',
    title: 'a finish may use the log-sum-exp next to the mean, and the log-sum-exp comes as it is',
    async run(subject) {
      const reduction = pairReduction(subject.backend, 'softmaxMean', { rows: 66, columns: 65, dimension: 3 });
      const finish = mul(exp(mul(0.5, reducedLogSumExp())), sub(reduced(3), row('x', 3)));
      await checkReduction(subject, 'mean and log-sum-exp', { ...reduction, finish });
      await checkReduction(subject, 'log-sum-exp alone', { ...reduction, finish: add(row('s'), reducedLogSumExp()) });
    },
  },
  {
    id: 'reduce/softmaxMean/values-of-weightless-columns',
    title: 'a column without weight does not count, however large its value',
    async run(subject) {
      const { backend } = subject;
      await checkReduction(subject, 'values of 1e20', {
        kind: 'softmaxMean',
        score: column('s'),
        value: column('v'),
        rows: { u: hostArray(backend, [2, 1], () => 0) },
        columns: {
          s: hostArray(backend, [130, 1], (index) => (index % 3 === 0 ? Math.sin(index) : -1e30)),
          v: hostArray(backend, [130, 1], (index) => (index % 3 === 0 ? index / 100 : 1e20)),
        },
        parameters: {},
      });
    },
  },
  {
    id: 'reduce/min/ties',
    title: 'ties: of columns with one and the same least score the index is the least, whatever the order of blocks',
    async run({ backend }) {
      const columns = 700;
      // Row r finds its least score at the columns r, r + 64, r + 128 and so on.
      const score = mul(sub(row('u'), column('v')), sub(row('u'), column('v')));
      const [main, index] = await runReduction(backend, {
        kind: 'min',
        score,
        rows: { u: hostArray(backend, [64, 1], (at) => at) },
        columns: { v: hostArray(backend, [columns, 1], (at) => at % 64) },
        parameters: {},
      });
      checkEqual('the least scores', main, new Array(64).fill(0));
      checkEqual(
        'tie without blocks: of equal columns the least, row by row',
        index,
        Array.from({ length: 64 }, (_, at) => at),
      );
      for (const dimension of [2, 12]) await checkTiesInBlocks(backend, dimension);
    },
  },
  {
    id: 'reduce/min/finish-keeps-index',
    title: 'a finish changes the minimum and leaves the index alone',
    async run({ backend }) {
      const [main, index] = await runReduction(backend, {
        kind: 'min',
        score: column('v'),
        finish: add(mul(10, reduced()), row('u')),
        rows: { u: hostArray(backend, [2, 1], (at) => at) },
        columns: { v: hostArray(backend, [4, 1], (at) => [5, 4, 2, 3][at]) },
        parameters: {},
      });
      checkEqual('finished minima', main, [20, 21]);
      checkEqual('indices', index, [2, 2]);
    },
  },
  {
    id: 'reduce/sum/many-terms',
    title: 'a sum of 20000 terms keeps its digits',
    async run(subject) {
      const { backend } = subject;
      await checkReduction(subject, 'terms between 0 and 1', {
        kind: 'sum',
        value: column('v'),
        rows: {},
        columns: { v: hostArray(backend, [20000, 1], (at) => 0.5 + 0.5 * Math.sin(at)) },
        parameters: {},
      });
    },
  },
];
