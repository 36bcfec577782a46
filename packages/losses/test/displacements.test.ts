import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { InvalidMeasureError, InvalidOptionError, type Measure, UnsupportedError } from '@sinkhorn/core';
import { type GridMeasure, sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';

const backend = cpu();
const OPTIONS = { backend, blur: 0.3, tolerance: 1e-10 };

/** Numbers between 0 and 1, the same each time. */
const draw = (count: number, seed: number) =>
  Float64Array.from(
    { length: count },
    (_, k) => Math.abs(Math.sin(12.9898 * (k + 1) + 78.233 * seed) * 43758.5453) % 1,
  );

const cloud = (count: number, seed: number) => ({
  points: draw(2 * count, seed),
  dimension: 2,
  weights: draw(count, seed + 1).map(
    (weight, _, all) => (weight + 0.1) / (all.reduce((sum, one) => sum + one) + 0.1 * count),
  ),
});

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, within: number) {
  expect(found.length).toBe(expected.length);
  const most = Array.from(found).reduce((worst, value, k) => Math.max(worst, Math.abs(value - expected[k])), 0);
  expect(most).toBeLessThan(within);
}

describe('map', () => {
  const [x, y] = [cloud(20, 1), cloud(30, 5)];

  test.each([2, 1] as const)(
    'without debiasing is the barycentric map, at points of the measures and for p = %i',
    async (p) => {
      const solution = await sinkhornDivergence({ ...OPTIONS, p }).solve(x, y);
      expectClose(await solution.map(x, { debias: false }), await solution.plan.barycentricMap(), 1e-12);
      const back = await solution.map(y, { debias: false, side: 'y' });
      expectClose(back, await solution.plan.transpose().barycentricMap(), 1e-12);
    },
  );

  test('debiased is the point less the gradients of both potentials, anywhere', async () => {
    const solution = await sinkhornDivergence(OPTIONS).solve(x, y);
    const at = [0.3, 0.8];
    const mapped = await solution.map([at]);
    const h = 1e-4;
    for (const d of [0, 1]) {
      const difference = async (moved: number) => {
        const { cross, self = [] } = await solution.potentialsAt([at.with(d, moved)]);
        return cross[0] - self[0];
      };
      const slope = ((await difference(at[d] + h)) - (await difference(at[d] - h))) / (2 * h);
      expect(mapped[d]).toBeCloseTo(at[d] - slope, 6);
    }
    expect(solution.mapSync([at])).toEqual(mapped);
    const { cross } = solution.potentialsAtSync(x);
    expectClose(cross, solution.potentials.f_ba, 1e-9);
  });

  test('leaves points where they are when both measures are alike, and is exact for translations, with reach too', async () => {
    const alike = await sinkhornDivergence({ ...OPTIONS, reach: 1 }).solve(x, { ...x });
    expectClose(await alike.map(y), y.points, 1e-9);
    const moved = { ...x, points: x.points.map((value, k) => value + (k % 2 ? 3 : -2)) };
    const solution = await sinkhornDivergence(OPTIONS).solve(x, moved);
    expectClose(await solution.map(x), moved.points, 1e-8);
    expectClose((await solution.map(x, { side: 'y' })).slice(0, 2), [x.points[0] + 2, x.points[1] - 3], 2);
  });

  test('on cells of many points is near that over all pairs', async () => {
    const device = await wasm({ threads: 1 });
    const many = [cloud(3000, 1), cloud(3000, 5)];
    const solve = (strategy: 'multiscale' | 'dense') =>
      sinkhornDivergence({ backend: device, blur: 0.1, strategy }).solve(many[0], many[1]);
    const [onCells, overPairs] = [await solve('multiscale'), await solve('dense')];
    expectClose(await onCells.map([[0.5, 0.5]]), await overPairs.map([[0.5, 0.5]]), 2e-3);
    device.dispose();
  });

  test('refuses what has no such map, and points that do not go with the measures', async () => {
    const biased = await sinkhornDivergence({ ...OPTIONS, debias: false }).solve(x, y);
    await expect(biased.map(x, { debias: true })).rejects.toThrow(UnsupportedError);
    expectClose(await biased.map(x), await biased.plan.barycentricMap(), 1e-12);
    const distance = await sinkhornDivergence({ ...OPTIONS, p: 1 }).solve(x, y);
    await expect(distance.map(x, { debias: true })).rejects.toThrow('debias: true is for p = 2');
    const solution = await sinkhornDivergence(OPTIONS).solve(x, y);
    await expect(solution.map(x, { side: 'z' as 'x' })).rejects.toThrow("side is z: give 'x' or 'y'");
    await expect(solution.potentialsAt(x, 'z' as 'x')).rejects.toThrow("side is z: give 'x' or 'y'");
    await expect(solution.map([[1, 2, 3]])).rejects.toThrow(InvalidMeasureError);
    await expect(solution.map([[Number.NaN, 2]])).rejects.toThrow('points');
    await expect(solution.map(x, { biased: true } as object)).rejects.toThrow("'biased', which means nothing");
  });
});

