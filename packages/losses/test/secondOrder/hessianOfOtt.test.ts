import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { differenced, dot, relative } from '../support/directions.js';

// The problems of OTT's test of Hessians by implicit differentiation (ott-jax, tests/solvers/linear, Hessians of the regularized cost in
// points and in weights): draws from a normal and a uniform law in 3 dimensions, random weights, the cost |x - y|^2 in place of half of
// it, eps = 0.1, with tau in {1, 0.93} a side, tau = rho / (rho + eps).
const EPSILON = 0.1;
const reachOf = (tau: number) => (tau === 1 ? undefined : Math.sqrt((EPSILON * tau) / (1 - tau)));

const normal = (count: number, seed: number): Float64Array => {
  const next = random(seed);
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
};
// Points times sqrt(2) have the cost |x - y|^2.
const scaled = (points: Float64Array) => points.map((value) => Math.SQRT2 * value);
const x: TestCloud = { ...cloud(11, 3, 5), points: scaled(normal(33, 1).map((value) => 0.1 * value)) };
const y: TestCloud = { ...cloud(13, 3, 6), points: scaled(cloud(13, 3, 7).points) };

let devices: Backend[];
beforeAll(async () => {
  devices = [cpu(), await wasm({ threads: 1, precision: 'float64' }), await wasm({ threads: 1, precision: 'float32' })];
});
afterAll(() => {
  for (const device of devices) device.dispose();
});

describe.each([
  [1, 1],
  [0.93, 1],
  [1, 0.93],
  [0.93, 0.93],
])('the Hessian of entropic transport, tau %s and %s', (a, b) => {
  const reach = { x: reachOf(a), y: reachOf(b) };
  const options = {
    blur: Math.sqrt(EPSILON),
    debias: false,
    reach,
    onInaccurate: 'ignore',
    maxIterations: 50_000,
  } as const;
  const next = random(11);
  const points = x.points.map(() => next() - 0.5);
  const raw = x.weights.map(() => next() - 0.5);
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  const weights = raw.map((value) => 0.02 * (value - mean));
  const centred = (values: ArrayLike<number>) => {
    const middle = dot(values, new Float64Array(values.length).fill(1 / values.length));
    return Float64Array.from(values, (value) => value - (a === 1 && b === 1 ? middle : 0));
  };

  test('in points and in weights is that of finite differences of gradients, on every backend here', async () => {
    const reference = sinkhornDivergence({ ...options, backend: devices[0], tolerance: 1e-13 });
    const moved = (by: number) => ({
      ...x,
      points: x.points.map((value, k) => value + by * points[k]),
      weights: x.weights.map((value, k) => value + by * weights[k]),
    });
    const expected = await differenced(async (by) => {
      const found = await reference.valueAndGradients(moved(by), y);
      return [found.x.points, found.x.weights];
    });
    for (const [k, backend] of devices.entries()) {
      const loss = sinkhornDivergence({ ...options, backend, tolerance: 1e-10 });
      const solution = await loss.solve(x, y);
      const product = await solution.hessianVectorProduct({ points, weights }, { tolerance: 1e-10 });
      const limit = [1e-7, 1e-7, 1e-4][k];
      expect(relative(product.points, expected[0])).toBeLessThan(limit);
      expect(relative(centred(product.weights), centred(expected[1]))).toBeLessThan(limit);
    }
  });
});
