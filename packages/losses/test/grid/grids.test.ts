/** Measures on grids: what has to hold of them whatever their numbers are, and what is said of grids that cannot be. */
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, InvalidMeasureError, InvalidOptionError } from '@sinkhorn/core';
import {
  combine,
  energyDistance,
  type GridMeasure,
  gaussianMmd,
  type Measure,
  perFeature,
  type SinkhornDivergenceOptions,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';

const backend = cpu();

/** Numbers between 0 and 1, the same in every run. */
function draws(count: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  });
}

/** To the types no batch, whatever its length is. */
type List = number[] & { readonly length: 1 };

interface TestGrid extends GridMeasure {
  grid: number[];
  shape: List;
  spacing: List;
  origin: number[];
}

/** Masses that add up to 1, some of them 0. */
function randomGrid(
  shape: number[],
  seed: number,
  { spacing = shape.map(() => 0.1), origin = shape.map(() => 0) } = {},
): TestGrid {
  const count = shape.reduce((product, length) => product * length, 1);
  const raw = draws(count, seed).map((mass) => (mass < 0.3 ? 0 : mass));
  const total = raw.reduce((sum, mass) => sum + mass, 0);
  return { grid: raw.map((mass) => mass / total), shape: shape as List, spacing: spacing as List, origin };
}

/** The nodes as points of a cloud. */
function cloudOf({ grid, shape, spacing, origin }: TestGrid) {
  const points = shape.reduce<number[][]>(
    (found, length, axis) =>
      found.flatMap((start) => Array.from({ length }, (_, k) => [...start, origin[axis] + k * spacing[axis]])),
    [[]],
  );
  return { points: points.flat(), dimension: shape.length, weights: grid };
}

/** What goes along axes, to next to nothing. */
const tight = (more: Partial<SinkhornDivergenceOptions> = {}): SinkhornDivergenceOptions => ({
  ...{ backend, p: 2, blur: 0.12, tolerance: 1e-12, method: 'alternating' },
  ...more,
});

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number) {
  expect(found.length).toBe(wanted.length);
  const most = Array.from(wanted, (value, k) => Math.abs(found[k] - value)).reduce((a, b) => Math.max(a, b), 0);
  expect(most).toBeLessThan(tolerance);
}

test('two images take no more memory on the device than what a solve keeps and three differences of sweeps', async () => {
  const [device, size] = [await wasm({ threads: 1 }), 512];
  const image = (place: number): GridMeasure => ({
    grid: Float64Array.from({ length: size ** 2 }, (_, k) => {
      const [row, column] = [Math.floor(k / size) / size - place, (k % size) / size - place];
      return Math.exp(-(row ** 2 + column ** 2) / 0.02) + 1e-3 * Math.sin(k) ** 2;
    }),
    shape: [size, size],
    spacing: 1,
  });
  try {
    const loss = sinkhornDivergence({ backend: device, blur: 2, normalize: true });
    const { diagnostics } = await loss.valueAndGradients(image(0.3), image(0.6));
    expect(diagnostics.accurate).toBe(true);
    // In images of 32 bits; the device computes in 64.
    expect(device.memory().reserved / (4 * size ** 2)).toBeLessThan(95);
  } finally {
    device.dispose();
  }
});

const pairs: [string, TestGrid, TestGrid][] = [
  ['histograms', randomGrid([17], 1), randomGrid([17], 2)],
  ['images', randomGrid([6, 8], 3), randomGrid([6, 8], 4)],
  ['volumes', randomGrid([3, 4, 5], 5), randomGrid([3, 4, 5], 6)],
  ['grids in four dimensions', randomGrid([2, 3, 2, 3], 7), randomGrid([2, 3, 2, 3], 8)],
  [
    'two different grids',
    randomGrid([6, 8], 9),
    randomGrid([5, 7], 10, { spacing: [0.13, 0.11], origin: [-0.1, 0.2] }),
  ],
];

