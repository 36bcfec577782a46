import { wasm } from '@sinkhorn/backend-wasm';
import { checkMeasure, energyKernel, type Reduction, runAsync, solveMmd, type Task } from '@sinkhorn/core';
import {
  type Backend,
  energyDistance,
  formula,
  gaussianMmd,
  kernelMmd,
  type Loss,
  laplacianMmd,
  type Strategy,
  UnsupportedError,
} from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workspace } from '../../core/src/backend/workspace.js';
import { sumsByGaussians } from '../../core/src/kernelSum/gaussians/sumsByGaussians.js';
import { type KernelSums, type MmdProblem, mmdProblem } from '../../core/src/kernelSum/problem.js';
import { takeSamples } from '../../core/src/kernelSum/samples.js';
import { signedCloud } from '../../core/src/kernelSum/signedCloud.js';
import { pairsIn } from '../../core/src/kernelSum/tree/traverseForRows.js';
import { rawFrame } from '../../core/src/measure/frame.js';
import { type Cloud, clusters, cube, sphere, weighted } from './clouds.js';

let exact: Backend;
let single: Backend;
beforeAll(async () => {
  exact = await wasm({ precision: 'float64' });
  single = await wasm();
});
afterAll(() => {
  exact.dispose();
  single.dispose();
});

interface Options {
  readonly backend: Backend;
  readonly blur: number;
  readonly strategy: Strategy;
  readonly accuracy?: number;
}

const kernels: Record<string, (options: Options) => Loss> = {
  gaussian: (options) => gaussianMmd(options),
  laplacian: (options) => laplacianMmd(options),
  energy: ({ blur: _, ...options }) => energyDistance(options),
};
const names = Object.keys(kernels);

/** Value and gradients over all pairs in float64, and over cells. */
async function both(name: string, x: Cloud, y: Cloud, options: Partial<Options> = {}) {
  const given = { backend: exact, blur: 0.1, ...options };
  const dense = await kernels[name]({ ...given, backend: exact, strategy: 'dense' }).valueAndGradients(x, y, {
    wrt: 'both',
  });
  const cells = await kernels[name]({ ...given, strategy: 'multiscale' }).valueAndGradients(x, y, { wrt: 'both' });
  const off = (side: 'x' | 'y', part: 'points' | 'weights') => distance(cells[side][part], dense[side][part]);
  return {
    dense,
    cells,
    valueError: Math.abs(cells.value / dense.value - 1),
    gradientError: Math.max(off('x', 'points'), off('y', 'points')),
    weightError: Math.max(off('x', 'weights'), off('y', 'weights')),
  };
}

/** Relative, in the norm over all entries. */
function distance(found: ArrayLike<number>, known: ArrayLike<number>): number {
  let [squared, norm] = [0, 0];
  for (let k = 0; k < known.length; k++) {
    squared += (found[k] - known[k]) ** 2;
    norm += known[k] ** 2;
  }
  return Math.sqrt(squared / norm);
}

