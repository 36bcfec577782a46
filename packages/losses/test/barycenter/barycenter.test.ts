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

  test.each([{}, { reach: 3 }])(
    'that of one measure of any shape, however often, is it to the last bit: %o',
    async (more) => {
      // Single nodes far apart, between which hardly any mass goes at this blur.
      const grid = Array.from({ length: 100 }, (_, k) => Number((k * 37) % 100 < 10));
      const dots = { grid, shape: [10, 10], spacing: 1 };
      const copy = { ...dots, grid: Float64Array.from(grid) };
      const mean = barycenter({ backend, blur: 0.5, ...more });
      for (const measures of [[dots], [dots, copy]]) {
        const { weights, value, values, measureGradients, diagnostics } = await mean.solve(measures, {
          support: 'grid',
        });
        expect(Array.from(weights)).toEqual(grid);
        expect([value, ...values]).toEqual([0, ...measures.map(() => 0)]);
        expect(measureGradients.map((gradient) => Math.max(...gradient))).toEqual(measures.map(() => 0));
        expect(diagnostics).toMatchObject({ gap: 0, converged: true });
      }
      const points = { points: [0, 5, 9], dimension: 1, weights: [0.2, 0.3, 0.5] };
      const { weights, diagnostics } = await mean.solve([points], { support: { points: [[0], [5], [9]] } });
      expect([...weights, diagnostics.gap]).toEqual([0.2, 0.3, 0.5, 0]);
    },
  );

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

/** Shapes as masses on 18 x 18 nodes, 1 inside and 0 outside, in coordinates from -1 to 1. */
const shape = (holds: (x: number, y: number) => boolean): Measure => ({
  grid: Array.from({ length: 324 }, (_, k) => Number(holds(((k % 18) - 8.5) / 9, (Math.floor(k / 18) - 8.5) / 9))),
  shape: [18, 18],
  spacing: 1,
});
const thin = [
  // A seven, an arc, and a line with a dot.
  shape(
    (x, y) =>
      (Math.abs(y + 0.7) < 0.12 && Math.abs(x) < 0.6) || (Math.abs(x - 0.3 + y / 2) < 0.12 && y > -0.7 && y < 0.8),
  ),
  shape((x, y) => Math.abs(Math.hypot(x, y) - 0.6) < 0.12 && x > -0.3),
  shape((x, y) => (Math.abs(x + 0.3) < 0.1 && Math.abs(y) < 0.8) || Math.hypot(x - 0.7, y - 0.6) < 0.12),
];

describe('thin shapes, of which little mass decides', () => {
  test.each([1, 2])('end with a gap of 1e-3 of the objective at a blur of %d pixels', async (blur) => {
    const found = await barycenter({ backend, blur, normalize: true }).solve(thin, { support: 'grid' });
    const { converged, gap, iterations, method } = found.diagnostics;
    expect({ converged, method }).toEqual({ converged: true, method: 'newton' });
    expect(gap).toBeLessThanOrEqual(1e-3 * found.value);
    expect(iterations).toBeLessThan(25);
    // What is said to be near the least is nearer than mixtures and any one of the measures.
    const [loss, total] = [sinkhornDivergence({ backend, blur, normalize: true, tolerance: 1e-8 }), found.value];
    for (const other of thin) {
      let value = 0;
      for (const measure of thin) value += Number(await loss.value(other, measure)) / 3;
      expect(value).toBeGreaterThan(total);
    }
  });

  test('two Diracs have the one midway, at any blur', async () => {
    const at = (node: number): Measure => ({
      grid: Array.from({ length: 100 }, (_, k) => Number(k === node)),
      shape: [10, 10],
      spacing: 1,
    });
    for (const blur of [0.7, 1, 2, 4]) {
      const mean = barycenter({ backend, blur, tolerance: 1e-7 });
      const { weights, value, diagnostics } = await mean.solve([at(22), at(66)], { support: 'grid' });
      expect(diagnostics.converged).toBe(true);
      expect(diagnostics.iterations).toBeLessThan(25);
      expect(weights[44]).toBeGreaterThan(0.99);
      expect(value - 4).toBeLessThanOrEqual(diagnostics.gap);
    }
  });
});

