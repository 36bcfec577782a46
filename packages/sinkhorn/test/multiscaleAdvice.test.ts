import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, type SinkhornDivergenceOptions, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, cube } from './clouds.js';

let float32: Backend;
/** One that has nothing in float64, as on a GPU. */
let only32: Backend;
beforeAll(async () => {
  float32 = await wasm({ threads: 1 });
  only32 = Object.create(float32, { inFloat64: { value: undefined } });
});
afterAll(() => float32.dispose());

const N = 1000;
/** A cube, and it again a thousandth of its size away: the value is a millionth of the costs. */
const x = cube(N, 3, 17);
const near: Cloud = { ...x, points: x.points.map((value, k) => value + [1e-3, 5e-4, 0][k % 3]) };
const far = cube(N, 3, 18, 0.3, 0.7);

/** Value and gradient over cells, with what is said of them. */
async function overCells(backend: Backend, y: Cloud, options: Partial<SinkhornDivergenceOptions>) {
  const loss = sinkhornDivergence({ backend, blur: 0.2, strategy: 'multiscale', ...options });
  const { value, x: gradient, diagnostics } = await loss.valueAndGradients(x, y);
  return { value: value as number, slopes: gradient.points, diagnostics };
}

test.each([0.3, 0.1])(
  'nearly equal clouds are solved in float64 where float32 would lose them, blur %f',
  async (blur) => {
    const { value, slopes, diagnostics } = await overCells(float32, near, { blur });
    expect(diagnostics).toMatchObject({ strategy: 'multiscale', accurate: true });
    expect(diagnostics.advice).toBeUndefined();
    // Of a cloud that is moved by v half the square of v is the value, and each point moves by v.
    expect(Math.abs(value / 0.625e-6 - 1)).toBeLessThan(2e-3);
    const off = slopes.map((slope, k) => N * slope + [1e-3, 5e-4, 0][k % 3]);
    expect(Math.hypot(...off) / Math.hypot(1e-3, 5e-4) / Math.sqrt(N)).toBeLessThan(2e-3);
  },
);

test('gradients that are asked for later are taken in float64 likewise', async () => {
  const loss = sinkhornDivergence({ backend: float32, blur: 0.2, strategy: 'multiscale' });
  const solution = await loss.solve(x, near);
  const { x: gradient } = await solution.gradients('x');
  expect(solution.diagnostics.accurate).toBe(true);
  const off = gradient.points.map((slope, k) => N * slope + [1e-3, 5e-4, 0][k % 3]);
  expect(Math.hypot(...off) / Math.hypot(1e-3, 5e-4) / Math.sqrt(N)).toBeLessThan(2e-3);
});

describe('what is not accurate says why, and what helps', () => {
  test('where float32 is all there is', async () => {
    const { diagnostics } = await overCells(only32, near, {});
    expect(diagnostics.accurate).toBe(false);
    expect(diagnostics.advice).toMatch(/float32 rounds them; use a backend in float64/);
  });

  test('where sweeps end too soon', async () => {
    const { diagnostics } = await overCells(float32, far, { maxIterations: 2, blur: 0.05 });
    expect(diagnostics).toMatchObject({ accurate: false, converged: false });
    expect(diagnostics.advice).toMatch(/sweeps did not converge; use a larger blur or maxIterations/);
  });
});

/** Two boxes far apart, the first with so many of the points. */
function twoBoxes(first: number, seed: number, apart: number, height: number): Cloud {
  const { points, dimension } = cube(N, 3, seed);
  return {
    points: points.map((value, k) => value + [Math.floor(k / 3) < first ? 0 : apart, 0, height][k % 3]),
    dimension,
  };
}

/** The relative errors of the value and of the gradient in x against those over all pairs in float64, with what is said of them. */
async function gradientErrorOf(from: Cloud, to: Cloud, options: Partial<SinkhornDivergenceOptions>) {
  const truth = await sinkhornDivergence({
    backend: float32.inFloat64 as Backend,
    strategy: 'dense',
    accuracy: 1e-5,
    ...options,
  }).valueAndGradients(from, to);
  expect(truth.diagnostics.accurate).toBe(true);
  const loss = sinkhornDivergence({ backend: float32, strategy: 'multiscale', ...options });
  const { value, x: gradient, diagnostics } = await loss.valueAndGradients(from, to);
  const off = gradient.points.map((slope, k) => slope - truth.x.points[k]);
  const valueError = Math.abs((value as number) / (truth.value as number) - 1);
  return { error: Math.hypot(...off) / Math.hypot(...truth.x.points), valueError, diagnostics };
}

test('boxes of equal mass that lie a thousand sizes apart are as accurate as one, and said to be', async () => {
  const [from, to] = [twoBoxes(N / 2, 3, 1000, 0), twoBoxes(N / 2, 4, 1000, 0.3)];
  const { error, diagnostics } = await gradientErrorOf(from, to, { blur: 0.5 });
  expect(diagnostics.accurate).toBe(true);
  expect(error).toBeLessThan(1e-3);
});

test('a plan that is torn inside of a cell is not said to be accurate', async () => {
  const [from, to] = [twoBoxes(N / 2, 3, 300, 0), twoBoxes(N / 2 + N / 20, 4, 300, 0.3)];
  const { error, diagnostics } = await gradientErrorOf(from, to, { blur: 2 });
  expect(error).toBeGreaterThan(0.1);
  expect(diagnostics.accurate).toBe(false);
  expect(3 * (diagnostics.gradientError ?? 0)).toBeGreaterThan(error);
  expect(diagnostics.advice).toMatch(/finer ones did not suffice; use a larger blur, strategy: 'dense'/);
});

