import {
  type BinaryOperator,
  binary,
  binaryFunctions,
  column,
  constant,
  type Expression,
  type OptionalOperator,
  optionalOperators,
  parameter,
  row,
  type UnaryOperator,
  unary,
  unaryFunctions,
} from '@sinkhorn/core';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { checkReduction } from '../../support/checkReduction.js';
import { hostArray } from '../../support/hostReduction.js';
import { sideBySide } from '../../support/sideBySide.js';

type PlainUnary = Exclude<UnaryOperator, OptionalOperator>;
type PlainBinary = Exclude<BinaryOperator, OptionalOperator>;

const isPlain = <O extends string>(operator: O): operator is Exclude<O, OptionalOperator> =>
  !(optionalOperators as readonly string[]).includes(operator);

const keys = Object.keys as <K extends string>(record: Readonly<Record<K, unknown>>) => K[];

const NON_NEGATIVE = [0, 1e-30, 0.25, 1, 2, 1e30];

/** Arguments at which operators go wrong first. */
const ARGUMENTS: Readonly<Record<PlainUnary, readonly number[]>> = {
  neg: [0, -0, 1e-30, 1.5, -3, 1e30],
  abs: [0, -0, -1e-30, 1.5, -3, -1e30],
  sign: [0, -0, 1e-30, -1e-30, 7, -1e30],
  sqrt: NON_NEGATIVE,
  rsqrt: NON_NEGATIVE,
  square: [0, -0, 1e-15, -1.5, 3, 1e15],
  exp: [0, 1, -1, -80, 80, -1e4],
  log: [1e-30, 0.25, 0.999, 1, 1.001, 1e30],
};

type Pair = readonly [number, number];

/** Sums and differences, alike. */
const TERMS: readonly Pair[] = [
  [0, 0],
  [1, -1],
  [1, 1],
  [1e30, 1],
  [-1e30, -1e30],
  [-1e30, 1e30],
  [0.1, 0.2],
  [3, -1e-30],
];

/** Products and quotients, alike. */
const FACTORS: readonly Pair[] = [
  [0, 5],
  [0, -1e30],
  [1, 3],
  [-1, 1],
  [-1, 1e15],
  [1e15, 1e15],
  [1e15, 1e-15],
  [1e-15, 1e-15],
  [0.1, -0.2],
  [5, 5],
];

/** Of two numbers the smaller or the larger one. */
const CHOICES: readonly Pair[] = [
  [0, 0],
  [1, 2],
  [2, 1],
  [-1e30, 1e30],
  [-2, -3],
  [0.5, 0.5],
];

/** Pairs of arguments, likewise. */
const PAIRS: Readonly<Record<PlainBinary, readonly Pair[]>> = {
  add: TERMS,
  sub: TERMS,
  mul: FACTORS,
  div: FACTORS,
  min: CHOICES,
  max: CHOICES,
};

type Operand = readonly number[];
type Apply = (u: Expression, v: Expression) => Expression;

/** Ways in which two numbers reach an operator: from rows, columns and parameters. */
const ofNumbers = (apply: Apply): Readonly<Record<string, Expression>> => ({
  'two row numbers': apply(row('u'), row('v')),
  'two column numbers': apply(column('u'), column('v')),
  'row and column': apply(row('u'), column('v')),
  'column and row': apply(column('u'), row('v')),
  'two parameters': apply(parameter('u'), parameter('v')),
  'row number and parameter': apply(row('u'), parameter('v')),
  'parameter and column number': apply(parameter('u'), column('v')),
});

/** Ways in which vectors of `first` and `second` reach it, and a number beside a vector that is as often the same number. */
const ofVectors = (apply: Apply, first: Operand, second: Operand): Readonly<Record<string, Expression>> => {
  const size = first.length;
  return {
    'vectors of row and column': apply(row('allU', size), column('allV', size)),
    'constant vectors': apply(constant(first), constant(second)),
    'constant and column vector': apply(constant(first), column('allV', size)),
    'row vector and constant': apply(row('allU', size), constant(second)),
    'row vector and parameter': apply(row('sameU', size), parameter('v')),
    'parameter and column vector': apply(parameter('u'), column('sameV', size)),
    'row number and column vector': apply(row('u'), column('sameV', size)),
  };
};