describe('interpolate', () => {
  const [x, y] = [cloud(20, 1), cloud(30, 5)];

  test('goes from x along straight lines to where points are mapped', async () => {
    const solution = await sinkhornDivergence(OPTIONS).solve(x, y);
    const end = await solution.map(x);
    const { points, weights, dimension, grid } = await solution.interpolate(0.25);
    expectClose(
      points,
      end.map((value, k) => 0.75 * x.points[k] + 0.25 * value),
      1e-12,
    );
    expect([Array.from(weights), dimension, grid]).toEqual([Array.from(x.weights), 2, undefined]);
    expectClose((await solution.interpolate(0)).points, x.points, 1e-12);
    expect(solution.interpolateSync(0.25).points).toEqual(points);
    const straight = await solution.interpolate(1, { debias: false });
    expectClose(straight.points, await solution.plan.barycentricMap(), 1e-12);
  });

  test('refuses a t that is none', async () => {
    const solution = await sinkhornDivergence(OPTIONS).solve(x, y);
    await expect(solution.interpolate(1.5)).rejects.toThrow(InvalidOptionError);
    await expect(solution.interpolate(Number.NaN)).rejects.toThrow('t is NaN');
    await expect(solution.interpolate(0.5, { side: 'y' } as object)).rejects.toThrow("'side', which means nothing");
  });
});

describe('on grids', () => {
  const shape = [24, 22];
  const near = (row: number, column: number) => (node: number) =>
    Math.exp(-((Math.floor(node / shape[1]) - row) ** 2 + ((node % shape[1]) - column) ** 2) / 8);
  const image = (masses: (node: number) => number): GridMeasure => {
    const raw = Float64Array.from(
      { length: shape[0] * shape[1] },
      (_, node) => masses(node) * (1 + Math.sin(node) ** 2),
    );
    // Nothing at the border: a translation stays inside.
    const inner = raw.map((mass) => (mass < 1e-3 ? 0 : mass));
    const total = inner.reduce((sum, mass) => sum + mass, 0);
    return { grid: inner.map((mass) => mass / total), shape, spacing: [1, 0.5], origin: [2, 3] };
  };
  const shifted = ({ grid, ...rest }: GridMeasure, rows: number, columns: number): GridMeasure => {
    const moved = new Float64Array(grid.length);
    for (let node = 0; node < grid.length; node++) {
      if (grid[node] > 0) moved[node + rows * shape[1] + columns] = grid[node];
    }
    return { grid: moved, ...rest };
  };
  const nodesOf = ({ grid, spacing, origin = [] }: GridMeasure): Measure => ({
    points: Float64Array.from({ length: 2 * grid.length }, (_, k) => {
      const node = Math.floor(k / 2);
      const index = k % 2 ? node % shape[1] : Math.floor(node / shape[1]);
      return origin[k % 2] + index * (spacing as number[])[k % 2];
    }),
    dimension: 2,
    weights: grid,
  });
  const options = { backend, blur: 1, tolerance: 1e-8, method: 'alternating' } as const;

  test('is what it is for their nodes as points, along the axes', async () => {
    const [a, b] = [image(near(9, 8)), image((node) => near(14, 9)(node) + near(8, 14)(node))];
    const onGrids = await sinkhornDivergence(options).solve(a, b);
    expect(onGrids.diagnostics.strategy).toBe('separable');
    const onPoints = await sinkhornDivergence(options).solve(nodesOf(a), nodesOf(b));
    for (const debias of [true, false]) {
      expectClose(await onGrids.map(a, { debias }), await onPoints.map(nodesOf(a), { debias }), 1e-5);
    }
    const at = [[9.3, 7.1]];
    expectClose(await onGrids.map(at), await onPoints.map(at), 1e-5);
  });

  test('translations by whole nodes end in the other image, and halfway between', async () => {
    const a = image(near(8, 8));
    const b = shifted(a, 4, 6);
    const solution = await sinkhornDivergence(options).solve(a, b);
    const found = async (t: number) => (await solution.interpolate(t)).grid?.grid ?? [];
    expectClose(await found(0), a.grid, 1e-12);
    expectClose(await found(0.5), shifted(a, 2, 3).grid, 1e-6);
    expectClose(await found(1), b.grid, 1e-6);
    const { grid } = await solution.interpolate(0.3);
    expect(grid).toMatchObject({ shape, spacing: [1, 0.5], origin: [2, 3] });
    expect(Array.from(grid?.grid ?? []).reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1, 12);
  });

  test('of two grids has points, and no masses on one of them', async () => {
    const a = image(near(8, 8));
    const solution = await sinkhornDivergence(options).solve(a, { ...a, origin: [2.5, 3] });
    const { points, grid } = await solution.interpolate(1);
    expect(grid).toBeUndefined();
    // Where the mass is: 10, 7 there.
    const middle = 2 * (8 * shape[1] + 8);
    expectClose(points.slice(middle, middle + 2), [10.5, 7], 1e-5);
  });
});