describe.each(pairs)('%s', (_name, x, y) => {
  it.each<[string, Partial<SinkhornDivergenceOptions>]>([
    ['balanced', {}],
    ['unbalanced', { reach: 0.3 }],
    ['unbalanced on one side', { reach: { x: 0.3 } }],
    ['not debiased', { debias: false }],
    ["by Manhattan's distance", { p: 1, metric: 'manhattan', blur: 0.05 }],
    ['by a schedule alone', { tolerance: null, method: 'auto' }],
  ])('have the value, gradients and plan of their nodes as a cloud, %s', async (_kind, more) => {
    const loss = sinkhornDivergence(tight(more));
    const solution = await loss.solve(x, y);
    const asCloud = await loss.solve(cloudOf(x), cloudOf(y));
    expect(solution.diagnostics.strategy).toBe('separable');
    expect(Math.abs(solution.value - asCloud.value)).toBeLessThan(1e-11);
    const [gradients, expected] = [await solution.gradients('both'), await asCloud.gradients('both')];
    expectClose(gradients.x.weights, expected.x.weights, 1e-9);
    expectClose(gradients.y.weights, expected.y.weights, 1e-9);
    expect(gradients.x.points).toHaveLength(0);
    const values = draws(2 * y.grid.length, 11).map((value) => value - 0.5);
    for (const pass of [
      (plan: typeof solution.plan) => plan.apply(values),
      (plan: typeof solution.plan) => plan.barycentricMap(),
      (plan: typeof solution.plan) => plan.transpose().barycentricMap(),
      async (plan: typeof solution.plan) => (await plan.marginals()).rows,
      (plan: typeof solution.plan) => plan.dense(),
    ]) {
      expectClose(await pass(solution.plan), await pass(asCloud.plan), 1e-9);
    }
    const at = await solution.potentialsAt(x);
    expectClose(at.cross, solution.potentials.f_ba, 1e-9);
  });
});

