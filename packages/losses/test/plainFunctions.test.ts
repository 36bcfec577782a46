import { cpu } from '@sinkhorn/backend-cpu';
import { expect, it } from 'vitest';
import { type Cost, formula, hausdorffDivergence, kernelMmd, sinkhornDivergence } from '../src/index.js';

const backend = cpu();
const plain = (() => 1) as unknown as Cost;
const withParameter: Cost = (x, y) => formula.mul(formula.parameter('s'), formula.distance(x, y));

it.each([
  [
    'cost, a plain function',
    () => sinkhornDivergence({ backend, cost: plain, p: 1 }),
    /cost returned the number 1, not a formula/,
  ],
  ['cost of Hausdorff', () => hausdorffDivergence({ backend, cost: plain, p: 1 }), /cost returned the number 1/],
  ['kernel, a plain function', () => kernelMmd({ backend, kernel: plain }), /kernel returned the number 1/],
  [
    'cost with a parameter',
    () => sinkhornDivergence({ backend, cost: withParameter, p: 1 }),
    /cost has the parameter 's'/,
  ],
  ['kernel with a parameter', () => kernelMmd({ backend, kernel: withParameter }), /kernel has the parameter 's'/],
])('refuses a %s', async (_, loss, message) => {
  await expect(loss().value([[0], [1]], [[1], [2]])).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringMatching(message),
  });
});

it('refuses a kernel that gives a vector, and one that gives nothing', async () => {
  const [x, y] = [[[0, 1]], [[1, 2]]];
  const vector = kernelMmd({ backend, kernel: (a, b) => formula.sub(a, b) });
  await expect(vector.value(x, y)).rejects.toThrow(/kernel returned a vector of 2 numbers: return one number/);
  const nothing = kernelMmd({ backend, kernel: (() => undefined) as unknown as Cost });
  await expect(nothing.value(x, y)).rejects.toThrow(/kernel returned nothing, not a formula/);
});

const wholes: [string, (formulaOf: Cost) => { value(x: number[][], y: number[][]): Promise<number> }][] = [
  ['cost', (cost) => sinkhornDivergence({ backend, cost, p: 1, blur: 0.3 })],
  ['cost', (cost) => hausdorffDivergence({ backend, cost, p: 1, blur: 0.3 })],
  ['kernel', (kernel) => kernelMmd({ backend, kernel })],
];

it.each([
  ['nothing', () => undefined, 'returned nothing'],
  ['null', () => null, 'returned nothing'],
  ['NaN', () => Number.NaN, 'returned the number NaN'],
  ['a promise', async () => formula.constant(1), 'returned an object'],
  ['a list', () => [1], 'returned an object'],
  ['a text', () => 'x', 'returned a string'],
])('refuses a formula that gives %s', async (_, made, message) => {
  for (const [option, loss] of wholes) {
    await expect(loss(made as unknown as Cost).value([[0, 1]], [[1, 2]])).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(`${option} ${message}`),
    });
  }
});

// x[1] and y[0] are the same place.
const places: [number[][], number[][]] = [
  [
    [0, 0],
    [1, 0],
  ],
  [
    [1, 0],
    [4, 4],
  ],
];
const squares = formula.squaredDistance;
it.each<[string, Cost, string]>([
  ['a root of less than 0', (x, y) => formula.sqrt(formula.sub(squares(x, y), 0.5)), 'is NaN between x[1] and y[0]'],
  ['a logarithm of less than 0', (x, y) => formula.log(formula.sub(-1, squares(x, y))), 'is NaN between x[0] and y[0]'],
  ['a quotient by 0', (x, y) => formula.div(1, squares(x, y)), 'is Infinity between x[1] and y[0]'],
])('refuses a formula that is %s', async (_, made, message) => {
  for (const [option, loss] of wholes) {
    await expect(loss(made).value(...places)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        new RegExp(`^${option} ${message.replace(/[[\]]/g, '\\$&')}: give a formula that is a finite number`),
      ),
    });
  }
});

it('looks at the pairs of each cloud with itself only where these count', async () => {
  const cost: Cost = (x, y) => formula.div(1, squares(x, y));
  const apart: [number[][], number[][]] = [[[0, 0]], [[3, 4]]];
  const options = { backend, cost, p: 1, blur: 0.3 };
  await expect(sinkhornDivergence(options).value(...apart)).rejects.toThrow('cost is Infinity between x[0] and x[0]');
  expect(await sinkhornDivergence({ ...options, debias: false }).value(...apart)).toBeCloseTo(1 / 25, 12);
});