describe('without debiasing', () => {
  const [one, two] = [
    [0.2, 0.5, 0.3, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0.3, 0.3, 0.3, 0.1],
  ];

  test('it is the fixed point of iterative Bregman projections', async () => {
    const grids = [one, two].map((grid): Measure => ({ grid, shape: [8], spacing: 1 }));
    const mean = barycenter({ backend, blur: 1, debias: false, tolerance: 1e-9, weights: [0.3, 0.7] });
    const { weights, diagnostics } = await mean.solve(grids, { support: 'grid' });
    expect(diagnostics.converged).toBe(true);
    const kernel = Array.from({ length: 8 }, (_, i) =>
      Array.from({ length: 8 }, (_, j) => Math.exp(-((i - j) ** 2) / 2)),
    );
    const blurred = (v: number[]) => kernel.map((row) => row.reduce((sum, entry, j) => sum + entry * v[j], 0));
    let scalings = [one, two].map((masses) => masses.map(() => 1));
    let masses: number[] = [];
    for (let iteration = 0; iteration < 3000; iteration++) {
      const lifted = [one, two].map((b, k) => {
        const of = blurred(scalings[k]);
        return blurred(b.map((mass, j) => mass / of[j]));
      });
      masses = one.map((_, i) => lifted[0][i] ** 0.3 * lifted[1][i] ** 0.7);
      scalings = lifted.map((of) => masses.map((mass, i) => mass / of[i]));
    }
    for (const [node, mass] of masses.entries()) expect(weights[node]).toBeCloseTo(mass, 6);
  });

  test('moving points end at the mean of where plans send them', async () => {
    const points = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]; // prettier-ignore
    const moved = points.map(([u, v]) => [u + 4, v + 2]);
    const solve = (debias: boolean) =>
      barycenter({ backend, blur: 0.5, debias, tolerance: 1e-3 }).solve([points, moved], { free: true, start: points });
    const [biased, debiased] = [await solve(false), await solve(true)];
    expect(biased.diagnostics.converged).toBe(true);
    const width = (at: Float64Array) => Math.max(...at) - Math.min(...at);
    expect(debiased.points[7] - debiased.points[5]).toBeCloseTo(1, 2);
    expect(width(biased.points)).toBeLessThan(width(debiased.points) - 0.2);
  });
});

describe('with a reach', () => {
  const line = (...masses: number[]): Measure => ({ grid: masses, shape: [masses.length], spacing: 1 });
  const measures = [line(0.2, 0.5, 0.3, 0, 0, 0, 0, 0), line(0, 0, 0, 0, 0.3, 0.6, 0.3, 0.1)];
  const solve = (reach: number, of: Measure[], more: object = {}) =>
    barycenter({ backend, blur: 1, reach, tolerance: 1e-9, ...more }).solve(of, { support: 'grid' });

  test.each([0.5, 2, 10])('%d: masses may differ, and no other masses are better', async (reach) => {
    const { weights, value, values, diagnostics } = await solve(reach, measures);
    expect(diagnostics.converged).toBe(true);
    const loss = sinkhornDivergence({ backend, blur: 1, reach, tolerance: 1e-11 });
    const objective = async (masses: ArrayLike<number>) => {
      const all = await Promise.all(measures.map((measure) => loss.value(line(...Array.from(masses)), measure)));
      return all.map(Number);
    };
    const found = await objective(weights);
    for (const [k, of] of found.entries()) expect(Math.abs(of - values[k])).toBeLessThan(1e-10);
    expect(Math.abs((found[0] + found[1]) / 2 - value)).toBeLessThan(1e-10);
    for (let node = 0; node < 8; node++) {
      for (const factor of [0.9, 1.1]) {
        const [first, second] = await objective(weights.map((mass, i) => (i === node ? factor * mass + 1e-4 : mass)));
        expect((first + second) / 2).toBeGreaterThan(value - 1e-9);
      }
    }
  });

  test('that of one measure is the measure, mass and all; points of a cloud too', async () => {
    const { weights } = await solve(2, [measures[1]]);
    for (const [node, mass] of [0, 0, 0, 0, 0.3, 0.6, 0.3, 0.1].entries()) expect(weights[node]).toBeCloseTo(mass, 3);
    const points = { points: [0, 2, 3], dimension: 1, weights: [0.5, 0.7, 0.1] };
    const found = await barycenter({ backend, blur: 0.5, reach: 1, tolerance: 1e-9 }).solve([points], {
      support: points,
    });
    for (const [k, mass] of points.weights.entries()) expect(found.weights[k]).toBeCloseTo(mass, 5);
  });

  test('points that move lose mass to nobody', async () => {
    const [start, other] = [[[0], [1]], { points: [5, 6], dimension: 1, weights: [1, 1] }];
    const mean = barycenter({ backend, blur: 0.3, reach: 100, tolerance: 1e-3 });
    const { points, diagnostics } = await mean.solve([{ points: [0, 1], dimension: 1, weights: [1, 1] }, other], {
      free: true,
      start: { points: start.flat(), dimension: 1, weights: [1, 1] },
    });
    expect(diagnostics.converged).toBe(true);
    expect(points[0]).toBeCloseTo(2.5, 1);
    expect(points[1]).toBeCloseTo(3.5, 1);
  });
});