describe('what has to hold of the divergence of images', () => {
  const [, x, y] = pairs[1];
  const value = async (a: Measure, b: Measure) => Number(await sinkhornDivergence(tight()).value(a, b));
  const transposed = ({ grid, shape: [n, m], spacing, origin }: TestGrid): TestGrid => ({
    grid: Array.from({ length: n * m }, (_, k) => grid[(k % n) * m + Math.floor(k / n)]),
    shape: [m, n] as number[] as List,
    spacing: spacing.toReversed() as List,
    origin: origin.toReversed(),
  });
  const flipped = (image: TestGrid): TestGrid => ({ ...image, grid: image.grid.toReversed() });

  test('axes may change places, and run backwards', async () => {
    const expected = await value(x, y);
    expect(Math.abs((await value(transposed(x), transposed(y))) - expected)).toBeLessThan(1e-12);
    expect(Math.abs((await value(flipped(x), flipped(y))) - expected)).toBeLessThan(1e-12);
  });

  test('it is symmetric, and exactly 0 of an image with itself', async () => {
    expect(Math.abs((await value(x, y)) - (await value(y, x)))).toBeLessThan(1e-13);
    expect(await value(x, { ...x, grid: [...x.grid] })).toBe(0);
  });

  test('equal masses on grids of other shapes are not the same image', async () => {
    const uniform = (shape: number[], [dx, dy]: number[]): TestGrid => ({
      grid: new Array(24).fill(1 / 24),
      shape: shape as List,
      spacing: [dx, dy] as number[] as List,
      origin: [0, 0],
    });
    expect(await value(uniform([4, 6], [0.15, 0.06]), uniform([6, 4], [0.09, 0.1]))).toBeGreaterThan(1e-6);
  });

  test.each([0.03, 0.12, 2])(
    'a translation by whole pixels costs half its squared length, at blur %d',
    async (blur) => {
      const padded = (top: number, left: number): GridMeasure => ({
        grid: Array.from({ length: 144 }, (_, k) => {
          const [i, j] = [Math.floor(k / 12) - top, (k % 12) - left];
          return i >= 0 && i < 6 && j >= 0 && j < 8 ? x.grid[i * 8 + j] : 0;
        }),
        shape: [12, 12],
        spacing: 0.1,
      });
      const loss = sinkhornDivergence(tight({ blur, maxIterations: 5000 }));
      const found = Number(await loss.value(padded(0, 1), padded(4, 4)));
      expect(Math.abs(found - (0.4 ** 2 + 0.3 ** 2) / 2)).toBeLessThan(1e-10);
    },
  );

  test('an axis of one node changes nothing', async () => {
    const [, a, b] = pairs[0];
    const column = ({ grid, shape, spacing }: TestGrid) => ({ grid, shape: [...shape, 1], spacing: [...spacing, 7] });
    expect(Math.abs((await value(column(a), column(b))) - (await value(a, b)))).toBeLessThan(1e-12);
  });

  test('all mass at one node each is half the squared distance of the nodes', async () => {
    const node = (at: number) => ({
      grid: Array.from({ length: 30 }, (_, k) => Number(k === at)),
      shape: [5, 6],
      spacing: 1,
    });
    expect(Math.abs((await value(node(0), node(29))) - (16 + 25) / 2)).toBeLessThan(1e-9);
  });

  test('gradients are the slopes of the value, where masses are 0 too', async () => {
    const loss = sinkhornDivergence(tight({ reach: 0.4 }));
    const { x: gradient } = await loss.valueAndGradients(x, y);
    const empty = x.grid.indexOf(0);
    for (const node of [5, empty, 40]) {
      const h = 1e-5;
      const at = (mass: number) => loss.value({ ...x, grid: x.grid.with(node, mass) }, y);
      // A mass of 0 has a slope on one side.
      const [low, high] = x.grid[node] > 0 ? [x.grid[node] - h, x.grid[node] + h] : [0, h];
      const slope = ((await at(high)) - (await at(low))) / (high - low);
      expect(Math.abs(slope - gradient.weights[node])).toBeLessThan(x.grid[node] > 0 ? 1e-8 : 1e-5);
    }
  });

  test('normalised images have the gradient of the masses that went in', async () => {
    const counts = { ...x, grid: x.grid.map((mass) => 7 * mass) };
    const loss = sinkhornDivergence(tight({ normalize: true }));
    const { value: found, x: gradient, diagnostics } = await loss.valueAndGradients(counts, y);
    expect(diagnostics.strategy).toBe('separable');
    expect(Math.abs(found - (await value(x, y)))).toBeLessThan(1e-12);
    const h = 1e-4;
    const at = (mass: number) => loss.value({ ...counts, grid: counts.grid.with(5, mass) }, y);
    const slope = ((await at(counts.grid[5] + h)) - (await at(counts.grid[5] - h))) / (2 * h);
    expect(Math.abs(slope - gradient.weights[5])).toBeLessThan(1e-9);
    const total = gradient.weights.reduce((sum, entry, k) => sum + entry * counts.grid[k], 0);
    expect(Math.abs(total)).toBeLessThan(1e-12);
  });
});

