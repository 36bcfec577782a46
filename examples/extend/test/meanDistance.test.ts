import { cpu } from '@sinkhorn/backend-cpu';
import { combine, gaussianMmd, type Loss, perFeature } from '@sinkhorn/losses';
import { meanDistance } from 'extend-example';
import { describe, expect, test } from 'vitest';
import { draws, slope, weightsOf } from './support/draws.js';

const backend = cpu();
const loss = meanDistance({ backend });
const cloud = (count: number, seed: number, mass: number) => ({
  points: draws(2 * count, seed),
  dimension: 2,
  weights: weightsOf(count, seed + 1, mass),
});
const x = cloud(4, 1, 0.8);
const y = cloud(5, 3, 1.7);

test('two points are as far apart as they are', async () => {
  expect(await loss.value([[0, 0]], [[3, 4]])).toBe(5);
  expect(loss.valueSync([[0, 0]], [[3, 4]])).toBe(5);
});

test('the value is the mean over all pairs, with weights', async () => {
  let expected = 0;
  x.weights.forEach((a, i) => {
    y.weights.forEach((b, j) => {
      expected += a * b * Math.hypot(x.points[2 * i] - y.points[2 * j], x.points[2 * i + 1] - y.points[2 * j + 1]);
    });
  });
  expect(await loss.value(x, y)).toBeCloseTo(expected, 12);
});

test('a batch has one value an element', async () => {
  const data = { data: [0, 0, 3, 4], shape: [2, 1, 2] } as const;
  expect(Array.from(await loss.value(data, { data: [0, 0, 0, 0], shape: [2, 1, 2] }))).toEqual([0, 5]);
});

test('where points coincide, and where a weight is 0, gradients are numbers', async () => {
  const at = { points: [0, 0, 1, 1], dimension: 2, weights: [1, 0] };
  const { x: gradient } = await loss.valueAndGradients(at, [[0, 0]]);
  expect(Array.from(gradient.points, (slope) => slope + 0)).toEqual([0, 0, 0, 0]);
  expect(gradient.weights[1]).toBeCloseTo(Math.SQRT2, 12);
});

const made: [string, Loss][] = [
  ['itself', loss],
  [
    'in combine',
    combine([
      { loss, weight: 2 },
      { loss: gaussianMmd({ backend, blur: 0.5 }), weight: -1 },
    ]),
  ],
  ['in perFeature', perFeature(loss, [0, 1])],
];
describe.each(made)('the loss %s', (_, of) => {
  test('has the gradients of its value in points and weights of both sides', async () => {
    const found = await of.valueAndGradients(x, y, { wrt: 'both' });
    const later = await (await of.solve(x, y)).gradients('both');
    for (const side of ['x', 'y'] as const) {
      for (const part of ['points', 'weights'] as const) {
        const numbers = (side === 'x' ? x : y)[part];
        for (const [k, number] of numbers.entries()) {
          const valueAt = (shift: number) => {
            const moved = { ...(side === 'x' ? x : y), [part]: numbers.with(k, number + shift) };
            return side === 'x' ? of.value(moved, y) : of.value(x, moved);
          };
          const expected = await slope(valueAt);
          expect(found[side][part][k], `${side}.${part}[${k}]`).toBeCloseTo(expected, 8);
          expect(later[side][part][k]).toBe(found[side][part][k]);
        }
      }
    }
  });

  test('is the same against a target', async () => {
    const target = of.target(y);
    const [here, there] = [await target.valueAndGradients(x), await of.valueAndGradients(x, y)];
    expect(here.value).toBe(there.value);
    expect(here.x).toEqual(there.x);
    expect(here.diagnostics).toMatchObject({ converged: true, backend: 'cpu', strategy: 'dense' });
  });
});

test('what is misspelt or missing is named', () => {
  expect(() => meanDistance({ backend, blur: 1 } as never)).toThrow("meanDistance has no option 'blur'");
  expect(() => meanDistance({} as never)).toThrow('meanDistance needs a backend');
});
