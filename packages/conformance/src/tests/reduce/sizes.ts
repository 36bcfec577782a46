import type { ReductionKind } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkReduction } from '../../support/checkReduction.js';
import { pairReduction } from './pairFormula.js';

const SMALL = [1, 2, 63, 64, 65];
const LARGE = [
  [1000, 1001],
  [1001, 1000],
  [3, 5000],
  [5000, 3],
  // Some compilers of shaders cut loops, at a bound of their own, without a word.
  [2, 70_000],
];
/** A softmax mean reduces a score and a vector: for the other kinds dimensions beside those of vectors and registers will do. */
const DIMENSIONS: Readonly<Record<ReductionKind, readonly number[]>> = {
  softmaxMean: [1, 2, 3, 4, 7, 13, 16, 64],
  logSumExp: [1, 2, 16],
  sum: [1, 2, 16],
  min: [1, 2],
};
const BATCHES = [
  { batch: 1, batched: { rows: true, columns: true } },
  { batch: 3, batched: { rows: true, columns: true } },
  { batch: 3, batched: { rows: true, columns: false } },
  { batch: 3, batched: { rows: false, columns: true } },
];

/** The sizes of clouds, of points and of batches. */
export const sizeTests = (kind: ReductionKind): ConformanceTest[] => [
  {
    id: `reduce/${kind}/sizes`,
    title: 'any numbers of rows and columns, from 1 to those just beside a power of two',
    async run(subject) {
      for (const rows of SMALL) {
        for (const columns of SMALL) {
          const reduction = pairReduction(subject.backend, kind, { rows, columns, dimension: 2 });
          await checkReduction(subject, `${rows} x ${columns}`, reduction);
        }
      }
    },
  },
  {
    id: `reduce/${kind}/large-sizes`,
    title: '1000 x 1001 pairs, few rows with many columns, many rows with few columns',
    async run(subject) {
      for (const [rows, columns] of LARGE) {
        const reduction = pairReduction(subject.backend, kind, { rows, columns, dimension: 2 });
        await checkReduction(subject, `${rows} x ${columns}`, reduction);
      }
    },
  },
  {
    id: `reduce/${kind}/dimensions`,
    title: `points of dimension ${DIMENSIONS[kind].join(', ')}`,
    async run(subject) {
      for (const dimension of DIMENSIONS[kind]) {
        const reduction = pairReduction(subject.backend, kind, { rows: 5, columns: 9, dimension });
        await checkReduction(subject, `dimension ${dimension}`, reduction);
      }
    },
  },
  {
    id: `reduce/${kind}/batches`,
    title: 'batches on both sides, and arrays without the batch axis that serve every element',
    async run(subject) {
      for (const { batch, batched } of BATCHES) {
        const reduction = pairReduction(subject.backend, kind, { rows: 7, columns: 66, dimension: 2, batch, batched });
        await checkReduction(subject, `batch of ${batch}, rows ${batched.rows}, columns ${batched.columns}`, reduction);
        const mixed = { ...reduction, columns: { ...reduction.columns, w: { ...reduction.columns.w } } };
        if (!batched.columns) continue;
        const { values } = mixed.columns.w;
        mixed.columns.w = { shape: [66, 1], values: Array.from(values).slice(0, 66) };
        await checkReduction(subject, `batch of ${batch} with weights that all elements share`, mixed);
      }
    },
  },
];
