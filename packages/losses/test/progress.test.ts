/** What is told of progress means what it says, whichever loss and way to solve it tells. */
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import {
  energyDistance,
  gaussianMmd,
  hausdorffDivergence,
  laplacianMmd,
  perFeature,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { barycenter } from '@sinkhorn/losses/barycenter';
import { exactTransport } from '@sinkhorn/losses/exact';
import { transportOnLine } from '@sinkhorn/losses/line';
import { matrixTransport } from '@sinkhorn/losses/matrix';
import { slicedWasserstein } from '@sinkhorn/losses/sliced';
import { describe, expect, test } from 'vitest';

interface Told {
  readonly stage: string;
  readonly iteration?: number;
  readonly epsilon?: number;
  readonly marginalError?: number;
  readonly share?: number;
}
type Listen = { onProgress: (told: Told) => void };

const backend = cpu();
function cloud(count: number, seed: number, dimension = 2) {
  let state = seed;
  const points = Float64Array.from({ length: count * dimension }, () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  });
  return { points, dimension };
}
const grid = (seed: number) => {
  const masses = cloud(64, seed, 1).points;
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return { grid: masses.map((mass) => mass / total), shape: [8, 8], spacing: [0.1, 0.1] };
};
const [x, y] = [cloud(80, 1), cloud(90, 2)];
const plain = { backend, blur: 0.1, tolerance: 1e-3 };

const solves: [string, (listen: Listen) => Promise<unknown>][] = [
  ['sweeps', (listen) => sinkhornDivergence({ ...plain, method: 'alternating' }).valueAndGradients(x, y, listen)],
  ['a schedule', (listen) => sinkhornDivergence({ ...plain, tolerance: null }).valueAndGradients(x, y, listen)],
  ["Newton's method", (listen) => sinkhornDivergence({ ...plain, method: 'newton' }).valueAndGradients(x, y, listen)],
  [
    'cells',
    (listen) =>
      sinkhornDivergence({ ...plain, strategy: 'multiscale' }).valueAndGradients(cloud(400, 3), cloud(400, 4), listen),
  ],
  ['a plan', async (listen) => (await sinkhornDivergence(plain).solve(x, y, listen)).plan.barycentricMap(listen)],
  [
    'a penalty',
    (listen) => sinkhornDivergence({ ...plain, penalty: { kind: 'tv', strength: 0.5 } }).value(x, y, listen),
  ],
  ['reach', (listen) => sinkhornDivergence({ ...plain, reach: 0.5 }).valueAndGradients(x, y, listen)],
  ['grids', (listen) => sinkhornDivergence(plain).valueAndGradients(grid(5), grid(6), listen)],
  ['Hausdorff', (listen) => hausdorffDivergence({ backend, blur: 0.1 }).valueAndGradients(x, y, listen)],
  ['a kernel norm', (listen) => gaussianMmd({ backend, blur: 0.1 }).valueAndGradients(x, y, listen)],
  [
    'a kernel norm over cells',
    (listen) =>
      laplacianMmd({ backend, blur: 0.1, strategy: 'multiscale' }).valueAndGradients(
        cloud(900, 7),
        cloud(900, 8),
        listen,
      ),
  ],
  ['features', (listen) => perFeature(energyDistance({ backend }), [0, 1]).value(x, y, listen)],
  ['a line', (listen) => transportOnLine({ p: 2 }).valueAndGradients(cloud(50, 9, 1), cloud(60, 10, 1), listen)],
  ['few points', (listen) => exactTransport({}).valueAndGradients(cloud(30, 11), cloud(40, 12), listen)],
  ['slices', (listen) => slicedWasserstein({ directions: 20 }).valueAndGradients(x, y, listen)],
  [
    'a matrix',
    (listen) =>
      matrixTransport({ backend, cost: { matrix: cloud(12, 13, 1).points, shape: [3, 4] } }).solve(
        [0.5, 0.25, 0.25],
        [0.25, 0.25, 0.25, 0.25],
        listen,
      ),
  ],
  [
    'a barycenter',
    (listen) => barycenter({ backend, blur: 0.2 }).solve([grid(14), grid(15)], { support: 'grid', ...listen }),
  ],
];

describe.each(solves)('%s', (_, solve) => {
  test('tells stages in words, whole iterations from 1, temperatures above 0 and shares from 0 to 1', async () => {
    const all: Told[] = [];
    await solve({ onProgress: (told) => all.push(told) });
    expect(all.length).toBeGreaterThan(0);
    for (const told of all) {
      const { stage, iteration, epsilon, marginalError, share, ...rest } = told;
      const problem = JSON.stringify(told, (_key, value) => (typeof value === 'number' ? String(value) : value));
      expect(stage, problem).toMatch(/^[a-z]+( [a-z]+)*$/);
      expect(rest, problem).toEqual({});
      if ('iteration' in told) expect(Number.isInteger(iteration) && Number(iteration) >= 1, problem).toBe(true);
      if ('epsilon' in told) expect(Number(epsilon) > 0 && Number.isFinite(epsilon), problem).toBe(true);
      if ('marginalError' in told) expect(Number(marginalError) >= 0, problem).toBe(true);
      if ('share' in told) expect(Number(share) >= 0 && Number(share) <= 1, problem).toBe(true);
    }
  });
});

test('in float32 too', async () => {
  const float32 = await wasm({ threads: 1 });
  const all: Told[] = [];
  const loss = sinkhornDivergence({ ...plain, backend: float32, method: 'alternating' });
  await loss.valueAndGradients(x, y, { onProgress: (told) => all.push(told) });
  float32.dispose();
  for (const { epsilon = 1, marginalError = 0 } of all) {
    expect(epsilon).toBeGreaterThan(0);
    expect(marginalError).toBeGreaterThanOrEqual(0);
  }
});
