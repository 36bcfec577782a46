import { add, type Backend, column, type Expression, mul, parameter, type ReductionKind, row } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { checkReduction } from '../../support/checkReduction.js';
import { type HostReduction, hostArray, upload } from '../../support/hostReduction.js';
import { naiveReduction } from '../../support/naiveReduction.js';
import { random } from '../../support/random.js';
import { finishFor, KINDS, pairReduction } from './pairFormula.js';

/** A reduction of one kind whose score and value are the given number. */
const reductionOf = (
  kind: ReductionKind,
  number: Expression,
  rest: Pick<HostReduction, 'rows' | 'columns' | 'parameters'>,
): HostReduction => ({
  kind,
  ...(kind === 'sum' ? {} : { score: number }),
  ...(kind === 'sum' || kind === 'softmaxMean' ? { value: mul(2, number) } : {}),
  ...rest,
});

function oneSided(backend: Backend, kind: ReductionKind): [string, HostReduction][] {
  const { uniform } = random(5);
  const array = (shape: readonly number[]) => hostArray(backend, shape, () => uniform(-1, 1));
  const parameters = { scale: 0.75 };
  const scale = parameter('scale');
  const ofRow = mul(scale, row('u'));
  const ofColumn = mul(scale, column('v'));
  const both = add(ofRow, ofColumn);
  return [
    ['no column arrays', reductionOf(kind, ofRow, { rows: { u: array([70, 1]) }, columns: {}, parameters })],
    ['no row arrays', reductionOf(kind, ofColumn, { rows: {}, columns: { v: array([70, 1]) }, parameters })],
    ['no arrays', reductionOf(kind, scale, { rows: {}, columns: {}, parameters })],
    [
      'no row arrays in a batch',
      reductionOf(kind, ofColumn, { rows: {}, columns: { v: array([3, 9, 1]) }, parameters }),
    ],
    [
      'rows with one column for each element of a batch',
      reductionOf(kind, both, { rows: { u: array([3, 5, 1]) }, columns: { v: array([3, 1, 1]) }, parameters }),
    ],
    [
      'arrays that the formula does not use',
      reductionOf(kind, scale, { rows: { u: array([3, 1]) }, columns: { v: array([4, 1]) }, parameters }),
    ],
  ];
}

/** Sides without arrays. A softmax mean gives the log-sum-exp too. */
export const oneSidedTests: readonly ConformanceTest[] = KINDS.filter((kind) => kind !== 'logSumExp').map((kind) => ({
  id: `reduce/${kind}/one-sided`,
  title: 'without row arrays there is one row, without column arrays one column',
  async run(subject) {
    for (const [label, reduction] of oneSided(subject.backend, kind)) await checkReduction(subject, label, reduction);
  },
}));

/** What a reduction has besides pairs: a finish, parameters. */
export const shapeTests = (kind: ReductionKind): ConformanceTest[] => [
  {
    id: `reduce/${kind}/finish`,
    title: 'a finish of the result, row variables and parameters, with and without a batch',
    async run(subject) {
      for (const batch of [undefined, 3]) {
        const reduction = pairReduction(subject.backend, kind, { rows: 66, columns: 5, dimension: 2, batch });
        await checkReduction(subject, batch ? `batch ${batch}` : 'no batch', {
          ...reduction,
          finish: finishFor(kind, 2),
        });
      }
    },
  },
  {
    id: `reduce/${kind}/parameters`,
    title: 'a parameter that changes changes the result, with the same arrays',
    async run({ backend, tolerances }) {
      const reduction = pairReduction(backend, kind, { rows: 4, columns: 6, dimension: 2 });
      const uploaded = upload(backend, reduction);
      for (const inverse of [1, 0.125, 20, -3, 0]) {
        const results = backend.reduce({ ...uploaded.reduction, parameters: { inverse } });
        const main = await backend.read(results[0]);
        const naive = naiveReduction({ ...reduction, parameters: { inverse } });
        const { resultSize } = naive.resolved;
        for (let at = 0; at < 4; at++) {
          const { values, errors } = naive.estimatedRow(0, at).main;
          const allowed = Array.from(errors, (error) => tolerances.reduction * error);
          checkClose(
            `inverse ${inverse}, row ${at}`,
            main.subarray(at * resultSize, (at + 1) * resultSize),
            values,
            allowed,
          );
        }
        for (const result of results) backend.release(result);
      }
      uploaded.release();
    },
  },
];
