import { wasm } from '@sinkhorn/backend-wasm';
import { drawsFrom } from '@sinkhorn/core/random';
import {
  type Backend,
  type Cost,
  formula,
  type Measure,
  type SinkhornDivergenceOptions,
  sinkhornDivergence,
  UnsupportedError,
} from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, clusters, cube, sphere, unequalClusters, weighted } from './clouds.js';

let backend: Backend;
beforeAll(async () => {
  backend = await wasm({ precision: 'float64' });
});
afterAll(() => backend.dispose());

/** Value and gradient by both strategies. */
async function both(x: Cloud, y: Cloud, options: Partial<SinkhornDivergenceOptions> = {}) {
  const results = [];
  for (const strategy of ['dense', 'multiscale'] as const) {
    const loss = sinkhornDivergence({ backend, ...options, strategy });
    results.push(await loss.valueAndGradients(x, y, { wrt: 'both' }));
  }
  const [dense, multiscale] = results;
  expect(dense.diagnostics.strategy).toBe('dense');
  expect(multiscale.diagnostics.strategy).toBe('multiscale');
  return { dense, multiscale };
}

function relativeError(found: ArrayLike<number>, truth: ArrayLike<number>): number {
  let error = 0;
  let size = 0;
  for (let k = 0; k < truth.length; k++) {
    error += (found[k] - truth[k]) ** 2;
    size += truth[k] ** 2;
  }
  return error === 0 ? 0 : Math.sqrt(error / size);
}

/** Numbers less their mean: gradients in weights of balanced transport are known up to a constant. */
function centred(values: ArrayLike<number>): Float64Array {
  const list = Float64Array.from(values);
  const mean = list.reduce((total, value) => total + value, 0) / list.length;
  return list.map((value) => value - mean);
}

const N = 2000;
const pairs: [string, Cloud, Cloud][] = [
  ['a sphere and a cube', sphere(N, 1), cube(N, 3, 2)],
  ['cubes of unequal weights', weighted(cube(N, 3, 3), 4), weighted(cube(N - 500, 3, 5, 0.3, 0.7), 6)],
  ['clusters', clusters(N, 3, 7), cube(N, 3, 8)],
  ['squares', cube(N, 2, 9), cube(N, 2, 10, 0.5, 1.5)],
  ['lines', cube(N, 1, 11), clusters(N, 1, 12)],
];

describe.each(pairs)('%s', (_name, x, y) => {
  const settings: [string, Partial<SinkhornDivergenceOptions>][] = [
    ['to a tolerance', { tolerance: 1e-5, blur: 0.1 }],
    ['by the schedule', { tolerance: null, blur: 0.1 }],
    ['unbalanced', { tolerance: 1e-5, blur: 0.1, reach: 0.5 }],
    ['without debiasing', { tolerance: 1e-5, blur: 0.1, debias: false }],
    ['for p = 1', { p: 1, tolerance: 1e-5, blur: 0.1 }],
    ['for p = 1, unbalanced', { p: 1, tolerance: 1e-5, blur: 0.05, reach: 0.5 }],
    ['at a small blur', { tolerance: 1e-3, blur: 0.02, accuracy: 1e-2 }],
  ];
  test.each(settings)('errors are as small as estimated, %s', async (_setting, options) => {
    const { dense, multiscale } = await both(x, y, options);
    const { estimatedError, accurate } = multiscale.diagnostics;
    expect(estimatedError).toBeGreaterThan(0);
    expect(estimatedError).toBeLessThan(0.2);
    expect(accurate).toBe(estimatedError <= (options.accuracy ?? 1e-3));
    expect(Math.abs(multiscale.value / dense.value - 1)).toBeLessThanOrEqual(estimatedError);
    // What the tolerance leaves open is not the cells' doing.
    const slack = options.tolerance === 1e-3 ? 1e-2 : 1e-4;
    for (const side of ['x', 'y'] as const) {
      expect(relativeError(multiscale[side].points, dense[side].points)).toBeLessThanOrEqual(estimatedError + slack);
      const [found, truth] = [multiscale[side].weights, dense[side].weights].map(centred);
      expect(relativeError(found, truth)).toBeLessThanOrEqual(estimatedError + slack);
    }
  });
});

