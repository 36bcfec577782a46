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
        const values = {
          row: sum(x),
          column: sum(y),
          mixed: dot(x, y),
          constant: sum(constant(new Array(size).fill(0.1))),
        };
        for (const [label, value] of Object.entries(values)) {
          await checkReduction(subject, `${label} of size ${size}`, summed(subject, value, size));
        }
      }
    },
  },
  {
    id: 'formula/component',
    title: 'single components of row, column, mixed and constant vectors, and of numbers',
    async run(subject) {
      const size = 4;
      const [x, y] = [row('x', size), column('y', size)];
      for (const index of [0, 1, 3]) {
        const of = (vector: Expression) => component(vector, index);
        const value = add(mul(of(x), of(y)), mul(of(mul(x, y)), of(constant([1, 2, 3, 4]))));
        await checkReduction(subject, `component ${index}`, summed(subject, value, size));
      }
      await checkReduction(subject, 'of a number', summed(subject, component(square(row('x')), 0), 1));
    },
  },
  {
    id: 'formula/constants',
    title: 'constants that no float32 holds exactly, large, small and negative, and a formula that is one',
    async run(subject) {
      for (const value of [1 / 3, -2.5, 1e-7, 1e21, -1e-12, 16777217, 0]) {
        await checkReduction(subject, `constant ${value}`, summed(subject, constant(value), 2));
        await checkReduction(subject, `constant ${value} times x`, summed(subject, mul(value, row('x', 2)), 2));
      }
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
      await checkReduction(subject, 'distance', on(distance(x, y)));
      await checkReduction(subject, 'distance to the power 1.5', on(power(distance(x, y), 1.5)));
      await checkReduction(subject, 'Laplacian kernel', on(exp(sub(0, distance(x, y)))));
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