describe.each(names)('the %s kernel', (name) => {
  test.each([1, 2, 3])('agrees with all pairs in %i dimensions, as well as it says', async (dimension) => {
    const [x, y] = [cube(2000, dimension, 1), weighted(cube(1700, dimension, 2, 0.3, 0.8), 3)];
    const { cells, valueError, gradientError, weightError } = await both(name, x, y);
    const { strategy, strategyReason, estimatedError, accurate, converged } = cells.diagnostics;
    expect({ strategy, strategyReason, converged, accurate }).toEqual({
      strategy: 'multiscale',
      strategyReason: 'asked for',
      converged: true,
      accurate: true,
    });
    expect(estimatedError).toBeGreaterThan(0);
    expect(valueError).toBeLessThan(1e-3);
    expect(gradientError).toBeLessThan(1.5e-3);
    expect(weightError).toBeLessThan(1e-3);
  });

  test('takes the accuracy that is asked for', async () => {
    const [x, y] = [sphere(2000, 1), cube(2000, 3, 2)];
    const { cells, valueError, gradientError } = await both(name, x, y, { accuracy: 1e-5 });
    expect(cells.diagnostics.accurate).toBe(true);
    expect(valueError).toBeLessThan(1e-5);
    expect(gradientError).toBeLessThan(1.5e-5);
  });

  test('serves in float32', async () => {
    const { cells, valueError, gradientError } = await both(name, sphere(2000, 1), cube(2000, 3, 2), {
      backend: single,
    });
    expect(cells.diagnostics.accurate).toBe(true);
    expect(valueError).toBeLessThan(1e-3);
    expect(gradientError).toBeLessThan(1.5e-3);
  });

  test('draws of one distribution differ by little, which is found', async () => {
    const { cells, valueError, gradientError } = await both(name, cube(2000, 3, 1), cube(2000, 3, 2));
    expect(cells.diagnostics.accurate).toBe(true);
    expect(valueError).toBeLessThan(1e-3);
    expect(gradientError).toBeLessThan(1.5e-3);
  });

  test('a cloud against itself is 0 to the last bit', async () => {
    const x = cube(500, 3, 1);
    const { cells } = await both(name, x, { ...x, points: x.points.slice() });
    expect(cells.value).toBe(0);
    expect(cells.x.points.every((value) => value === 0)).toBe(true);
    expect(cells.y.weights.every((value) => value === 0)).toBe(true);
  });

  test.each<[string, () => readonly [Cloud, Cloud]]>([
    ['clusters', () => [clusters(2000, 3, 1), clusters(2000, 3, 2)]],
    ['clusters over 6 orders of scale', () => [scales(2000, 1), scales(2000, 2)]],
    ['a line', () => [flattened(1, 1), flattened(1, 2)]],
    ['a plane', () => [flattened(2, 1), flattened(2, 2)]],
    ['one far outlier', () => [outlier(cube(1000, 3, 1)), cube(1000, 3, 2)]],
    ['weights over 12 orders', () => [weighted(cube(1000, 3, 1), 3, 12), cube(1000, 3, 2)]],
    ['duplicates in the thousands', () => [duplicates(2000, 1), duplicates(2000, 2)]],
    ['all points equal', () => [constant(1000, 0.2), constant(800, 0.3)]],
    ['one point each', () => [constant(1, 0.2), constant(1, 0.3)]],
    ['one point against many', () => [constant(1, 0.2), cube(2000, 3, 1)]],
  ])('%s', async (_, clouds) => {
    const { cells, valueError, gradientError } = await both(name, ...clouds());
    expect(cells.diagnostics.accurate).toBe(true);
    expect(valueError).toBeLessThan(1e-3);
    expect(gradientError).toBeLessThan(2e-3);
  });

  test('unequal masses, which the energy distance refuses', async () => {
    const heavy = { ...cube(1000, 2, 1), weights: new Float64Array(1000).fill(1) };
    const solving = both(name, heavy, cube(1000, 2, 2));
    if (name === 'energy') {
      await expect(solving).rejects.toThrow(/x has mass 1000 and y has mass 1/);
      return;
    }
    const { cells, valueError, gradientError } = await solving;
    expect(cells.diagnostics.accurate).toBe(true);
    expect(valueError).toBeLessThan(1e-3);
    expect(gradientError).toBeLessThan(2e-3);
  });

  test('a small blur and a large one', async () => {
    for (const blur of [0.005, 10]) {
      const { valueError, gradientError } = await both(name, cube(2000, 2, 1), cube(2000, 2, 2, 0.5), { blur });
      expect(valueError).toBeLessThan(1e-3);
      expect(gradientError).toBeLessThan(1.5e-3);
    }
  });

  test('tells how far it is, and stops when it is told to', async () => {
    const loss = kernels[name]({ backend: exact, blur: 0.1, strategy: 'multiscale' });
    const [x, y] = [cube(4000, 3, 1), cube(4000, 3, 2)];
    const stages = new Set<string>();
    await loss.value(x, y, { onProgress: ({ stage }) => stages.add(stage) });
    expect(stages).toContain('estimating');
    expect(stages).toContain('kernel sums');
    const controller = new AbortController();
    const stopped = loss.value(x, y, {
      signal: controller.signal,
      onProgress: ({ stage }) => stage === 'kernel sums' && controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
  });

  test('can be compared with a target, and asked for gradients later', async () => {
    const [x, y] = [cube(1500, 2, 1), cube(1500, 2, 2, 0.4)];
    const loss = kernels[name]({ backend: exact, blur: 0.1, strategy: 'multiscale' });
    const solution = await loss.solve(x, y);
    const { y: gradient } = await solution.gradients('y');
    const { y: known } = await loss.valueAndGradients(x, y, { wrt: 'y' });
    expect(distance(gradient.points, known.points)).toBeLessThan(1e-3);
    expect(await loss.target(y).value(x)).toBe(solution.value);
  });
});

test('the reason for a choice is told', async () => {
  const [x, y] = [cube(50, 4, 1), cube(50, 4, 2)];
  const options = { backend: exact, strategy: 'auto' } as const;
  const reasonFor = async (loss: Loss, one = x, two = y) =>
    (await loss.valueAndGradients(one, two)).diagnostics.strategyReason;
  expect(await reasonFor(energyDistance(options))).toContain('4 dimensions');
  expect(await reasonFor(energyDistance(options), cube(50, 3, 1), cube(50, 3, 2))).toContain('are few');
  const { add, div, squaredDistance } = formula;
  const cauchy = kernelMmd({ backend: exact, kernel: (a, b) => div(1, add(1, squaredDistance(a, b))) });
  expect(await reasonFor(cauchy)).toContain('a formula of its own');
  await expect(energyDistance({ backend: exact, strategy: 'multiscale' }).value(x, y)).rejects.toThrow(
    UnsupportedError,
  );
});

test('many points go over to cells by themselves', async () => {
  const [x, y] = [cube(70_000, 1, 1), cube(70_000, 1, 2, 0.2)];
  const { diagnostics } = await gaussianMmd({ backend: single }).valueAndGradients(x, y);
  expect(diagnostics.strategy).toBe('multiscale');
  expect(diagnostics.strategyReason).toContain('are many');
  expect(diagnostics.accurate).toBe(true);
});

const constant = (count: number, at: number): Cloud => ({
  points: new Float64Array(3 * count).fill(at),
  dimension: 3,
});

/** Three dimensions, of which the last ones are constant. */
function flattened(dimensions: number, seed: number): Cloud {
  const { points } = cube(2000, 3, seed, 0.1 * seed);
  return { points: points.map((value, k) => (k % 3 < dimensions ? value : 0.5)), dimension: 3 };
}

function outlier({ points, dimension }: Cloud): Cloud {
  const moved = points.slice();
  moved.fill(1e4, 0, dimension);
  return { points: moved, dimension };
}

/** A few places, each with very many points. */
function duplicates(count: number, seed: number): Cloud {
  const { points } = cube(7, 3, seed);
  return { points: Float64Array.from({ length: 3 * count }, (_, k) => points[k % 21]), dimension: 3 };
}

/** Clusters of which each is ten times as small as the one before. */
function scales(count: number, seed: number): Cloud {
  const { points } = cube(count, 3, seed);
  const scaled = points.map((value, k) => value * 10 ** -(Math.floor(k / 3) % 7) + (Math.floor(k / 3) % 7) / 7);
  return { points: scaled, dimension: 3 };
}

// Wide enough for a lattice of a reasonable size.
describe.each([2, 3])('a wide Laplacian kernel in %i dimensions', (dimension) => {
  const [x, y] = [cube(2000, dimension, 1), weighted(cube(1700, dimension, 2, 0.3, 0.8), 3)];

  test.each([1e-3, 1e-5])(
    'is the sum of its Gaussians and the near-field correction, at an accuracy of %d',
    async (accuracy) => {
      const { cells, valueError, gradientError, weightError } = await both('laplacian', x, y, { blur: 0.3, accuracy });
      expect(cells.diagnostics.accurate).toBe(true);
      expect(cells.diagnostics.truncatedMass).toBeLessThan(2e-5);
      expect(valueError).toBeLessThan(accuracy);
      expect(gradientError).toBeLessThan(1.5 * accuracy);
      expect(weightError).toBeLessThan(accuracy);
    },
  );

  test('serves in float32', async () => {
    const { cells, gradientError } = await both('laplacian', x, y, { blur: 0.3, backend: single });
    expect(cells.diagnostics.accurate).toBe(true);
    expect(gradientError).toBeLessThan(1.5e-3);
  });
});

// Nodes of a tree would have to be nearly single points there: lattices take over.
test('the energy distance of many draws from one law', async () => {
  const { cells, valueError, gradientError, weightError } = await both(
    'energy',
    cube(30_000, 3, 1),
    cube(30_000, 3, 2),
    { backend: single },
  );
  expect(cells.diagnostics.accurate).toBe(true);
  expect(cells.diagnostics.truncatedMass).toBeGreaterThan(0);
  expect(valueError).toBeLessThan(1e-3);
  expect(gradientError).toBeLessThan(1.5e-3);
  expect(weightError).toBeLessThan(1e-3);
});

test('the Laplacian kernel of clouds much smaller than its blur visits few of their pairs', async () => {
  let pairs = 0;
  // Disposing is left to the backend that this one is made of.
  const counting: Backend = Object.create(single, {
    reduce: {
      value: (reduction: Reduction) => {
        if (reduction.blocks) pairs += pairsIn(reduction.blocks);
        return single.reduce(reduction);
      },
    },
  });
  const count = 6000;
  const { cells, valueError, gradientError } = await both('laplacian', cube(count, 3, 1), cube(count, 3, 2, 0.5), {
    backend: counting,
    blur: 20,
  });
  expect(cells.diagnostics.accurate).toBe(true);
  expect(valueError).toBeLessThan(1e-3);
  expect(gradientError).toBeLessThan(2e-3);
  expect(pairs).toBeGreaterThan(0);
  expect(pairs).toBeLessThan(0.3 * (2 * count) ** 2);
});

test.each([2, 3])('the energy kernel on lattices, of unequal masses in %i dimensions', async (dimension) => {
  const [x, y] = [cube(2000, dimension, 1), weighted(cube(1700, dimension, 2), 3)];
  const heavier = { ...x, weights: new Float64Array(2000).fill(1.5 / 2000) };
  const space = workspace(exact);
  const pair = { x: checkMeasure('x', heavier), y: checkMeasure('y', y) };
  // Of the loss itself, which refuses such masses, core knows the sums.
  const { gradients } = await runAsync(solveMmd(exact, pair, { kernel: energyKernel, scalingPower: 1 }, ['x', 'y']));
  const [ofX, ofY] = [gradients.x, gradients.y];
  if (!ofX || !ofY) throw new Error('there are no gradients');
  const problem = await runAsync(mmdProblem(space, pair, { kind: 'energy', accuracy: 1e-3 }, rawFrame(dimension)));
  const sums = await runAsync(onLattices(problem));
  space.releaseAll();
  expect(distance(sums.x.values, ofX.weights)).toBeLessThan(1e-4);
  expect(
    distance(
      sums.y.values.map((value) => -value),
      ofY.weights,
    ),
  ).toBeLessThan(1e-4);
  const slopes = sums.x.gradients?.map((slope) => (1.5 * slope) / 2000) ?? [];
  expect(distance(slopes, ofX.points)).toBeLessThan(1e-3);
});

function* onLattices(problem: MmdProblem): Task<KernelSums> {
  const signed = yield* signedCloud(problem.clouds.x, problem.clouds.y, problem.dimension);
  const sums = yield* sumsByGaussians(
    problem,
    signed,
    yield* takeSamples(problem),
    1e-3,
    ['x'],
    Number.POSITIVE_INFINITY,
  );
  if (!sums) throw new Error('no lattice serves');
  return sums;
}