/** Some operators in some ways, as parts of one formula; which operator a part is about. */
interface Application {
  readonly operator: string;
  readonly apply: Apply;
}

/**
 * Holds functions of two numbers to their definition, in every way in which the numbers can reach them: all in one formula, which
 * the tests of several operators share, so that a backend compiles it once. Each looks at what is its own.
 */
async function checkOperators(
  subject: Subject,
  about: string,
  list: readonly Application[],
  first: Operand,
  second: Operand,
): Promise<void> {
  const { backend } = subject;
  const count = first.length;
  const parts = (ways: (apply: Apply) => Readonly<Record<string, Expression>>, length: number) =>
    list.flatMap(({ operator, apply }) =>
      Object.entries(ways(apply)).map(([name, expression]) => ({ name: `${operator} of ${name}`, expression, length })),
    );
  const numbers = parts(ofNumbers, 1);
  const size = count * parts((apply) => ofVectors(apply, first, second), count).length + numbers.length;
  // Each way has `count` components of a vector that has every argument again and again.
  const repeated = (of: Operand) => Array.from({ length: size }, (_, index) => of[index % count]);
  const vectors = parts((apply) => ofVectors(apply, repeated(first), repeated(second)), count);
  const { value, names: all } = sideBySide([...vectors, ...numbers]);
  const names = all.map((name) => (name.startsWith(`${about} `) ? name : undefined));
  const array = (of: number, entry: (index: number) => number) => hostArray(backend, [1, of], entry);
  for (const [index, u] of first.entries()) {
    const v = second[index];
    const pair = { u: array(1, () => u), v: array(1, () => v) };
    const rows = { ...pair, sameU: array(size, () => u), allU: array(size, (k) => first[k % count]) };
    const columns = { ...pair, sameV: array(size, () => v), allV: array(size, (k) => second[k % count]) };
    const reduction = { kind: 'sum', value, rows, columns, parameters: { u, v } } as const;
    await checkReduction(subject, `of ${u} and ${v}`, reduction, { names });
  }
}

const unaryTest = (operator: PlainUnary): ConformanceTest => ({
  id: `formula/${operator}`,
  title: `${operator}(u) at ${ARGUMENTS[operator].join(', ')}`,
  run(subject) {
    const list = ARGUMENTS[operator];
    const together = keys(ARGUMENTS).filter((other) => ARGUMENTS[other] === list);
    // Of two operands one is not used: a unary operator takes the ways of a binary one.
    const ofEach = together.flatMap((other): Application[] => [
      { operator: other, apply: (u) => unary(other, u) },
      { operator: other, apply: (_, v) => unary(other, v) },
    ]);
    return checkOperators(subject, operator, ofEach, list, list);
  },
});

const binaryTest = (operator: PlainBinary): ConformanceTest => ({
  id: `formula/${operator}`,
  title: `${operator}(u, v) of numbers and vectors, of rows, columns, parameters and constants`,
  run(subject) {
    const pairs = PAIRS[operator];
    const together = keys(PAIRS).filter((other) => PAIRS[other] === pairs);
    const ofEach = together.map((other): Application => ({ operator: other, apply: (u, v) => binary(other, u, v) }));
    return checkOperators(
      subject,
      operator,
      ofEach,
      pairs.map(([u]) => u),
      pairs.map(([, v]) => v),
    );
  },
});

/** Each operator that every backend has. */
export const operatorTests: readonly ConformanceTest[] = [
  ...keys(unaryFunctions).filter(isPlain).map(unaryTest),
  ...keys(binaryFunctions).filter(isPlain).map(binaryTest),
];
