import {
  type BinaryOperator,
  binary,
  binaryFunctions,
  column,
  constant,
  type Expression,
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

const keys = Object.keys as <K extends string>(record: Readonly<Record<K, unknown>>) => K[];

const NON_NEGATIVE = [0, 1e-30, 0.25, 1, 2, 1e30];

/** Arguments at which operators go wrong first. */
const ARGUMENTS: Readonly<Record<UnaryOperator, readonly number[]>> = {
  neg: [0, -0, 1e-30, 1.5, -3, 1e30],
  abs: [0, -0, -1e-30, 1.5, -3, -1e30],
  sign: [0, -0, 1e-30, -1e-30, 7, -1e30],
  sqrt: NON_NEGATIVE,
  rsqrt: NON_NEGATIVE,
  square: [0, -0, 1e-15, -1.5, 3, 1e15],
  exp: [0, 1, -1, -80, 80, -1e4],
  log: [1e-30, 0.25, 0.999, 1, 1.001, 1e30],
};

/** Pairs of arguments, likewise. */
const PAIRS: Readonly<Record<BinaryOperator, readonly (readonly [number, number])[]>> = {
  add: [
    [0, 0],
    [1, -1],
    [1e30, 1],
    [-1e30, -1e30],
    [0.1, 0.2],
    [3, -1e-30],
  ],
  sub: [
    [0, 0],
    [1, 1],
    [1e30, 1],
    [-1e30, 1e30],
    [0.1, 0.2],
    [3, -1e-30],
  ],
  mul: [
    [0, 5],
    [0, -1e30],
    [-1, 1],
    [1e15, 1e15],
    [0.1, -0.2],
    [1e-15, 1e-15],
  ],
  div: [
    [0, 5],
    [1, 3],
    [-1, 1e15],
    [1e15, 1e-15],
    [0.1, -0.2],
    [5, 5],
  ],
  min: [
    [0, 0],
    [1, 2],
    [2, 1],
    [-1e30, 1e30],
    [-2, -3],
    [0.5, 0.5],
  ],
  max: [
    [0, 0],
    [1, 2],
    [2, 1],
    [-1e30, 1e30],
    [-2, -3],
    [0.5, 0.5],
  ],
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

/** Holds functions of two numbers to their definition, in every way in which the numbers can reach them: all in one formula. */
async function checkOperators(
  subject: Subject,
  list: readonly Apply[],
  first: Operand,
  second: Operand,
): Promise<void> {
  const { backend } = subject;
  const count = first.length;
  const vectors = (one: Operand, two: Operand) => list.flatMap((apply) => Object.entries(ofVectors(apply, one, two)));
  const numbers = list.flatMap((apply) => Object.entries(ofNumbers(apply)));
  const size = count * vectors(first, second).length + numbers.length;
  // Each way has `count` components of a vector that has every argument again and again.
  const repeated = (of: Operand) => Array.from({ length: size }, (_, index) => of[index % count]);
  const { value, names } = sideBySide([
    ...vectors(repeated(first), repeated(second)).map(([name, expression]) => ({ name, expression, length: count })),
    ...numbers.map(([name, expression]) => ({ name, expression, length: 1 })),
  ]);
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

const unaryTest = (operator: UnaryOperator): ConformanceTest => ({
  id: `formula/${operator}`,
  title: `${operator}(u) at ${ARGUMENTS[operator].join(', ')}`,
  run(subject) {
    const list = ARGUMENTS[operator];
    // Of two operands one is not used: a unary operator takes the ways of a binary one.
    const ofEach = [(u: Expression) => unary(operator, u), (_: Expression, v: Expression) => unary(operator, v)];
    return checkOperators(subject, ofEach, list, list);
  },
});

const binaryTest = (operator: BinaryOperator): ConformanceTest => ({
  id: `formula/${operator}`,
  title: `${operator}(u, v) of numbers and vectors, of rows, columns, parameters and constants`,
  run(subject) {
    const pairs = PAIRS[operator];
    const lists = [pairs.map(([u]) => u), pairs.map(([, v]) => v)] as const;
    return checkOperators(subject, [(u, v) => binary(operator, u, v)], ...lists);
  },
});

/** Each operator of expressions. */
export const operatorTests: readonly ConformanceTest[] = [
  ...keys(unaryFunctions).map(unaryTest),
  ...keys(binaryFunctions).map(binaryTest),
];
