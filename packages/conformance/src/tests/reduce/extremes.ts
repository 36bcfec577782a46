import { add, column, type ReductionKind, row } from '@sinkhorn/core';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { checkReduction } from '../../support/checkReduction.js';
import { type HostReduction, hostArray } from '../../support/hostReduction.js';

/** The log weight that core gives a point of weight 0. */
const LOG_ZERO = -1e30;

type Scores = (index: number) => number;

function scored({ backend }: Subject, kind: ReductionKind, columns: number, scores: Scores): HostReduction {
  return {
    kind,
    score: add(row('u'), column('s')),
    ...(kind === 'softmaxMean' ? { value: column('v', 2) } : {}),
    rows: { u: hostArray(backend, [3, 1], (index) => [0, 1, -2][index]) },
    columns: {
      s: hostArray(backend, [columns, 1], scores),
      v: hostArray(backend, [columns, 2], (index) => Math.cos(index)),
    },
    parameters: {},
  };
}

const LARGE: readonly [string, Scores][] = [
  ['all 1e4', () => 1e4],
  ['all -1e4', () => -1e4],
  ['1e4 and -1e4', (index) => (index % 2 === 0 ? 1e4 : -1e4)],
  ['-1e4 with one 1e4 at the end', (index) => (index === 700 ? 1e4 : -1e4)],
  ['rising by 20 a column', (index) => 20 * index],
  ['falling by 20 a column', (index) => -20 * index],
];

const WEIGHTLESS: readonly [string, Scores][] = [
  ['first half', (index) => (index < 350 ? LOG_ZERO : Math.sin(index))],
  ['second half', (index) => (index >= 350 ? LOG_ZERO : Math.sin(index))],
  ['all but the first', (index) => (index > 0 ? LOG_ZERO : 0.5)],
  ['all but the last', (index) => (index < 700 ? LOG_ZERO : 0.5)],
  ['every second', (index) => (index % 2 === 0 ? LOG_ZERO : -1e4)],
];

/** Scores far from 0: temperatures are small and weights may be 0. */
export const extremeTests = (kind: 'logSumExp' | 'softmaxMean'): ConformanceTest[] => [
  {
    id: `reduce/${kind}/large-scores`,
    title: 'scores of 1e4 and -1e4 neither overflow nor vanish, whatever their order',
    async run(subject) {
      for (const [label, scores] of LARGE) {
        for (const columns of [701, 2]) {
          await checkReduction(subject, `${label}, ${columns} columns`, scored(subject, kind, columns, scores));
        }
      }
    },
  },
  {
    id: `reduce/${kind}/zero-weights`,
    title: 'columns with the log weight -1e30 do not count, wherever they stand',
    async run(subject) {
      for (const [label, scores] of WEIGHTLESS) {
        await checkReduction(subject, `without weight: ${label}`, scored(subject, kind, 701, scores));
      }
    },
  },
];