test.each([
  ['smooth', sphere(4000, 13), cube(4000, 3, 14), 0.2],
  ['torn', unequalClusters([0.7, 0.3], 15), unequalClusters([0.4, 0.6], 16), 0.1],
] as const)(
  'the accuracy that is asked for is given, and the estimate is near the error: %s',
  async (_name, x, y, blur) => {
    const dense = await sinkhornDivergence({ backend, blur, strategy: 'dense', accuracy: 2e-5 }).valueAndGradients(
      x,
      y,
    );
    const cells = await sinkhornDivergence({ backend, blur, strategy: 'multiscale' }).valueAndGradients(x, y);
    const { accurate, valueError, gradientError = 0, advice } = cells.diagnostics;
    const error = relativeError(cells.x.points, dense.x.points);
    expect(accurate).toBe(true);
    expect(advice).toBeUndefined();
    expect(error).toBeLessThanOrEqual(gradientError + 2e-5);
    expect(gradientError).toBeLessThanOrEqual(10 * error);
    expect(Math.abs(cells.value / dense.value - 1)).toBeLessThanOrEqual(valueError + 2e-5);
  },
);

test('a few points that are torn between masses far apart count', async () => {
  const [x, y] = [unequalClusters([0.4, 0.3, 0.2, 0.1], 1), unequalClusters([0.1, 0.2, 0.3, 0.4], 2)];
  const { dense, multiscale } = await both(x, y, { tolerance: null, blur: 0.05 });
  const error = relativeError(multiscale.x.points, dense.x.points);
  expect(error).toBeLessThanOrEqual(multiscale.diagnostics.estimatedError);
  expect(error).toBeLessThan(2e-2);
});

