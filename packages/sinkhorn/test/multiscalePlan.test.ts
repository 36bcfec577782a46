import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, type CallOptions, type SinkhornSolution, sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, clusters, cube, sphere, weighted } from './clouds.js';

let backend: Backend;
beforeAll(async () => {
  backend = await wasm({ precision: 'float64' });
});
afterAll(() => backend.dispose());

const massesOf = ({ points, dimension, weights }: Cloud): ArrayLike<number> => {
  const count = points.length / dimension;
  return weights ?? new Float64Array(count).fill(1 / count);
};

/** |x_i - y_j| or half of its square. */
function costOf(x: Cloud, i: number, y: Cloud, j: number, p: 1 | 2): number {
  let square = 0;
  for (let c = 0; c < x.dimension; c++) {
    square += (x.points[i * x.dimension + c] - y.points[j * y.dimension + c]) ** 2;
  }
  return p === 1 ? Math.sqrt(square) : square / 2;
}

/** The plan pi_ij = a_i b_j exp((f_i + g_j - C_ij) / eps) of a solution's own potentials, over all pairs, [N, M]. */
function planOf(x: Cloud, y: Cloud, { potentials }: SinkhornSolution, blur: number, p: 1 | 2): Float64Array[] {
  const [a, b] = [massesOf(x), massesOf(y)];
  const { f_ba, g_ab } = potentials;
  return Array.from(f_ba, (f, i) =>
    Float64Array.from(g_ab, (g, j) => a[i] * b[j] * Math.exp((f + g - costOf(x, i, y, j, p)) / blur ** p)),
  );
}

const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

/** How far numbers are from the true ones, in sum, relative to what these come to. */
function relativeSum(found: ArrayLike<number>, truth: ArrayLike<number>): number {
  expect(found.length).toBe(truth.length);
  return sumOf(Array.from(truth, (value, k) => Math.abs(found[k] - value))) / sumOf(Array.from(truth, Math.abs));
}

const N = 800;
const cases: [string, Cloud, Cloud, { readonly blur: number; readonly p?: 1 | 2; readonly reach?: number }][] = [
  ['a sphere and a cube', sphere(N, 1), cube(N, 3, 2), { blur: 0.05 }],
  ['weights over three orders', weighted(cube(N, 3, 3), 4, 3), weighted(cube(N - 100, 3, 5, 0.3), 6, 3), { blur: 0.1 }],
  ['clusters', clusters(N, 3, 7), cube(N, 3, 8), { blur: 0.05 }],
  ['unbalanced clusters', clusters(N, 3, 7), cube(N, 3, 8, 0.5), { blur: 0.05, reach: 0.3 }],
  ['p = 1', cube(N, 2, 9), clusters(N, 2, 10), { blur: 0.02, p: 1 }],
  ['p = 1, unbalanced', cube(N, 2, 9), clusters(N, 2, 10), { blur: 0.02, p: 1, reach: 0.2 }],
  ['unbalanced, of which little stays', clusters(N, 2, 7, 0.001), cube(N, 2, 8), { blur: 0.02, reach: 0.1 }],
  ['weights over six orders', weighted(clusters(N, 3, 13), 14, 6), weighted(clusters(N, 3, 15), 16, 6), { blur: 0.05 }],
  ['a line', cube(N, 1, 11), clusters(N, 1, 12), { blur: 0.02 }],
];

describe.each(cases)('the plan of a solve over cells: %s', (_name, x, y, options) => {
  const accuracy = 1e-3;
  const size = 2;
  const { dimension } = x;

  test('its passes are those over all pairs with the same potentials, within the accuracy', async () => {
    const loss = sinkhornDivergence({ backend, ...options, accuracy, strategy: 'multiscale' });
    const solution = await loss.solve(x, y);
    expect(solution.diagnostics.strategy).toBe('multiscale');
    const plan = planOf(x, y, solution, options.blur, options.p ?? 2);
    const count = y.points.length / dimension;
    const rows = plan.map(sumOf);
    const columns = Array.from({ length: count }, (_, j) => sumOf(plan.map((row) => row[j])));
    const marginals = await solution.plan.marginals();
    expect(relativeSum(marginals.rows, rows)).toBeLessThan(accuracy);
    expect(relativeSum(marginals.columns, columns)).toBeLessThan(accuracy);

    const values = Float64Array.from({ length: count * size }, (_, k) => 1 + Math.cos(k));
    const applied = plan.flatMap((row) =>
      Array.from({ length: size }, (_, c) => sumOf(row.map((mass, j) => mass * values[j * size + c]))),
    );
    expect(relativeSum(await solution.plan.apply(values), applied)).toBeLessThan(accuracy);

    const means = plan.flatMap((row, i) =>
      Array.from(
        { length: dimension },
        (_, c) => sumOf(row.map((mass, j) => mass * y.points[j * dimension + c])) / rows[i],
      ),
    );
    expect(relativeSum(await solution.plan.barycentricMap(), means)).toBeLessThan(accuracy);
    const back = Array.from({ length: count }, (_, j) => j).flatMap((j) =>
      Array.from(
        { length: dimension },
        (_, c) => sumOf(plan.map((row, i) => row[j] * x.points[i * dimension + c])) / columns[j],
      ),
    );
    expect(relativeSum(await solution.plan.transpose().barycentricMap(), back)).toBeLessThan(accuracy);
  });

  test('its potential at other points is the softmin over all pairs, within the accuracy', async () => {
    const { blur, p = 2, reach = Number.POSITIVE_INFINITY } = options;
    const loss = sinkhornDivergence({ backend, ...options, accuracy, strategy: 'multiscale' });
    const solution = await loss.solve(x, y);
    const elsewhere = cube(100, dimension, 99, -0.2, 1.4);
    const { cross } = await solution.potentialsAt(elsewhere);
    const epsilon = blur ** p;
    const b = massesOf(y);
    for (const [i, value] of Array.from(cross).entries()) {
      const exponents = Array.from(solution.potentials.g_ab, (g, j) => (g - costOf(elsewhere, i, y, j, p)) / epsilon);
      const largest = Math.max(...exponents);
      const logSum = largest + Math.log(sumOf(exponents.map((exponent, j) => b[j] * Math.exp(exponent - largest))));
      expect(Math.abs(value + (epsilon * logSum) / (1 + epsilon / reach ** p))).toBeLessThan(accuracy * epsilon);
    }
  });
});

test('passes over one plan sort its clouds once, and give the bits of a first pass', async () => {
  const loss = sinkhornDivergence({ backend, blur: 0.05, strategy: 'multiscale' });
  const [x, y] = [sphere(N, 1), cube(N, 3, 2)];
  const [solution, again] = [await loss.solve(x, y), await loss.solve(x, y)];
  const sorts = async (pass: (options: CallOptions) => Promise<unknown>): Promise<number> => {
    let count = 0;
    await pass({ onProgress: ({ stage }) => (count += stage === 'sorting' ? 1 : 0) });
    return count;
  };
  expect(await sorts((options) => solution.plan.marginals(options))).toBeGreaterThan(0);
  expect(await sorts((options) => solution.plan.apply(y.points, options))).toBe(0);
  expect(await sorts((options) => solution.plan.transpose().barycentricMap(options))).toBe(0);
  expect(await solution.plan.barycentricMap()).toEqual(await again.plan.barycentricMap());
});
