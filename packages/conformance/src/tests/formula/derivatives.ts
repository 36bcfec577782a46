import {
  acos,
  add,
  atan2,
  type Cost,
  column,
  component,
  cos,
  derivative,
  distance,
  div,
  type Expression,
  energyKernel,
  erf,
  evaluate,
  exp,
  expressionKey,
  floor,
  gaussianKernel,
  laplacianKernel,
  log,
  max,
  min,
  mul,
  type OptionalOperator,
  power,
  powerCost,
  row,
  sin,
  sqrt,
  square,
  squaredDistance,
  sub,
  sum,
  tanh,
  type Variable,
  where,
} from '@sinkhorn/core';
import fc from 'fast-check';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { checkClose, checkEqual } from '../../support/check.js';
import { checkProperty } from '../../support/checkProperty.js';
import { type HostArray, hostArray, runReduction } from '../../support/hostReduction.js';
import { random } from '../../support/random.js';
import { choices, chosen } from './chosen.js';
import { randomFormula } from './randomFormula.js';

const STEP = 1e-5;
/** What a central difference loses itself: STEP^2 by the third derivative, and rounding over STEP. */
const DIFFERENCE_ERROR = 1e-7;
/** Random formulas: how many lots, and how many in a lot are computed together. */
const RUNS = 3;
const TOGETHER = 20;
const PARAMETERS = { scale: 0.8, inverseBlur: 1.3 };

type Arrays = Readonly<Record<'x' | 'u' | 'y' | 'v', HostArray>>;

interface Named {
  readonly name: string;
  readonly formula: Expression;
}

/** Each formula has this many rows, and the points of the clouds are random. */
const ROWS = 3;

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

/** Holds the derivatives of some formulas, which a backend computes together, to central differences. */
async function checkDerivatives(subject: Subject, formulas: readonly Named[], dimension: number): Promise<void> {
  const rows = ROWS * formulas.length;
  const arrays = arraysFor(subject, dimension, rows);
  for (const variable of [row('x', dimension), row('u')]) {
    const derivatives = formulas.map(({ formula }) => derivative(formula, variable));
    const [gradient] = await runReduction(subject.backend, {
      kind: 'sum',
      value: chosen(derivatives),
      rows: { x: arrays.x, u: arrays.u, chosen: choices(subject.backend, rows, formulas.length) },
      columns: { y: arrays.y, v: arrays.v },
      parameters: PARAMETERS,
    });
    const { size } = variable;
    for (let at = 0; at < rows; at++) {
      const { name, formula } = formulas[at % formulas.length];
      const expected = differences(formula, variable, arrays, at);
      const allowed = expected.map(
        (value) => (DIFFERENCE_ERROR + 10 * subject.tolerances.reduction) * (1 + Math.abs(value)),
      );
      const found = gradient.subarray(at * size, (at + 1) * size);
      checkClose(`${name}, dimension ${dimension}, derivative in ${variable.name}`, found, expected, allowed);
    }
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

/** Costs with operators that a backend may do without; great circles by the haversine formula. */
const OPTIONAL_FORMULAS: Readonly<
  Record<string, { readonly cost: Cost; readonly needs: readonly OptionalOperator[] }>
> = {
  'periodic cost': { needs: ['cos'], cost: (x, y) => sum(sub(1, cos(mul(2, sub(x, y))))) },
  'great circle': {
    needs: ['sin', 'cos', 'atan2'],
    cost(x, y) {
      const [longitude, latitude] = [0, x.size - 1];
      const half = (axis: number) => mul(0.5, sub(component(x, axis), component(y, axis)));
      const both = mul(cos(component(x, latitude)), cos(component(y, latitude)));
      const h = add(square(sin(half(latitude))), mul(both, square(sin(half(longitude)))));
      return mul(2, atan2(sqrt(h), sqrt(sub(1, h))));
    },
  },
  'bounded costs': {
    needs: ['where', 'tanh', 'erf', 'acos', 'floor'],
    cost(x, y) {
      const far = distance(x, y);
      const near = mul(erf(far), acos(div(0.9, add(1, square(far)))));
      return add(where(sub(far, 0.9), tanh(far), near), where(sub(-1, far), floor(log(sub(-1, far))), 0));
    },
  },
};

/** Those formulas that a backend computes. */
const formulasFor = ({ operators }: Subject): [string, Cost][] => [
  ...Object.entries(FORMULAS),
  ...Object.entries(OPTIONAL_FORMULAS).flatMap(([name, { cost, needs }]): [string, Cost][] =>
    needs.every((operator) => operators.includes(operator)) ? [[name, cost]] : [],
  ),
];

/** Derivatives that core writes and the backend computes. */
export const derivativeTests: readonly ConformanceTest[] = [
  {
    id: 'formula/derivatives-of-costs',
    title: 'derivatives of costs and kernels against central differences',
    async run(subject) {
      for (const dimension of [1, 2, 3]) {
        const [x, y] = [row('x', dimension), column('y', dimension)];
        const formulas = formulasFor(subject).map(([name, cost]) => ({ name, formula: cost(x, y) }));
        await checkDerivatives(subject, formulas, dimension);
      }
    },
  },
  {
    id: 'formula/derivatives-at-zero',
    title: 'derivatives of distances are 0 where two points coincide, never NaN',
    async run(subject) {
      const { backend } = subject;
      const [x, y] = [row('x', 2), column('y', 2)];
      const costs = formulasFor(subject).filter(([name]) => name !== 'smaller and larger');
      const at = [2 / 7, 3 / 7];
      const point = (rows: number) => hostArray(backend, [rows, 2], (index) => at[index % 2]);
      const [gradient] = await runReduction(backend, {
        kind: 'softmaxMean',
        score: mul(0, chosen(costs.map(([, cost]) => cost(x, y)))),
        value: chosen(costs.map(([, cost]) => derivative(cost(x, y), x))),
        rows: { x: point(costs.length), chosen: choices(backend, costs.length, costs.length) },
        columns: { y: point(1) },
        parameters: PARAMETERS,
      });
      costs.forEach(([name], index) => {
        checkEqual(name, gradient.subarray(2 * index, 2 * index + 2), [0, 0]);
      });
    },
  },
  {
    id: 'formula/derivatives-of-random-formulas',
    title: `derivatives of ${RUNS * TOGETHER} random formulas against central differences`,
    async run(subject) {
      const given = fc.integer({ min: 1, max: 3 }).chain((dimension) => {
        const { number } = randomFormula({ dimension, smooth: true });
        const formulas = fc.array(number, { minLength: TOGETHER, maxLength: TOGETHER });
        return formulas.map((list) => ({ dimension, list }));
      });
      await checkProperty(
        given,
        ({ dimension, list }) => {
          const formulas = list.map((formula) => ({ name: expressionKey(formula), formula }));
          return checkDerivatives(subject, formulas, dimension);
        },
        { seed: 2, runs: RUNS },
      );
    },
  },
];
