import type { Backend } from '@sinkhorn/core';
import { cores, type Fleet, numericsOf, openBackend } from '@sinkhorn/fleet';
import {
  energyDistance,
  formula,
  gaussianMmd,
  hausdorffDivergence,
  type Loss,
  type Measure,
  type SinkhornDivergenceOptions,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetThread } from '../../../tests/support/fleetThread.js';
import { cloud } from './clouds.js';

const { abs, sub, sum } = formula;
const image = (seed: number, shape: readonly number[], spacing: number): Measure => {
  const count = shape.reduce((product, length) => product * length, 1);
  return { grid: cloud(seed, count, 1).points, shape, spacing };
};
const clouds = [cloud(1, 150), cloud(2, 130)] as const;
const manyDimensions = [cloud(3, 200, 32), cloud(4, 180, 32)] as const;
const images = [image(5, [40, 50], 1 / 50), image(6, [40, 50], 1 / 50)] as const;
const spacings = [image(5, [40, 50], 1 / 50), image(6, [20, 25], 1 / 33)] as const;
const sinkhorn = (options: Partial<SinkhornDivergenceOptions>) => (backend: Backend) =>
  sinkhornDivergence({ blur: 0.1, normalize: true, ...options, backend });

const cases: readonly (readonly [string, readonly [Measure, Measure], (backend: Backend) => Loss])[] = [
  ['points, by Newton', clouds, sinkhorn({})],
  ['points, by sweeps', clouds, sinkhorn({ method: 'alternating' })],
  ["points, along GeomLoss's schedule", clouds, sinkhorn({ tolerance: null })],
  ['points, unbalanced, p = 1', clouds, sinkhorn({ p: 1, reach: 0.5, method: 'alternating' })],
  ['points over cells', [cloud(7, 1500), cloud(8, 1500)], sinkhorn({ blur: 0.2, strategy: 'multiscale' })],
  ['points, by a penalty', clouds, sinkhorn({ penalty: { kind: 'tv', strength: 0.3 } })],
  // Alone, costs in many dimensions are kept: their last digits differ from those of costs that each pass computes.
  ['points in many dimensions', manyDimensions, sinkhorn({ blur: 0.5, method: 'alternating', costMemory: 0 })],
  ['a cost of your own', clouds, sinkhorn({ cost: (x, y) => sum(abs(sub(x, y))), method: 'alternating' })],
  ['images', images, sinkhorn({})],
  ['images of different spacings', spacings, sinkhorn({})],
  ["images by Manhattan's distance", images, sinkhorn({ p: 1, metric: 'manhattan' })],
  ['Hausdorff', clouds, (backend) => hausdorffDivergence({ backend, blur: 0.1 })],
  ['energy', clouds, (backend) => energyDistance({ backend })],
  ['Gaussian norms of images', images, (backend) => gaussianMmd({ backend, blur: 0.1, normalize: true })],
];

describe('losses on a fleet have the bits of one thread', () => {
  let alone: Backend;
  let on: Fleet;
  beforeAll(async () => {
    on = await cores({ threads: 2, shards: 3, minPairs: 1000, thread: await fleetThread() });
    alone = await openBackend(numericsOf());
  });
  afterAll(async () => {
    await on.close();
    alone.dispose();
  });

  it.each(cases)('%s', async (_, [x, y], loss) => {
    const numbers = async (backend: Backend) => {
      const solution = await loss(backend).solve(x, y);
      return { value: solution.value, gradients: await solution.gradients() };
    };
    expect(await numbers(on)).toEqual(await numbers(alone));
  });
});
