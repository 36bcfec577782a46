import {
  type Backend,
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
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkReduction } from '../../support/checkReduction.js';
import { type HostReduction, hostArray } from '../../support/hostReduction.js';

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

/** Every way in which two lists of numbers can reach an operator: as rows, columns, vectors, parameters and constants. */
function reductionsOf(
  backend: Backend,
  [first, second]: readonly [Operand, Operand],
  apply: (u: Expression, v: Expression) => Expression,
): [string, HostReduction][] {
  const count = first.length;
  const put = (list: Operand, shape: readonly number[]) => hostArray(backend, shape, (index) => list[index]);
  const sum = (value: Expression, arrays: Partial<HostReduction>): HostReduction => ({
    kind: 'sum',
    value,
    rows: {},
    columns: {},
    parameters: {},
    ...arrays,
  });
  const asRow = (list: Operand) => put(list, [count, 1, 1]);
  const ways: [string, HostReduction][] = [
    ['two row numbers', sum(apply(row('u'), row('v')), { rows: { u: asRow(first), v: asRow(second) } })],
    ['two column numbers', sum(apply(column('u'), column('v')), { columns: { u: asRow(first), v: asRow(second) } })],
    ['row and column', sum(apply(row('u'), column('v')), { rows: { u: asRow(first) }, columns: { v: asRow(second) } })],
    ['column and row', sum(apply(column('u'), row('v')), { rows: { v: asRow(second) }, columns: { u: asRow(first) } })],
    [
      'vectors of row and column',
      sum(apply(row('u', count), column('v', count)), {
        rows: { u: put(first, [1, count]) },
        columns: { v: put(second, [1, count]) },
      }),
    ],
    ['constant vectors', sum(apply(constant(first), constant(second)), {})],
    [
      'constant and column vector',
      sum(apply(constant(first), column('v', count)), { columns: { v: put(second, [1, count]) } }),
    ],
  ];
  for (let index = 0; index < count; index++) {
    const [u, v] = [first[index], second[index]];
    ways.push(
      [`two parameters, ${index}`, sum(apply(parameter('u'), parameter('v')), { parameters: { u, v } })],
      [
        `vector and parameter, ${index}`,
        sum(apply(row('u', 2), parameter('v')), { rows: { u: put([u, u], [1, 2]) }, parameters: { v } }),
      ],
      [
        `number and vector, ${index}`,
        sum(apply(row('u'), column('v', 2)), { rows: { u: put([u], [1, 1]) }, columns: { v: put([v, v], [1, 2]) } }),
      ],
    );
  }
  return ways;
}

const unaryTest = (operator: UnaryOperator): ConformanceTest => ({
  id: `formula/${operator}`,
  title: `${operator}(u) at ${ARGUMENTS[operator].join(', ')}`,
  async run(subject) {
    const list = ARGUMENTS[operator];
    // The second operand is not used: a unary operator takes the ways of a binary one.
    const asFirst = reductionsOf(subject.backend, [list, list], (u) => unary(operator, u));
    const asSecond = reductionsOf(subject.backend, [list, list], (_, v) => unary(operator, v));
    for (const [label, reduction] of [...asFirst, ...asSecond]) await checkReduction(subject, label, reduction);
  },
});

const binaryTest = (operator: BinaryOperator): ConformanceTest => ({
  id: `formula/${operator}`,
  title: `${operator}(u, v) of numbers and vectors, of rows, columns, parameters and constants`,
  async run(subject) {
    const pairs = PAIRS[operator];
    const lists = [pairs.map(([u]) => u), pairs.map(([, v]) => v)] as const;
    for (const [label, reduction] of reductionsOf(subject.backend, lists, (u, v) => binary(operator, u, v))) {
      await checkReduction(subject, label, reduction);
    }
  },
});

/** Each operator of expressions. */
export const operatorTests: readonly ConformanceTest[] = [
  ...keys(unaryFunctions).map(unaryTest),
  ...keys(binaryFunctions).map(binaryTest),
];
