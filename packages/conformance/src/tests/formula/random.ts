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
import { choices, chosen } from './chosen.js';
import { randomFormula } from './randomFormula.js';

/** How many lots of formulas: a softmax mean has a score and a value. */
const LOTS: Readonly<Record<ReductionKind, number>> = { softmaxMean: 5, sum: 3, logSumExp: 3, min: 3 };
/** Formulas in one kernel: row by row another one of them. With more, some compilers of shaders take for ever. */
const TOGETHER = 10;
const SIZES = [1, 2, 3, 17, 64, 65];

interface Case {
  readonly kind: ReductionKind;
  readonly dimension: number;
  readonly rows: number;
  readonly columns: number;
  readonly batch: boolean;
  readonly finish: boolean;
  readonly formulas: readonly Formula[];
}

interface Formula {
  readonly score: Expression;
  readonly value: Expression;
}

const cases = (kind: ReductionKind): fc.Arbitrary<Case> =>
  fc.integer({ min: 1, max: 4 }).chain((dimension) => {
    const { number, vector } = randomFormula({ dimension, smooth: false });
    return fc.record({
      kind: fc.constant(kind),
      dimension: fc.constant(dimension),
      rows: fc.constantFrom(...SIZES.slice(0, 3)),
      columns: fc.constantFrom(...SIZES),
      batch: fc.boolean(),
      finish: fc.boolean(),
      formulas: fc.array(fc.record({ score: number, value: fc.oneof(number, vector) }), {
        minLength: TOGETHER,
        maxLength: TOGETHER,
      }),
    });
  });

function reductionOf(
  backend: Backend,
  { kind, dimension, rows: rowsEach, columns, batch, finish, formulas }: Case,
): HostReduction {
  const { uniform } = random(rowsEach + 100 * columns);
  const array = (count: number, size: number) =>
    hostArray(backend, batch ? [2, count, size] : [count, size], () => uniform(-1, 1));
  const rows = rowsEach * formulas.length;
  const score = chosen(formulas.map((formula) => formula.score));
  const value = chosen(formulas.map((formula) => formula.value));
  const hasValue = kind === 'sum' || kind === 'softmaxMean';
  const size = hasValue ? value.size : 1;
  return {
    kind,
    ...(kind === 'sum' ? {} : { score }),
    ...(hasValue ? { value } : {}),
    ...(finish ? { finish: add(row('u'), mul(-0.5, reduced(size))) } : {}),
    rows: { x: array(rows, dimension), u: array(rows, 1), chosen: choices(backend, rows, formulas.length) },
    columns: { y: array(columns, dimension), v: array(columns, 1) },
    parameters: { scale: uniform(0.5, 1.5) },
  };
}

const label = ({ formulas, ...rest }: Case) =>
  `${JSON.stringify(rest)}, ${formulas
    .map(({ score, value }) => `score ${expressionKey(score)}, value ${expressionKey(value)}`)
    .join('; ')}`;

const checkRandom = (subject: Subject, kind: ReductionKind): Promise<void> =>
  checkProperty(
    cases(kind),
    (given) => checkReduction(subject, label(given), reductionOf(subject.backend, given), { everyRow: true }),
    {
      seed: 1,
      runs: LOTS[kind],
    },
  );

/** Formulas that nobody thought of, each with a kind, sizes, perhaps a batch and perhaps a finish. */
export const randomTests: readonly ConformanceTest[] = KINDS.map((kind) => ({
  id: `formula/random-${kind}`,
  title: `${LOTS[kind] * TOGETHER} random formulas reduced by ${kind}`,
  run: (subject) => checkRandom(subject, kind),
}));
