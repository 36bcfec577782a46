import {
  add,
  column,
  component,
  constant,
  distance,
  dot,
  type Expression,
  exp,
  log,
  mul,
  power,
  row,
  sqrt,
  square,
  squaredDistance,
  sub,
  sum,
} from '@sinkhorn/core';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { check } from '../../support/check.js';
import { checkReduction } from '../../support/checkReduction.js';
import { type HostReduction, hostArray, runReduction } from '../../support/hostReduction.js';
import { random } from '../../support/random.js';
import { sideBySide } from '../../support/sideBySide.js';

function summed({ backend }: Subject, value: Expression, size: number): HostReduction {
  const { uniform } = random(size);
  return {
    kind: 'sum',
    value,
    rows: { x: hostArray(backend, [5, size], () => uniform(-1, 1)) },
    columns: { y: hostArray(backend, [7, size], () => uniform(-1, 1)) },
    parameters: {},
  };
}

/** Nodes of expressions that are no operators, and how they nest. */
export const nodeTests: readonly ConformanceTest[] = [
  {
    id: 'formula/sum-of-components',
    title: 'sums over the components of row, column, mixed and constant vectors, and of numbers',
    async run(subject) {
      for (const size of [1, 2, 5, 64]) {
        const [x, y] = [row('x', size), column('y', size)];
        const { value, names } = sideBySide([
          { name: 'row', expression: sum(x), length: 1 },
          { name: 'column', expression: sum(y), length: 1 },
          { name: 'mixed', expression: dot(x, y), length: 1 },
          { name: 'constant', expression: sum(constant(new Array(size).fill(0.1))), length: 1 },
        ]);
        await checkReduction(subject, `size ${size}`, summed(subject, value, size), { names });
      }
    },
  },
  {
    id: 'formula/component',
    title: 'single components of row, column, mixed and constant vectors, and of numbers',
    async run(subject) {
      const size = 4;
      const [x, y] = [row('x', size), column('y', size)];
      const { value, names } = sideBySide(
        [0, 1, 3].map((index) => {
          const of = (vector: Expression) => component(vector, index);
          const expression = add(mul(of(x), of(y)), mul(of(mul(x, y)), of(constant([1, 2, 3, 4]))));
          return { name: `component ${index}`, expression, length: 1 };
        }),
      );
      await checkReduction(subject, 'of vectors', summed(subject, value, size), { names });
      await checkReduction(subject, 'of a number', summed(subject, component(square(row('x')), 0), 1));
    },
  },
  {
    id: 'formula/constants',
    title: 'constants that no float32 holds exactly, large, small and negative, and a formula that is one',
    async run(subject) {
      const { value, names } = sideBySide(
        [1 / 3, -2.5, 1e-7, 1e21, -1e-12, 16777217, 0].flatMap((number) => [
          { name: `${number}`, expression: constant(number), length: 1 },
          { name: `${number} times u`, expression: mul(number, component(row('x', 2), 1)), length: 1 },
        ]),
      );
      await checkReduction(subject, 'constants', summed(subject, value, 2), { names });
      await checkReduction(subject, 'a constant alone', summed(subject, constant(1 / 3), 2));
      await checkReduction(subject, 'a vector', summed(subject, mul(constant([1, -2, 1 / 3]), column('y', 3)), 3));
    },
  },
  {
    id: 'formula/shared',
    title: 'a sub-expression that is used many times, and formulas that are deep',
    async run(subject) {
      const shared = exp(mul(-0.5, squaredDistance(row('x', 3), column('y', 3))));
      const often = add(mul(shared, shared), sub(sqrt(shared), mul(shared, row('x', 3))));
      await checkReduction(subject, 'used many times', summed(subject, often, 3));
      let deep: Expression = row('x', 3);
      for (let level = 0; level < 60; level++)
        deep = mul(0.5, add(deep, level % 2 === 0 ? column('y', 3) : row('x', 3)));
      await checkReduction(subject, '120 levels deep', summed(subject, deep, 3));
    },
  },
  {
    id: 'formula/coincident-points',
    title: 'distances, their powers and kernels where two points coincide',
    async run(subject) {
      const { backend, tolerances } = subject;
      const [x, y] = [row('x', 3), column('y', 3)];
      const points = { shape: [4, 3], values: hostArray(backend, [4, 3], (index) => Math.sin(index)).values };
      const on = (value: Expression): HostReduction => ({
        kind: 'sum',
        value,
        rows: { x: points },
        columns: { y: points },
        parameters: {},
      });
      const { value, names } = sideBySide([
        { name: 'distance', expression: distance(x, y), length: 1 },
        { name: 'distance to the power 1.5', expression: power(distance(x, y), 1.5), length: 1 },
        { name: 'Laplacian kernel', expression: exp(sub(0, distance(x, y))), length: 1 },
      ]);
      await checkReduction(subject, 'three of them', on(value), { names });
      // By a logarithm of 0, which devices do not agree on: it only has to be low enough for the power to vanish.
      const [at] = await runReduction(backend, {
        ...on(power(sub(row('x', 1), column('y', 1)), 1.3)),
        rows: { x: hostArray(backend, [1, 1], () => 0.5) },
        columns: { y: hostArray(backend, [1, 1], () => 0.5) },
      });
      check(Math.abs(at[0]) <= tolerances.reduction, `0 to the power 1.3 is ${at[0]}`);
      const [low] = await runReduction(backend, {
        ...on(log(row('x', 1))),
        rows: { x: hostArray(backend, [1, 1], () => 0) },
        columns: {},
      });
      check(low[0] < -80, `log(0) is ${low[0]}: anything below -80 will do`);
    },
  },
];