test.each([{}, { reach: 300 }])(
  'more nodes than for Newton go on the device, and say how far off they are: %o',
  async (more) => {
    const bump = (centre: number, width: number) => {
      const raw = Array.from({ length: 2100 }, (_, k) => Math.exp(-(((k - centre) / width) ** 2)));
      const total = raw.reduce((sum, one) => sum + one, 0);
      return { grid: raw.map((one) => one / total), shape: [2100], spacing: 1 };
    };
    const measures = [bump(700, 140), bump(1300, 220)];
    const mean = barycenter({ backend, blur: 200, tolerance: 1e-9, maxIterations: 2, ...more });
    const { weights, value, diagnostics } = await mean.solve(measures, { support: 'grid' });
    expect(diagnostics.converged).toBe(false);
    expect(diagnostics.method).not.toBe('newton');
    expect(diagnostics.iterations).toBeLessThanOrEqual(2);
    expect(diagnostics.gap).toBeGreaterThan(1e-9 * value);
    const loss = sinkhornDivergence({ backend, blur: 200, tolerance: 1e-6, ...more });
    let expected = 0;
    for (const measure of measures) expected += Number(await loss.value({ ...measure, grid: weights }, measure)) / 2;
    expect(Math.abs(value / expected - 1)).toBeLessThan(1e-4);
  },
);

describe('the least objective moves', () => {
  const grids = [
    [0.1, 0.4, 0.3, 0.1, 0.05, 0.05],
    [0.05, 0.05, 0.1, 0.2, 0.35, 0.25],
  ];
  const least = async (more: object, masses = grids, weights = [0.3, 0.7]) => {
    const of = masses.map((grid): Measure => ({ grid, shape: [6], spacing: 1 }));
    const mean = barycenter({ backend, blur: 1, tolerance: 1e-10, ...more, weights });
    return await mean.solve(of, { support: 'grid' });
  };

  test.each([{}, { reach: 2 }, { debias: false }])('as its gradients say: %o', async (more) => {
    const { measureGradients, values } = await least(more);
    const h = 3e-4;
    for (const k of [0, 1]) {
      const along = async (sign: number) =>
        (
          await least(
            more,
            grids.map((grid, l) => (l === k ? grid.map((mass, i) => mass + sign * h * [0, 1, 0, -1, 0, 0][i]) : grid)),
          )
        ).value;
      const slope = ((await along(1)) - (await along(-1))) / (2 * h);
      expect(Math.abs(slope - (measureGradients[k][1] - measureGradients[k][3]))).toBeLessThan(1e-6);
    }
    const at = async (first: number) => (await least(more, grids, [first, 1 - first])).value;
    const slope = ((await at(0.3 + h)) - (await at(0.3 - h))) / (2 * h);
    expect(Math.abs(slope - (values[0] - values[1]))).toBeLessThan(1e-5);
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
    ['reach is 0', { reach: 0 }],
    ['reach has two sides', { reach: { x: 1 } }],
    ['debias is 1', { debias: 1 }],
    ['leave out reach', { debias: false, reach: 1 }],
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
    const misspelt = barycenter({ backend }).solve([grid], { ...on, onProgres: () => {} } as never);
    await expect(misspelt).rejects.toThrow("has no option 'onProgres'");
    const moving = barycenter({ backend, p: 1 }).solve([grid], { free: true, start: [[0]] });
    await expect(moving).rejects.toThrow('points move for p = 2');
  });
});
