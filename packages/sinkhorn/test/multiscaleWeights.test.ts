import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, clusters, cube, sphere, weighted } from './clouds.js';

let backend: Backend;
beforeAll(async () => {
  backend = await wasm({ precision: 'float64', threads: 1 });
});
afterAll(() => backend.dispose());

const N = 1500;
/** Two boxes far apart, with half of the mass each: next to nothing goes from one to the other. */
const boxes = (seed: number, size: number): Cloud => {
  const points = cube(N, 3, seed, 0, 0.1).points.map((value, k) => {
    const isSecond = 2 * Math.floor(k / 3) >= N;
    return value * (k % 3 === 2 ? size : 1) + (isSecond && k % 3 !== 1 ? 0.9 : 0);
  });
  return { points, dimension: 3 };
};

/** How far the gradients in the weights of x over cells are from those over all pairs, with what is told of them. */
async function weightsOverCells(x: Cloud, y: Cloud, options: { readonly blur: number; readonly reach?: number }) {
  const dense = sinkhornDivergence({ backend, ...options, strategy: 'dense', accuracy: 1e-7, tolerance: 1e-8 });
  const cells = sinkhornDivergence({ backend, ...options, strategy: 'multiscale' });
  const [truth, found] = [await dense.valueAndGradients(x, y), await cells.valueAndGradients(x, y)];
  const { length } = truth.x.weights;
  const mean = (values: Float64Array) =>
    options.reach === undefined ? values.reduce((total, value) => total + value, 0) / length : 0;
  const [u, v] = [found.x.weights, truth.x.weights].map((values) => Float64Array.from(values));
  const [m, n] = [mean(u), mean(v)];
  const error = Math.sqrt(u.reduce((total, value, k) => total + (value - m - v[k] + n) ** 2, 0));
  const size = Math.sqrt(v.reduce((total, value) => total + (value - n) ** 2, 0));
  const { weightsError, valueError } = found.diagnostics;
  return { error: error / size, told: weightsError as number, valueError };
}

describe('errors of gradients in weights over cells are told', () => {
  test.each([
    ['a sphere and a cube', sphere(N, 1), cube(N, 3, 2), { blur: 0.2 }],
    ['cubes of unequal weights', weighted(cube(N, 3, 3), 4), weighted(cube(N, 3, 5, 0.3, 0.7), 6), { blur: 0.1 }],
    ['clusters', clusters(N, 3, 7), cube(N, 3, 8), { blur: 0.1 }],
    ['squares, of which not all mass goes', cube(N, 2, 9), cube(N, 2, 10, 0.5, 1), { blur: 0.1, reach: 0.3 }],
  ] as const)('%s', async (_, x, y, options) => {
    const { error, told } = await weightsOverCells(x, y, options);
    expect(told).toBeGreaterThan(error);
    expect(told).toBeLessThan(60 * error);
  });

  test('of parts that hardly exchange mass they may be off by what costs allow', async () => {
    const { error, told, valueError } = await weightsOverCells(boxes(1, 1), boxes(2, 0.6), { blur: 0.2 });
    expect(error).toBeGreaterThan(10 * valueError);
    expect(told).toBeGreaterThan(error);
  });
});
