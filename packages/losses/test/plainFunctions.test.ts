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
