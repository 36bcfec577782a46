/** Barycenters held to reference values, to what is known of them, and to what they say of themselves. */
import { readFileSync } from 'node:fs';
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { InvalidMeasureError, InvalidOptionError } from '@sinkhorn/core';
import { type Measure, sinkhornDivergence } from '@sinkhorn/losses';
import { barycenter } from '@sinkhorn/losses/barycenter';
import { afterAll, describe, expect, it, test } from 'vitest';

interface FixedCase {
  id: string;
  kind?: undefined;
  p: 1 | 2;
  blur: number;
  weights: number[];
  measures: number[][];
  shape?: number[];
  spacing?: number[];
  points?: number[][];
  measure_points?: number[][][];
  converged: { objective: number; frank_wolfe_gap: number; barycenter: number[]; weight_error_bound?: number };
}
interface FreeCase {
  id: string;
  kind: 'free support';
  blur: number;
  weights: number[];
  measures: number[][];
  measure_points: number[][][];
  a: number[];
  start: number[][];
  at_start: { objective: number; gradient: number[][] };
  stationary: { objective: number };
}
const file = new URL('../reference/barycenters.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: (FixedCase | FreeCase)[] };
const fixed = cases.filter((one): one is FixedCase => one.kind === undefined);
const free = cases.filter((one): one is FreeCase => one.kind === 'free support');

// Barycenters are computed in float64, which wasm is the quickest at.
const backend = await wasm({ threads: 1 });
afterAll(() => backend.dispose());
const cloud = (points: number[][], weights?: number[]) => ({
  points: points.flat(),
  dimension: points[0].length,
  weights,
});

/** The measures of a case, and where their barycenter may be. */
function problemOf({ measures, shape, spacing, points, measure_points: at }: FixedCase) {
  if (shape && spacing) {
    return { measures: measures.map((grid): Measure => ({ grid, shape, spacing })), support: 'grid' as const };
  }
  if (!points || !at) throw new Error('a case without a support');
  return { measures: measures.map((weights, k): Measure => cloud(at[k], weights)), support: cloud(points) };
}

describe.each(fixed)('$id', (given) => {
  const { p, blur, weights, converged } = given;
  const { measures, support } = problemOf(given);

  it('has the least objective, to its gap, and the masses that attain it', async () => {
    const tolerance = 1e-8;
    const found = await barycenter({ backend, p, blur, weights, tolerance }).solve(measures, { support });
    const { gap, converged: isConverged } = found.diagnostics;
    expect(isConverged).toBe(true);
    expect(gap).toBeLessThanOrEqual(tolerance * Math.max(found.value, blur ** p / 100));
    const above = found.value - converged.objective;
    expect(above).toBeLessThanOrEqual(gap);
    expect(above).toBeGreaterThan(-gap);
    expect(found.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    // Where the objective hardly bends masses are not determined any better.
    const bound = Math.max(1e-3, 10 * (converged.weight_error_bound ?? 0));
    found.weights.forEach((weight, node) => {
      expect(Math.abs(weight - converged.barycenter[node])).toBeLessThan(bound);
    });
  });

  it('is what its loss says it is, and its gradients are slopes', async () => {
    const mean = barycenter({ backend, p, blur, weights, tolerance: 1e-4 });
    const found = await mean.solve(measures, { support });
    const loss = sinkhornDivergence({ backend, p, blur, tolerance: 1e-10 });
    const grid = Array.from(found.weights);
    const { shape, spacing, points } = given;
    const result: Measure = shape && spacing ? { grid, shape, spacing } : cloud(points ?? [], grid);
    for (const [k, measure] of measures.entries()) {
      const { value, y } = await loss.valueAndGradients(result, measure, { wrt: 'y' });
      expect(Math.abs(Number(value) - found.values[k])).toBeLessThan(1e-9);
      const difference = (slopes: Float64Array) => slopes[3] - slopes[1];
      expect(Math.abs(weights[k] * difference(y.weights) - difference(found.measureGradients[k]))).toBeLessThan(1e-5);
    }
    const total = found.values.reduce((sum, value, k) => sum + weights[k] * value, 0);
    expect(Math.abs(total - found.value)).toBeLessThan(1e-14);
  });
});

test('the reference backend finds the same', async () => {
  const given = fixed.find(({ id }) => id === 'bary_2d_2') ?? fixed[0];
  const { measures, support } = problemOf(given);
  const { p, blur, weights, converged } = given;
  const found = await barycenter({ backend: cpu(), p, blur, weights, tolerance: 1e-4 }).solve(measures, { support });
  expect(found.diagnostics.converged).toBe(true);
  expect(Math.abs(found.value - converged.objective)).toBeLessThanOrEqual(found.diagnostics.gap);
});

describe('what is known of barycenters', () => {
  const line = (...masses: number[]) => ({ grid: masses, shape: [masses.length] as const, spacing: 1 });

  test('that of one measure is the measure', async () => {
    const one = line(0.1, 0, 0.4, 0.2, 0.3);
    const { weights, value } = await barycenter({ backend, blur: 0.5, tolerance: 1e-9 }).solve([one], {
      support: 'grid',
    });
    for (const [node, weight] of weights.entries()) expect(weight).toBeCloseTo(one.grid[node], 6);
    expect(Math.abs(value)).toBeLessThan(1e-10);
  });

  test('that of translates is the translate at the mean', async () => {
    const [one, two] = [line(0.2, 0.5, 0.3, 0, 0, 0, 0), line(0, 0, 0, 0, 0.2, 0.5, 0.3)];
    const { weights } = await barycenter({ backend, blur: 1, tolerance: 1e-8 }).solve([one, two], { support: 'grid' });
    for (const [node, mass] of [0, 0, 0.2, 0.5, 0.3, 0, 0].entries()) expect(weights[node]).toBeCloseTo(mass, 4);
  });

  test('the mass is that of the measures, or with normalize 1', async () => {
    const [one, two] = [line(2, 1, 0, 0), line(0, 0, 1, 2)];
    const mean = (more: object) => barycenter({ backend, blur: 0.7, ...more }).solve([one, two], { support: 'grid' });
    const total = (weights: Float64Array) => weights.reduce((sum, weight) => sum + weight, 0);
    const [masses, shares] = [await mean({}), await mean({ normalize: true })];
    expect(total(masses.weights)).toBeCloseTo(3, 12);
    expect(total(shares.weights)).toBeCloseTo(1, 12);
    expect(masses.value).toBeCloseTo(3 * shares.value, 9);
  });

  test('another grid may be the support, and measures may be on different ones, or clouds', async () => {
    const [one, two] = [line(0.5, 0.5), { points: [4, 5], dimension: 1, weights: [0.5, 0.5] }];
    const support = { shape: [15], spacing: 0.5, origin: [-1] };
    const { weights, diagnostics } = await barycenter({ backend, blur: 0.3, tolerance: 1e-6 }).solve([one, two], {
      support,
    });
    expect(diagnostics.converged).toBe(true);
    // Half at 2 and half at 3.
    expect(weights[6]).toBeCloseTo(0.5, 2);
    expect(weights[8]).toBeCloseTo(0.5, 2);
  });

  test('a result that could not be finished says so', async () => {
    const [one, two] = [line(1, 0, 0, 0, 0, 0, 0), line(0, 0, 0, 0, 0, 0, 1)];
    const mean = barycenter({ backend, blur: 2, maxIterations: 1, tolerance: 1e-9 });
    const { value, diagnostics } = await mean.solve([one, two], { support: 'grid' });
    expect(diagnostics).toMatchObject({ converged: false, iterations: 1 });
    expect(value - 4.5).toBeLessThanOrEqual(diagnostics.gap);
  });
});

describe.each(free)('$id', ({ blur, weights, measures, measure_points: at, a, start, at_start: first, stationary }) => {
  const clouds = measures.map((masses, k) => cloud(at[k], masses));
  const from = { free: true, start: cloud(start, a) } as const;

  it('begins with the value and gradient of the reference, and ends where points stay', async () => {
    const begun = await barycenter({ backend, blur, weights, tolerance: 1e9 }).solve(clouds, from);
    expect(begun.diagnostics.iterations).toBe(0);
    expect(Math.abs(begun.value - first.objective)).toBeLessThan(1e-8);
    for (const [k, slope] of first.gradient.flat().entries()) {
      expect(Math.abs(begun.gradient[k] - slope)).toBeLessThan(1e-5);
    }
    const found = await barycenter({ backend, blur, weights, tolerance: 3e-2 }).solve(clouds, from);
    expect(found.diagnostics.converged).toBe(true);
    expect(found.diagnostics.step).toBeLessThanOrEqual(3e-2 * blur);
    expect(found.value).toBeLessThanOrEqual(begun.value);
    expect(Math.abs(found.value - stationary.objective) / stationary.objective).toBeLessThan(1e-2);
  });
});

describe('what cannot be', () => {
  const grid = { grid: [0.5, 0.5], shape: [2], spacing: 1 };
  const on = { support: 'grid' } as const;

  test.each<[string, object]>([
    ['weights[1] is 0', { weights: [1, 0] }],
    ['weights add up to 2', { weights: [1, 1] }],
    ['tolerance is 0', { tolerance: 0 }],
    ['p is 3', { p: 3 }],
    ['blur is -1', { blur: -1 }],
  ])('%s', (message, more) => {
    expect(() => barycenter({ backend, ...more } as never)).toThrow(InvalidOptionError);
    expect(() => barycenter({ backend, ...more } as never)).toThrow(message);
  });

  test.each<[string, Measure[], object]>([
    ['measures is no list of measures', [], on],
    ['measures[1].grid[0] is -1', [grid, { ...grid, grid: [-1, 2] }], on],
    ['measures[1] has mass 2', [grid, { ...grid, grid: [1, 1] }], on],
    ['measures[1] is not on the grid of measures[0]', [grid, { ...grid, spacing: 2 }], on],
    ['measures[0] is on no grid', [[[0]], grid], on],
    ['support.spacing is 0', [grid], { support: { shape: [2], spacing: 0 } }],
    ['dimension', [grid], { support: [[0, 0]] }],
    ['is a batch', [{ ...grid, shape: [1, 2], spacing: [1] }], { support: [[0]] }],
  ])('%s', async (message, measures, where) => {
    const solved = barycenter({ backend }).solve(measures, where as never);
    await expect(solved).rejects.toThrow(InvalidMeasureError);
    await expect(barycenter({ backend }).solve(measures, where as never)).rejects.toThrow(message);
  });

  test('weights for another number of measures, a solve of nothing, and points that move for p = 1', async () => {
    await expect(barycenter({ backend, weights: [0.5, 0.5] }).solve([grid], on)).rejects.toThrow(
      'weights has 2 numbers',
    );
    await expect(barycenter({ backend }).solve([grid], {} as never)).rejects.toThrow('solve needs');
    const moving = barycenter({ backend, p: 1 }).solve([grid], { free: true, start: [[0]] });
    await expect(moving).rejects.toThrow('points move for p = 2');
  });
});