test.each([3, 5])('of a plan that is torn between two boxes no error is above what is said, seed %i', async (seed) => {
  const [from, to] = [twoBoxes(N / 2, seed, 7, 0), twoBoxes(N / 2, seed + 1, 7, 0.3)];
  const { error, valueError, diagnostics } = await gradientErrorOf(from, to, { blur: 1.5 });
  expect(error).toBeLessThanOrEqual(diagnostics.gradientError ?? 0);
  expect(valueError).toBeLessThanOrEqual(diagnostics.valueError);
  expect(diagnostics.gradientError).toBeLessThanOrEqual(3 * error);
});

test.each([11, 21])('nor between nine islands, seed %i', async (seed) => {
  const islands = (count: number, own: number, power: number): Cloud => {
    const { points } = cube(count, 3, own);
    const at = (k: number) => {
      const island = Math.floor(9 * points[3 * (k >> 1) + 2]);
      return 0.45 * (k % 2 ? Math.floor(island / 3) : island % 3) + 0.1 * points[3 * (k >> 1) + (k % 2)] ** power;
    };
    return { points: Float64Array.from({ length: 2 * count }, (_, k) => at(k)), dimension: 2 };
  };
  const [from, to] = [islands(2 * N, seed, 1), islands(1.8 * N, seed + 1, 2)];
  const { error, valueError, diagnostics } = await gradientErrorOf(from, to, { blur: 0.05 });
  expect(diagnostics.accurate).toBe(true);
  expect(error).toBeLessThanOrEqual(diagnostics.gradientError ?? 0);
  expect(valueError).toBeLessThanOrEqual(diagnostics.valueError);
});

test("where the choice is not the caller's, all pairs are visited if cells are not accurate enough", async () => {
  const boxes = (seed: number) => {
    const { points } = cube(7100, 3, seed);
    return { points: points.map((value, k) => value + (k % 3 === 0 && k > 3 * 3550 ? 9 : 0)), dimension: 3 };
  };
  const loss = (strategy: 'auto' | 'multiscale') => sinkhornDivergence({ backend: float32, blur: 2, strategy });
  const asked = await loss('multiscale').value(boxes(3), boxes(4));
  const { value, diagnostics } = await loss('auto').valueAndGradients(boxes(3), boxes(4));
  expect(diagnostics).toMatchObject({
    accurate: true,
    strategy: 'dense',
    strategyReason: 'cells are not as accurate as was asked',
  });
  expect(diagnostics.advice).toBeUndefined();
  expect(value / asked).toBeCloseTo(1, 2);
});

test('for p = 1 what sweeps left counts, and more of them take it away', async () => {
  // Clusters of masses 1, 1/2, 1/3 and so on exchange mass slowly.
  const places = cube(60, 2, 7, -150, 300).points;
  const clustersOf = (seed: number, step: number): Cloud => {
    const { points } = cube(N, 2, seed);
    const at = (k: number) => Math.floor(60 ** (((k * step) % 1) ** 1.5)) - 1;
    return { points: points.map((value, k) => places[2 * at(Math.floor(k / 2)) + (k % 2)] + value), dimension: 2 };
  };
  const { error, diagnostics } = await gradientErrorOf(clustersOf(8, 0.618), clustersOf(9, 0.733), { p: 1, blur: 30 });
  expect(diagnostics.accurate).toBe(true);
  expect(error).toBeLessThan(1e-3);
});

describe('where mass may be left behind, no error is above what is said', () => {
  test('of points too far away to be transported, whose potentials are steep', async () => {
    // They outweighed all others in the size of gradients, and errors were said to be a quarter of what they are.
    const near = cube(2 * N, 3, 5);
    const away = { ...near, points: near.points.map((value, k) => value + (k < 1.5 * N ? 10 : 0)) };
    const moved = cube(2 * N, 3, 6, 0.3);
    const { error, valueError, diagnostics } = await gradientErrorOf(away, moved, { reach: 0.2, blur: 0.2 });
    expect(diagnostics.accurate).toBe(true);
    expect(error).toBeLessThanOrEqual(diagnostics.gradientError ?? 0);
    expect(valueError).toBeLessThanOrEqual(diagnostics.valueError);
    expect(diagnostics.gradientError).toBeLessThanOrEqual(6 * error);
  });

  test('of values, where a temperature above the reach damps what updates show of them', async () => {
    const { points } = cube(4 * N, 3, 5, -1, 2);
    // Densities that fall off as a power of the distance from a centre.
    const halo = (points: Float64Array, by: number): Cloud => ({
      points: points.map((_, k) => {
        const at = 3 * Math.floor(k / 3);
        const radius = Math.hypot(...points.subarray(at, at + 3));
        return points[k] * (0.02 / (0.01 + (radius / 2) ** 3)) + (k % 3 === 0 ? by : 0);
      }),
      dimension: 3,
    });
    const clouds = [halo(points.subarray(0, 6 * N), 0), halo(points.subarray(6 * N), 0.1)] as const;
    const { error, valueError, diagnostics } = await gradientErrorOf(...clouds, { reach: 0.1, blur: 0.2 });
    expect(valueError).toBeLessThanOrEqual(diagnostics.valueError);
    expect(error).toBeLessThanOrEqual(diagnostics.gradientError ?? 0);
  });
});
