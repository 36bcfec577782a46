/** Kernel norms of grids by Fourier transforms, held to those over all pairs of nodes. */
import { cpu } from '@sinkhorn/backend-cpu';
import {
  energyDistance,
  gaussianMmd,
  type Loss,
  laplacianMmd,
  type Measure,
  type StrategyOptions,
} from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';

const backend = cpu();
const grid = (shape: number[], spacing: number[], seed: number, more: object = {}): Measure => ({
  grid: Array.from({ length: shape.reduce((product, length) => product * length, 1) }, (_, k) =>
    k % 5 === seed % 5 ? 0 : 1 + Math.sin((k + 1) * (seed + 1)),
  ),
  shape,
  spacing,
  ...more,
});
type Make = (options: StrategyOptions) => Loss;
const kernels: [string, Make][] = [
  ['energy', (more) => energyDistance({ backend, normalize: true, ...more })],
  ['gaussian', (more) => gaussianMmd({ backend, normalize: true, blur: 0.7, ...more })],
  ['laplacian', (more) => laplacianMmd({ backend, normalize: true, blur: 0.7, ...more })],
];
const pairs: [string, Measure, Measure][] = [
  ['a line', grid([40], [0.1], 1), grid([40], [0.1], 2)],
  ['an image', grid([9, 14], [0.3, 0.2], 1), grid([9, 14], [0.3, 0.2], 2)],
  ['other places of one lattice', grid([6, 4], [0.3, 0.2], 1), grid([5, 7], [0.3, 0.2], 2, { origin: [-0.6, 0.4] })],
  ['a volume', grid([4, 3, 5], [1, 0.5, 0.2], 1), grid([4, 3, 5], [1, 0.5, 0.2], 2)],
  ['a batch of three', grid([3, 5, 6], [0.3, 0.2], 1), grid([3, 5, 6], [0.3, 0.2], 2)],
];

describe.each(kernels)('the %s kernel', (_, make) => {
  test.each(pairs)('of %s has the value and the gradients of all pairs', async (_, x, y) => {
    const [found, expected] = [await make({}).solve(x, y), await make({ strategy: 'dense' }).solve(x, y)];
    expect(found.diagnostics).toMatchObject({ strategy: 'separable', accurate: true });
    expect(expected.diagnostics.strategy).toBe('dense');
    const numbers = (values: number | Float64Array) => Array.from(typeof values === 'number' ? [values] : values);
    const right = numbers(expected.value as number | Float64Array);
    for (const [k, value] of numbers(found.value as number | Float64Array).entries()) {
      expect(Math.abs(value - right[k])).toBeLessThan(1e-10 * Math.abs(right[k]));
    }
    const [own, theirs] = [await found.gradients('both'), await expected.gradients('both')];
    for (const side of ['x', 'y'] as const) {
      expect(own[side].points).toHaveLength(0);
      const largest = Math.max(...theirs[side].weights.map(Math.abs));
      for (const [k, slope] of own[side].weights.entries()) {
        expect(Math.abs(slope - theirs[side].weights[k])).toBeLessThan(1e-10 * largest);
      }
    }
    expect(found.diagnostics.valueError).toBeLessThan(1e-10);
  });

  test('of a grid against itself is 0, and its target gives what the loss gives', async () => {
    const [, x, y] = pairs[1];
    expect(await make({}).value(x, x)).toBe(0);
    const target = await make({}).target(y);
    expect(await target.value(x)).toBe(await make({}).value(x, y));
  });
});

test('grids of two lattices, or far apart, and clouds go through pairs', async () => {
  const x = grid([6], [0.5], 1);
  const loss = energyDistance({ backend, normalize: true });
  const others: Measure[] = [
    grid([6], [0.4], 2),
    grid([6], [0.5], 2, { origin: [0.2] }),
    grid([6], [0.5], 2, { origin: [1e6] }),
    [[1], [2]],
  ];
  for (const other of others) expect((await loss.solve(x, other)).diagnostics.strategy).toBe('dense');
});
