import {
  add,
  type Backend,
  type Expression,
  expressionKey,
  mul,
  type ReductionKind,
  reduced,
  row,
} from '@sinkhorn/core';
import fc from 'fast-check';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { checkProperty } from '../../support/checkProperty.js';
import { checkReduction } from '../../support/checkReduction.js';
import { type HostReduction, hostArray } from '../../support/hostReduction.js';
import { random } from '../../support/random.js';
import { KINDS } from '../reduce/pairFormula.js';
import { randomFormula } from './randomFormula.js';

const RUNS = 60;
const SIZES = [1, 2, 3, 17, 64, 65];

interface Case {
  readonly kind: ReductionKind;
  readonly dimension: number;
  readonly rows: number;
  readonly columns: number;
  readonly batch: boolean;
  readonly finish: boolean;
  readonly score: Expression;
  readonly value: Expression;
}

const cases = (kind: ReductionKind): fc.Arbitrary<Case> =>
  fc.integer({ min: 1, max: 4 }).chain((dimension) => {
    const { number, vector } = randomFormula({ dimension, smooth: false });
    return fc.record({
      kind: fc.constant(kind),
      dimension: fc.constant(dimension),
      rows: fc.constantFrom(...SIZES.slice(0, 4)),
      columns: fc.constantFrom(...SIZES),
      batch: fc.boolean(),
      finish: fc.boolean(),
      score: number,
      value: fc.oneof(number, vector),
    });
  });

function reductionOf(
  backend: Backend,
  { kind, dimension, rows, columns, batch, finish, score, value }: Case,
): HostReduction {
  const { uniform } = random(rows + 100 * columns);
  const array = (count: number, size: number) =>
    hostArray(backend, batch ? [2, count, size] : [count, size], () => uniform(-1, 1));
  const hasValue = kind === 'sum' || kind === 'softmaxMean';
  const size = hasValue ? value.size : 1;
  return {
    kind,
    ...(kind === 'sum' ? {} : { score }),
    ...(hasValue ? { value } : {}),
    ...(finish ? { finish: add(row('u'), mul(-0.5, reduced(size))) } : {}),
    rows: { x: array(rows, dimension), u: array(rows, 1) },
    columns: { y: array(columns, dimension), v: array(columns, 1) },
    parameters: { scale: uniform(0.5, 1.5) },
  };
}

const label = ({ score, value, ...rest }: Case) =>
  `${JSON.stringify(rest)}, score ${expressionKey(score)}, value ${expressionKey(value)}`;

const checkRandom = (subject: Subject, kind: ReductionKind): Promise<void> =>
  checkProperty(cases(kind), (given) => checkReduction(subject, label(given), reductionOf(subject.backend, given)), {
    seed: 1,
    runs: RUNS,
  });

/** Formulas that nobody thought of, each with a kind, sizes, perhaps a batch and perhaps a finish. */
export const randomTests: readonly ConformanceTest[] = KINDS.map((kind) => ({
  id: `formula/random-${kind}`,
  title: `${RUNS} random formulas reduced by ${kind}`,
  run: (subject) => checkRandom(subject, kind),
}));