/** Points on a line of a law whose logarithm is normal. */
function logNormal(count: number, mean: number, deviation: number, seed: number): Cloud {
  const draw = drawsFrom(seed);
  const uniform = () => (draw() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { points: Float64Array.from({ length: count }, () => Math.exp(mean + deviation * normal())), dimension: 1 };
}

/** Points in two boxes far from each other, a share of them in the second one. */
function twoBoxes(count: number, share: number, seed: number): Cloud {
  const draw = drawsFrom(seed);
  const uniform = () => draw() / 2 ** 32;
  const points = new Float64Array(3 * count);
  for (let i = 0; i < count; i++) {
    const far = uniform() < share ? 1 : 0;
    points.set([0.3 * uniform() + 2 * far, 0.3 * uniform(), 0.3 * uniform() + far], 3 * i);
  }
  return { points, dimension: 3 };
}

test.each<[string, Cloud, Cloud]>([
  ['a long tail', logNormal(1500, -2, 1, 7), logNormal(1400, -2.5, 1.3, 107)],
  ['another one', logNormal(1500, -1.5, 0.9, 3), logNormal(1500, -1.5, 1.2, 103)],
  ['two boxes that must exchange a few points', twoBoxes(1200, 0.5, 1), twoBoxes(1200, 0.51, 2)],
])('what sweeps settle last is right in float32 too: %s', async (_, x, y) => {
  const single = await wasm();
  const blur = 0.1;
  const cells = sinkhornDivergence({ backend: single, blur, strategy: 'multiscale' });
  const found = await cells.valueAndGradients(x, y, { wrt: 'both' });
  single.dispose();
  const truth = await sinkhornDivergence({ backend, blur, strategy: 'dense', accuracy: 1e-6 }).valueAndGradients(x, y, {
    wrt: 'both',
  });
  expect(found.diagnostics.accurate).toBe(true);
  expect(Math.abs(found.value / truth.value - 1)).toBeLessThan(found.diagnostics.valueError);
  for (const side of ['x', 'y'] as const) {
    const size = Math.hypot(...truth[side].points);
    const off = Math.hypot(...Array.from(found[side].points, (value, k) => value - truth[side].points[k]));
    expect(off / size).toBeLessThan(found.diagnostics.gradientError ?? 0);
  }
});

test('errors go to 0 with the accuracy', async () => {
  const [x, y] = [sphere(N, 1), cube(N, 3, 2)];
  const errors: number[] = [];
  for (const accuracy of [3e-2, 3e-4, 1e-7]) {
    const { dense, multiscale } = await both(x, y, { tolerance: 1e-6, blur: 0.2, accuracy });
    const error = relativeError(multiscale.x.points, dense.x.points);
    expect(error).toBeLessThanOrEqual(multiscale.diagnostics.estimatedError + 1e-5);
    errors.push(error);
  }
  expect(errors[1]).toBeLessThan(errors[0] / 3);
  expect(errors[2]).toBeLessThan(errors[1] / 30);
});

test('a cloud and its copy moved by v: |v|^2 / 2, and the gradient is -a v', async () => {
  const x = weighted(cube(N, 3, 20), 21);
  const v = [0.25, -0.5, 1];
  const y = { ...x, points: x.points.map((value, k) => value + v[k % 3]) };
  const step = await sinkhornDivergence({ backend, strategy: 'multiscale', tolerance: null }).valueAndGradients(x, y);
  expect(step.value).toBeCloseTo(1.3125 / 2, 5);
  const truth = Float64Array.from(x.points, (_, k) => -(x.weights?.[Math.floor(k / 3)] ?? 0) * v[k % 3]);
  expect(relativeError(step.x.points, truth)).toBeLessThan(1e-3);
  expect(step.diagnostics.estimatedError).toBeLessThan(1e-3);
});

test('equal clouds are at distance 0, to the last bit', async () => {
  const x = cube(N, 3, 22);
  for (const tolerance of [1e-3, null]) {
    const loss = sinkhornDivergence({ backend, strategy: 'multiscale', tolerance });
    const step = await loss.valueAndGradients(x, { ...x, points: x.points.slice() });
    expect(step.value).toBe(0);
    expect(step.diagnostics.estimatedError).toBe(0);
    expect(Math.max(...step.x.points.map(Math.abs))).toBe(0);
  }
});

describe('degenerate clouds', () => {
  const one = (points: number[], dimension = 3): Cloud => ({ points: Float64Array.from(points), dimension });
  const plane = cube(900, 3, 30);
  plane.points.forEach((_, k) => {
    if (k % 3 === 2) plane.points[k] = 0.4;
  });
  const line = cube(900, 3, 31);
  line.points.forEach((_, k) => {
    line.points[k] = line.points[k - (k % 3)];
  });
  const scales = cube(900, 3, 32);
  scales.points.forEach((value, k) => {
    scales.points[k] = value * 10 ** (-6 * ((Math.floor(k / 3) % 7) / 6));
  });
  const outlier = cube(900, 3, 33);
  outlier.points.set([1e4, -1e4, 3e4]);
  const zeroWeights = weighted(cube(900, 3, 34), 35);
  for (let k = 0; k < 900; k += 3) zeroWeights.weights?.fill(0, k, k + 1);
  const mass = zeroWeights.weights?.reduce((total, weight) => total + weight, 0) ?? 1;
  const cases: [string, Cloud, Cloud, Partial<SinkhornDivergenceOptions>?][] = [
    ['one point against one', one([0, 0, 0]), one([3, 4, 0])],
    ['one point against many', one([0.2, 0.2, 0.2]), cube(900, 3, 36)],
    ['all points equal', one(new Array(2700).fill(0.3)), cube(900, 3, 37)],
    ['duplicates', one(Array.from({ length: 2700 }, (_, k) => ((k % 3) + (k % 2)) / 4)), cube(900, 3, 38)],
    ['a line', line, cube(900, 3, 39)],
    ['a plane', plane, cube(900, 3, 40)],
    ['clusters over 6 orders of scale', scales, cube(900, 3, 41)],
    ['one far outlier', outlier, cube(900, 3, 42), { blur: 1 }],
    ['weights over 12 orders', weighted(cube(900, 3, 43), 44, 12), cube(900, 3, 45)],
    [
      'weights of 0',
      { ...zeroWeights, weights: zeroWeights.weights?.map((weight) => weight / mass) },
      cube(900, 3, 46),
    ],
    ['a blur beyond the diameter', cube(900, 3, 47), cube(900, 3, 48, 0.5), { blur: 20 }],
    ['a blur below the spacing', cube(300, 3, 49), cube(300, 3, 50, 0.5), { blur: 1e-3, maxIterations: 30 }],
    ['coordinates of 1e6', cube(900, 3, 51, 1e6), cube(900, 3, 52, 1e6 + 0.3)],
  ];
  test.each(cases)('%s', async (_name, x, y, options = {}) => {
    const { dense, multiscale } = await both(x, y, { blur: 0.1, tolerance: 1e-5, ...options });
    const { estimatedError } = multiscale.diagnostics;
    const slack = options.maxIterations ? 0.05 : 1e-4;
    expect(Math.abs(multiscale.value / dense.value - 1)).toBeLessThanOrEqual(estimatedError + slack);
    expect(relativeError(multiscale.x.points, dense.x.points)).toBeLessThanOrEqual(estimatedError + slack);
    expect(relativeError(multiscale.y.points, dense.y.points)).toBeLessThanOrEqual(estimatedError + slack);
  });
});

describe('a solution', () => {
  const x = weighted(cube(1500, 2, 60), 61);
  const y = weighted(cube(1200, 2, 62, 0.4), 63);
  const options = { blur: 0.1, tolerance: 1e-6, accuracy: 1e-5 };
  const solve = (strategy: 'dense' | 'multiscale') => sinkhornDivergence({ backend, ...options, strategy }).solve(x, y);

  test('has the plan of the dense one, as an operator', async () => {
    const [dense, multiscale] = [await solve('dense'), await solve('multiscale')];
    const values = Float64Array.from({ length: 2400 }, (_, k) => Math.sin(k));
    const close = (found: ArrayLike<number>, truth: ArrayLike<number>) =>
      expect(relativeError(found, truth)).toBeLessThan(1e-4);
    close(await multiscale.plan.apply(values), await dense.plan.apply(values));
    const many = Float64Array.from({ length: 1200 * 65 }, (_, k) => Math.cos(k));
    close(await multiscale.plan.apply(many), await dense.plan.apply(many));
    close(await multiscale.plan.dense(), await dense.plan.dense());
    close(await multiscale.plan.transpose().barycentricMap(), await dense.plan.transpose().barycentricMap());
    const [found, truth] = [await multiscale.plan.marginals(), await dense.plan.marginals()];
    close(found.rows, truth.rows);
    close(found.columns, truth.columns);
    close((await multiscale.potentialsAt(y)).cross, (await dense.potentialsAt(y)).cross);
  });

  test('gives gradients later as it would have at once, and starts the next solve', async () => {
    const loss = sinkhornDivergence({ backend, ...options, strategy: 'multiscale' });
    const solution = await loss.solve(x, y);
    const step = await loss.valueAndGradients(x, y, { wrt: 'both' });
    const later = await solution.gradients('both');
    expect(later.x.points).toEqual(step.x.points);
    expect(later.y.weights).toEqual(step.y.weights);
    const next = await loss.solve(x, y, { start: solution });
    expect(next.diagnostics.iterations).toBeLessThan(solution.diagnostics.iterations);
    expect(Math.abs(next.value / solution.value - 1)).toBeLessThan(1e-6);
    const target = loss.target(y);
    expect(Math.abs((await target.value(x)) / solution.value - 1)).toBeLessThan(1e-6);
  });
});

describe('the strategy', () => {
  const small = cube(50, 3, 70);
  test('is told, with its reason', async () => {
    const reasonFor = async (x: Measure, y: Measure, options: Partial<SinkhornDivergenceOptions> = {}) => {
      // A few steps: the strategy is chosen before the first.
      const short = { blur: 0.5, scaling: 0.3, tolerance: null };
      const { diagnostics } = await sinkhornDivergence({ backend, ...short, ...options }).solve(x, y);
      return `${diagnostics.strategy}: ${diagnostics.strategyReason}`;
    };
    expect(await reasonFor(small, small)).toBe('dense: 50 x 50 pairs are few');
    expect(await reasonFor(cube(10_000, 1, 71), cube(10_000, 1, 72))).toBe('multiscale: 10000 x 10000 pairs are many');
    const some = [cube(7100, 1, 71), cube(7100, 1, 72)] as const;
    expect(await reasonFor(...some)).toBe('dense: 7100 x 7100 pairs are few');
    expect(await reasonFor(...some, { tolerance: 1e-2 })).toBe('multiscale: 7100 x 7100 pairs are many');
    expect(await reasonFor(...some, { tolerance: 1e-2, p: 1 })).toBe('dense: 7100 x 7100 pairs are few');
    expect(await reasonFor(small, small, { strategy: 'dense' })).toBe('dense: asked for');
    const cost: Cost = (u, v) => formula.squaredDistance(u, v);
    expect(await reasonFor(small, small, { cost })).toBe('dense: the cost is a formula of its own');
    expect(await reasonFor(cube(10, 4, 73), cube(10, 4, 74))).toBe('dense: 4 dimensions, and cells serve up to 3');
  });

  test.each([
    [{ cost: formula.distance as Cost }, small, 'the cost is a formula of its own'],
    [{}, cube(10, 4, 75), '4 dimensions'],
    [{}, { data: small.points, shape: [1, 50, 3] } as const, 'a batch'],
  ])('what is not available is refused: %o', async (options, cloud, reason) => {
    const loss = sinkhornDivergence({ backend, ...options, strategy: 'multiscale' });
    await expect(loss.value(cloud, cloud)).rejects.toThrow(UnsupportedError);
    await expect(loss.value(cloud, cloud)).rejects.toThrow(reason);
  });

  test('can be stopped, and tells where it stands', async () => {
    const controller = new AbortController();
    const stages = new Set<string>();
    const loss = sinkhornDivergence({ backend, strategy: 'multiscale' });
    const value = loss.value(cube(20_000, 3, 76), cube(20_000, 3, 77), {
      signal: controller.signal,
      onProgress: ({ stage }) => {
        stages.add(stage);
        if (stage === 'converging') controller.abort();
      },
    });
    await expect(value).rejects.toThrow('aborted');
    expect([...stages]).toEqual(expect.arrayContaining(['sorting', 'annealing', 'converging']));
  });

  test('gives the same bits every time', async () => {
    const loss = sinkhornDivergence({ backend, strategy: 'multiscale' });
    const [x, y] = [cube(2000, 3, 78), cube(2000, 3, 79, 0.2)];
    expect(await loss.value(x, y)).toBe(await loss.value(x, y));
  });
});
