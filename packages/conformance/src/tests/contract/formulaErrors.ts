import {
  type Backend,
  column,
  type DeviceArray,
  InvalidFormulaError,
  parameter,
  type Reduction,
  reduced,
  reducedLogSumExp,
  row,
} from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkThrows } from '../../support/check.js';

/** Reductions that do not fit together, by what is wrong with them. */
function wrongReductions(backend: Backend, u: DeviceArray, v: DeviceArray): [string, Reduction][] {
  const right: Reduction = { kind: 'logSumExp', score: row('u'), rows: { u }, columns: {}, parameters: {} };
  const batch = backend.array([1, 2, 3, 4], [4, 1, 1]);
  const pattern = (columnBlock: number, rows: number) => ({
    rowStarts: Uint32Array.of(0, rows),
    columnStarts: Uint32Array.of(0, 1),
    offsets: Uint32Array.of(0, 1),
    columnBlocks: Uint32Array.of(columnBlock),
  });
  return [
    ['an unknown kind', { ...right, kind: 'mean' as Reduction['kind'] }],
    ['no score', { ...right, score: undefined }],
    ['a value where there is none', { ...right, value: row('u') }],
    ['no value', { ...right, kind: 'softmaxMean' }],
    ['a score that is a vector', { ...right, score: row('v', 2), rows: { v } }],
    ['a variable without an array', { ...right, score: row('missing') }],
    ['a column variable without an array', { ...right, score: column('missing') }],
    ['a variable of another size', { ...right, rows: { u: v } }],
    ['a parameter without a number', { ...right, score: parameter('scale') }],
    ['a parameter that is NaN', { ...right, score: parameter('scale'), parameters: { scale: Number.NaN } }],
    ['rows of different lengths', { ...right, rows: { u, v } }],
    ['batches of different sizes', { ...right, rows: { u: batch }, columns: { w: backend.array([1, 2], [2, 1, 1]) } }],
    ['reduced() in a score', { ...right, score: reduced() }],
    ['reduced() of another size', { ...right, finish: reduced(3) }],
    ['a column variable in a finish', { ...right, columns: { u }, finish: column('u') }],
    ['reducedLogSumExp() in a logSumExp', { ...right, finish: reducedLogSumExp() }],
    ['blocks for other rows', { ...right, blocks: pattern(0, 2) }],
    ['a column block that is not there', { ...right, blocks: pattern(1, 3) }],
  ];
}

/** What core's `resolveReduction` finds, reaches whoever called the backend. */
export const formulaErrorTests: readonly ConformanceTest[] = [
  {
    id: 'contract/formula-errors',
    title: 'a reduction that does not fit together is refused with an InvalidFormulaError',
    async run({ open }) {
      const backend = await open();
      const u = backend.array([1, 2, 3], [3, 1]);
      const v = backend.array([1, 2, 3, 4], [2, 2]);
      for (const [label, reduction] of wrongReductions(backend, u, v)) {
        await checkThrows(label, InvalidFormulaError, () => backend.reduce(reduction));
      }
    },
  },
];
