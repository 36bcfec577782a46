import {
  type Cost,
  column,
  derivative,
  distance,
  type Expression,
  energyKernel,
  evaluate,
  exp,
  expressionKey,
  gaussianKernel,
  laplacianKernel,
  max,
  min,
  mul,
  power,
  powerCost,
  row,
  squaredDistance,
  sub,
  type Variable,
} from '@sinkhorn/core';
import fc from 'fast-check';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { checkClose, checkEqual } from '../../support/check.js';
import { checkProperty } from '../../support/checkProperty.js';
import { type HostArray, hostArray, runReduction } from '../../support/hostReduction.js';
import { random } from '../../support/random.js';
import { randomFormula } from './randomFormula.js';

const STEP = 1e-5;
/** What a central difference loses itself: STEP^2 by the third derivative, and rounding over STEP. */
const DIFFERENCE_ERROR = 1e-7;
const PARAMETERS = { scale: 0.8, inverseBlur: 1.3 };

type Arrays = Readonly<Record<'x' | 'u' | 'y' | 'v', HostArray>>;

function arraysFor({ backend }: Subject, dimension: number, rows: number): Arrays {
  const { uniform } = random(dimension);
  const array = (shape: readonly number[]) => hostArray(backend, shape, () => uniform(-1, 1));
  return { x: array([rows, dimension]), u: array([rows, 1]), y: array([1, dimension]), v: array([1, 1]) };
}

/** The gradient of a formula for one row, by central differences in float64. */
function differences(formula: Expression, variable: Variable, arrays: Arrays, at: number): number[] {
  const list = (name: string): number[] => {
    const { values, shape } = arrays[name as keyof Arrays];
    const size = shape[1];
    const start = name === 'x' || name === 'u' ? at * size : 0;
    return Array.from({ length: size }, (_, c) => values[start + c]);
  };
  const valueAt = (c: number, step: number) =>
    evaluate(formula, {
      variable: ({ name }) => list(name).map((value, k) => (name === variable.name && k === c ? value + step : value)),
      parameters: PARAMETERS,
    })[0];
  return Array.from({ length: variable.size }, (_, c) => (valueAt(c, STEP) - valueAt(c, -STEP)) / (2 * STEP));
}

async function checkDerivative(subject: Subject, label: string, formula: Expression, dimension: number): Promise<void> {
  const rows = 3;
  const arrays = arraysFor(subject, dimension, rows);
  for (const variable of [row('x', dimension), row('u')]) {
    const [gradient] = await runReduction(subject.backend, {
      kind: 'sum',
      value: derivative(formula, variable),
      rows: { x: arrays.x, u: arrays.u },
      columns: { y: arrays.y, v: arrays.v },
      parameters: PARAMETERS,
    });
    const expected = Array.from({ length: rows }, (_, at) => differences(formula, variable, arrays, at)).flat();
    const allowed = expected.map(
      (value) => (DIFFERENCE_ERROR + 10 * subject.tolerances.reduction) * (1 + Math.abs(value)),
    );
    checkClose(`${label}, derivative in ${variable.name}`, gradient, expected, allowed);
  }
}

const FORMULAS: Readonly<Record<string, Cost>> = {
  'cost for p = 1': powerCost(1),
  'cost for p = 2': powerCost(2),
  'distance to the power 1.5': (x, y) => power(distance(x, y), 1.5),
  'distance to the power 1.3': (x, y) => power(distance(x, y), 1.3),
  'energy kernel': energyKernel,
  'Gaussian kernel': gaussianKernel,
  'Laplacian kernel': laplacianKernel,
  'truncated cost': (x, y) => sub(1, exp(mul(-1, squaredDistance(x, y)))),
  'smaller and larger': (x, y) => min(distance(x, y), max(squaredDistance(x, y), mul(0.5, distance(x, y)))),
};

/** Derivatives that core writes and the backend computes. */
export const derivativeTests: readonly ConformanceTest[] = [
  {
    id: 'formula/derivatives-of-costs',
    title: 'derivatives of costs and kernels against central differences',
    async run(subject) {
      for (const [label, cost] of Object.entries(FORMULAS)) {
        for (const dimension of [1, 2, 3]) {
          const formula = cost(row('x', dimension), column('y', dimension));
          await checkDerivative(subject, `${label} in dimension ${dimension}`, formula, dimension);
        }
      }
    },
  },
  {
    id: 'formula/derivatives-at-zero',
    title: 'derivatives of distances are 0 where two points coincide, never NaN',
    async run(subject) {
      const { backend } = subject;
      const x = row('x', 2);
      const at = hostArray(backend, [3, 2], (index) => index / 7);
      for (const [label, cost] of Object.entries(FORMULAS)) {
        if (label === 'smaller and larger') continue;
        const [gradient] = await runReduction(backend, {
          kind: 'softmaxMean',
          score: mul(0, cost(x, column('y', 2))),
          value: derivative(cost(x, column('y', 2)), x),
          rows: { x: { shape: [1, 2], values: [at.values[2], at.values[3]] } },
          columns: { y: { shape: [1, 2], values: [at.values[2], at.values[3]] } },
          parameters: PARAMETERS,
        });
        checkEqual(label, gradient, [0, 0]);
      }
    },
  },
  {
    id: 'formula/derivatives-of-random-formulas',
    title: 'derivatives of 60 random formulas against central differences',
    async run(subject) {
      const given = fc.integer({ min: 1, max: 3 }).chain((dimension) => {
        const { number } = randomFormula({ dimension, smooth: true });
        return number.map((formula) => ({ dimension, formula }));
      });
      await checkProperty(
        given,
        ({ dimension, formula }) =>
          checkDerivative(subject, `${expressionKey(formula)}, dimension ${dimension}`, formula, dimension),
        { seed: 2, runs: 60 },
      );
    },
  },
];