describe('ways to call a loss with grids', () => {
  const [, x, y] = pairs[1];
  const loss = sinkhornDivergence(tight());

  test('without waiting, against a target, and from a solution', async () => {
    const expected = await loss.value(x, y);
    expect(loss.valueSync(x, y)).toBe(expected);
    const target = loss.target(y);
    expect(Math.abs((await target.value(x)) - expected)).toBeLessThan(1e-13);
    const start = await loss.solve(x, y);
    const again = await loss.solve(x, y, { start });
    expect(Math.abs(again.value - expected)).toBeLessThan(1e-13);
    expect(again.diagnostics.epsilons).toHaveLength(1);
    expect(again.diagnostics.iterations).toBeLessThan(start.diagnostics.iterations);
  });

  test('a target keeps the masses that it was made with', async () => {
    const mine = { ...y, grid: Float64Array.from(y.grid) };
    const target = loss.target(mine);
    mine.grid.fill(1);
    expect(Math.abs((await target.value(x)) - (await loss.value(x, y)))).toBeLessThan(1e-13);
  });

  test('batches have a value and gradients for each of their elements', async () => {
    const [, , z] = [x, y, randomGrid([6, 8], 12)];
    const batch = (...images: TestGrid[]) => ({
      ...x,
      grid: images.flatMap(({ grid }) => grid),
      shape: [images.length, 6, 8],
    });
    const { value, x: gradient } = await loss.valueAndGradients(batch(x, z), batch(y, x));
    const one = await loss.valueAndGradients(x, y);
    const two = await loss.valueAndGradients(z, x);
    expectClose(value as Float64Array, [one.value, two.value], 1e-12);
    expectClose(gradient.weights, [...one.x.weights, ...two.x.weights], 1e-9);
  });

  test('a grid against a cloud is its nodes against the cloud', async () => {
    const expected = await loss.valueAndGradients(cloudOf(x), cloudOf(y), { wrt: 'both' });
    for (const [a, b] of [
      [x, cloudOf(y)],
      [cloudOf(x), y],
    ] as const) {
      const found = await loss.valueAndGradients(a, b, { wrt: 'both' });
      expect(found.diagnostics.strategy).toBe('dense');
      expect(Math.abs(found.value - expected.value)).toBeLessThan(1e-12);
      expectClose(found.x.weights, expected.x.weights, 1e-10);
      expectClose(found.x.points, expected.x.points, 1e-10);
    }
  });

  test('sums of losses, and losses of single coordinates', async () => {
    const terms = [
      { loss, weight: 2 },
      { loss: energyDistance({ backend }) },
      { loss: gaussianMmd({ backend, blur: 0.2 }) },
    ];
    const [found, expected] = [
      await combine(terms).valueAndGradients(x, y),
      await combine(terms).valueAndGradients(cloudOf(x), cloudOf(y)),
    ];
    expect(Math.abs(found.value - expected.value)).toBeLessThan(1e-12);
    expectClose(found.x.weights, expected.x.weights, 1e-9);
    expect(found.x.points).toHaveLength(0);
    // Errors of a sum are at most those of its parts, as its gradients have no part in common that cancels.
    const parts = await Promise.all(terms.map(({ loss: part }) => part.valueAndGradients(x, y)));
    const most = Math.max(...parts.map(({ diagnostics }) => diagnostics.gradientError ?? 0));
    for (const sum of [combine(terms), combine([{ loss, weight: 2 }, { loss: perFeature(loss, [1]) }])]) {
      const { diagnostics } = await sum.valueAndGradients(x, y);
      expect(diagnostics.accurate).toBe(true);
      expect(diagnostics.gradientError).toBe(diagnostics.weightsError);
    }
    expect(found.diagnostics.gradientError).toBeLessThan(2 * most);
    const one = perFeature(loss, [1]);
    expect(Math.abs((await one.value(x, y)) - (await one.value(cloudOf(x), cloudOf(y))))).toBeLessThan(1e-13);
  });

  test("strategy 'dense', Newton's method and the distance |x - y| go through pairs of nodes", async () => {
    const expected = await loss.value(x, y);
    for (const more of [{ strategy: 'dense' }, { method: 'newton' }] as const) {
      const { value, diagnostics } = await sinkhornDivergence(tight(more)).solve(x, y);
      expect(diagnostics.strategy).toBe('dense');
      expect(Math.abs(value - expected)).toBeLessThan(1e-12);
    }
    const { diagnostics } = await sinkhornDivergence(tight({ p: 1 })).solve(x, y);
    expect(diagnostics.strategy).toBe('dense');
  });

  test("Manhattan's distance is for p = 1, and for clouds too", async () => {
    const loss = sinkhornDivergence({ backend, p: 1, metric: 'manhattan', blur: 0.05 });
    expect(Math.abs((await loss.value([[0, 0]], [[3, 4]])) - 7)).toBeLessThan(1e-9);
    expect(() => sinkhornDivergence({ backend, metric: 'manhattan' })).toThrow(InvalidOptionError);
    expect(() => sinkhornDivergence({ backend, p: 1, metric: 'taxi' as never })).toThrow("metric is 'taxi'");
  });
});

describe('float32', () => {
  let device: Backend;
  beforeAll(async () => {
    device = await wasm({ threads: 1 });
  });
  afterAll(() => device.dispose());
  const [x, y] = [randomGrid([96], 13, { spacing: [1] }), randomGrid([96], 14, { spacing: [1] })];

  test('is left for float64 where it cannot tell so small an error', async () => {
    const { value, diagnostics } = await sinkhornDivergence(
      tight({ backend: device, blur: 1, tolerance: 1e-9, maxIterations: 20_000 }),
    ).solve(x, y);
    expect(diagnostics).toMatchObject({ converged: true, accurate: true });
    const expected = await sinkhornDivergence(tight({ blur: 1, tolerance: 1e-12, maxIterations: 20_000 })).value(x, y);
    expect(Math.abs(value - expected) / expected).toBeLessThan(1e-8);
  });

  test('where there is nothing else is never said to have converged below what it can tell', async () => {
    const { inFloat64, ...alone } = device;
    const { diagnostics } = await sinkhornDivergence(
      tight({ backend: alone, blur: 1, tolerance: 1e-6, maxIterations: 50 }),
    ).solve(x, y);
    expect(diagnostics.converged).toBe(false);
  });
});

describe('grids that cannot be', () => {
  const good = { grid: [0.5, 0.5, 0, 0], shape: [2, 2], spacing: 1 };
  test.each<[string, object]>([
    ['x.grid[1, 0] is -1: masses are finite and 0 or more', { ...good, grid: [1, 0, -1, 0] }],
    ['x.grid[0, 1] is NaN', { ...good, grid: [1, Number.NaN, 0, 0] }],
    [
      'x.grid[1, 0, 1] is Infinity',
      { ...good, grid: [1, 0, 0, 0, 0, Number.POSITIVE_INFINITY, 0, 0], shape: [2, 2, 2], spacing: [1, 1] },
    ],
    ['x.grid has 4 masses, but its shape [2,3] needs 6', { ...good, shape: [2, 3] }],
    ['x.grid is all 0: give', { ...good, grid: [0, 0, 0, 0] }],
    ['x.grid is all 0 in element 1 of the batch', { ...good, shape: [2, 2], spacing: [1] }],
    ['x.grid is no list of numbers', { ...good, grid: 'image' }],
    ['x.grid[2] is the text', { ...good, grid: [1, 0, '0', 0] }],
    ['x.spacing is undefined: give the distance', { grid: good.grid, shape: good.shape }],
    ['x.spacing[1] is 0', { ...good, spacing: [1, 0] }],
    ['x.shape has 2 axes and x.spacing 3', { ...good, spacing: [1, 1, 1] }],
    ['x.shape is undefined', { grid: good.grid, spacing: 1 }],
    ['x.shape[0] is 2.5', { ...good, shape: [2.5, 2] }],
    ['x.origin is [0]: give the 2 coordinates', { ...good, origin: [0] }],
    ["x.spacing is the text '1'", { ...good, spacing: '1' }],
    ['x has both grid and weights: give the masses as x.grid alone', { ...good, weights: [1, 2, 3, 4] }],
    ['x has both grid and points', { ...good, points: [[1, 2]] }],
  ])('%s', async (message, x) => {
    const value = sinkhornDivergence({ backend }).value(x as never, good);
    await expect(value).rejects.toThrow(InvalidMeasureError);
    await expect(sinkhornDivergence({ backend }).value(x as never, good)).rejects.toThrow(message);
  });

  test.each([undefined, null, 5, 'grid'])('%j, which is no measure, is refused as elsewhere', async (x) => {
    await expect(sinkhornDivergence({ backend }).value(x as never, good)).rejects.toThrow(InvalidMeasureError);
  });

  test('masses, dimensions and batches that differ', async () => {
    const loss = sinkhornDivergence({ backend });
    await expect(loss.value(good, { ...good, grid: [1, 1, 0, 0] })).rejects.toThrow('x has mass 1 and y has mass 2');
    await expect(loss.value(good, { grid: [0, 1], shape: [2], spacing: 1 })).rejects.toThrow('dimension');
    const batch = { ...good, shape: [1, 2, 2], spacing: [1, 1] };
    await expect(loss.value(good, batch)).rejects.toThrow('batch');
  });
});
