/** Transport between grids, held to what its potentials prove over all pairs of nodes, and to transport by whole matrices. */
import { cpu } from '@sinkhorn/backend-cpu';
import { describe, expect, test } from 'vitest';
import { solveGrids } from '../../../src/divergence/grids/index.js';
import { abs, sub, sum } from '../../../src/formula/expression.js';
import { powerCost } from '../../../src/geometry/cost.js';
import { checkGrid } from '../../../src/measure/grid.js';
import type { MeasurePair } from '../../../src/measure/pair.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { applyPlan, barycentricMap, planMarginal } from '../../../src/transport/grids/planOnGrids.js';
import type { SinkhornOptions } from '../../../src/transport/options.js';
import { distances, halfSquares, type TwofoldCost } from '../../support/costs.js';
import { BALANCED, type DenseProblem, denseDivergence } from '../../support/denseTransport.js';
import { draws } from '../../support/draws.js';
import { expectClose } from '../../support/expectClose.js';
import { once } from '../../support/once.js';

const infinite = Number.POSITIVE_INFINITY;
const backend = cpu();

interface Side {
  readonly shape: readonly number[];
  readonly spacing: readonly number[];
  readonly origin: readonly number[];
  readonly masses: readonly number[];
}

/** Masses on nodes, a quarter of them 0. */
function grid(shape: readonly number[], spacing: number, origin: number, seed: number, mass = 1): Side {
  const count = shape.reduce((product, length) => product * length, 1);
  const raw = Array.from(draws(count, seed), (value) => (value < 0.25 ? 0 : value ** 2));
  const total = raw.reduce((all, value) => all + value, 0);
  return {
    shape,
    spacing: shape.map(() => spacing),
    origin: shape.map((_, axis) => origin + axis / 10),
    masses: raw.map((value) => (mass * value) / total),
  };
}

/** Two humps on the line, with next to nothing between them. */
const humps = (count: number, spacing: number, share: number, at: number): Side => {
  const raw = Array.from({ length: count }, (_, k) => {
    const hump = (place: number, width: number) => Math.exp(-(((k / count - place) / width) ** 2));
    return share * hump(at, 0.06) + (1 - share) * hump(at + 0.55, 0.08) + 1e-9;
  });
  const total = raw.reduce((all, value) => all + value, 0);
  return { shape: [count], spacing: [spacing], origin: [0], masses: raw.map((value) => value / total) };
};

const nodesOf = ({ shape, spacing, origin }: Side): number[][] =>
  shape.reduce<number[][]>(
    (found, length, axis) =>
      found.flatMap((start) => Array.from({ length }, (_, k) => [...start, origin[axis] + k * spacing[axis]])),
    [[]],
  );

const manhattan: TwofoldCost = {
  formula: (x, y) => sum(abs(sub(x, y))),
  plain: (x, y) => x.reduce((total, value, c) => total + Math.abs(value - y[c]), 0),
};

interface Problem {
  readonly x: Side;
  readonly y: Side;
  readonly cost: TwofoldCost;
  readonly p: 1 | 2;
  readonly blur: number;
  readonly rho?: DenseProblem['rho'];
}

const checked = (name: string, { masses, ...axes }: Side) => runSync(checkGrid(name, { grid: masses, ...axes }));
const pairOf = ({ x, y }: Problem): MeasurePair => ({ x: checked('x', x), y: checked('y', y) });

function optionsOf({ cost, p, blur, rho = BALANCED }: Problem, tolerance: number): SinkhornOptions {
  return {
    ...{ cost: cost === manhattan ? cost.formula : powerCost(p), p, homogeneous: cost !== manhattan, blur },
    ...(cost === manhattan && { metric: 'manhattan' }),
    reach: { x: rho.x ** (1 / p), y: rho.y ** (1 / p) },
    ...{ scaling: 0.5, debias: true, tolerance, maxIterations: 3000 },
  };
}

const solve = (problem: Problem, tolerance: number) =>
  runSync(solveGrids(backend, pairOf(problem), optionsOf(problem, tolerance), ['x', 'y']));

const denseOf = ({ x, y, cost, p, blur, rho = BALANCED }: Problem): DenseProblem => ({
  x: { points: nodesOf(x), weights: x.masses },
  y: { points: nodesOf(y), weights: y.masses },
  ...{ cost, epsilon: blur ** p, rho },
});

/** pi_ij over all pairs, for given potentials. */
function planOf(dense: DenseProblem, f: ArrayLike<number>, g: ArrayLike<number>): number[][] {
  return dense.x.points.map((from, i) =>
    dense.y.points.map(
      (to, j) =>
        dense.x.weights[i] * dense.y.weights[j] * Math.exp((f[i] + g[j] - dense.cost.plain(from, to)) / dense.epsilon),
    ),
  );
}

/** The L1 error of the marginals of a plan: each point's mass times what the penalty takes of it. */
function marginalErrors({ x, y, rho }: DenseProblem, plan: number[][], f: ArrayLike<number>, g: ArrayLike<number>) {
  const rows = plan.map((row) => row.reduce((total, value) => total + value, 0));
  const columns = y.weights.map((_, j) => plan.reduce((total, row) => total + row[j], 0));
  const error = (weights: readonly number[], found: number[], potential: ArrayLike<number>, strength: number) =>
    weights.reduce((total, weight, k) => total + Math.abs(found[k] - weight * Math.exp(-potential[k] / strength)), 0) /
    weights.reduce((total, weight) => total + weight, 0);
  return [error(x.weights, rows, f, rho.x), error(y.weights, columns, g, rho.y)];
}

const problems: [string, Problem][] = [
  ['images', { x: grid([7, 5], 0.1, 0, 1), y: grid([4, 6], 0.12, 0.1, 2), cost: halfSquares, p: 2, blur: 0.12 }],
  [
    'images, by |x| + |y|',
    { x: grid([5, 6], 0.1, 0, 3), y: grid([6, 4], 0.1, 0.2, 4), cost: manhattan, p: 1, blur: 0.2 },
  ],
  ['lines, by distances', { x: grid([23], 0.05, 0, 5), y: grid([17], 0.06, 0.3, 6), cost: distances, p: 1, blur: 0.1 }],
  ['volumes', { x: grid([3, 2, 4], 0.2, 0, 7), y: grid([2, 3, 3], 0.3, 0.1, 8), cost: halfSquares, p: 2, blur: 0.2 }],
  [
    'images of other masses',
    {
      ...{ x: grid([6, 5], 0.1, 0, 9, 1.3), y: grid([5, 5], 0.1, 0.1, 10, 0.8), cost: halfSquares, p: 2, blur: 0.15 },
      rho: { x: 0.2, y: 0.5 },
    },
  ],
  [
    'lines of other masses, one held',
    {
      ...{ x: grid([20], 0.05, 0, 11, 1.2), y: grid([26], 0.04, 0.1, 12), cost: distances, p: 1, blur: 0.15 },
      rho: { x: 0.5, y: infinite },
    },
  ],
];

describe.each(problems)('%s', (_, problem) => {
  const dense = denseOf(problem);
  const found = once(() => solve(problem, 1e-11));
  const truth = once(() => denseDivergence(dense));

  test('the potentials are those of a plan with its marginals, over all pairs of nodes', () => {
    const { potentials, marginalError, converged, epsilons } = found();
    const { f_ba, g_ab, f_aa = [], g_bb = [] } = potentials;
    for (const [of, f, g] of [
      [dense, f_ba, g_ab],
      [{ ...dense, y: dense.x, rho: { x: dense.rho.x, y: dense.rho.x } }, f_aa, f_aa],
      [{ ...dense, x: dense.y, rho: { x: dense.rho.y, y: dense.rho.y } }, g_bb, g_bb],
    ] as const) {
      for (const error of marginalErrors(of, planOf(of, f, g), f, g)) expect(error).toBeLessThan(1e-9);
    }
    expect(converged).toBe(true);
    expect(marginalError).toBeLessThanOrEqual(1e-11);
    expect(epsilons.at(-1)).toBeCloseTo(dense.epsilon, 14);
  });

  test('the value is that of transport by whole matrices, and its error is told', () => {
    const { values, errors } = found();
    expect(Math.abs(values[0] / truth() - 1)).toBeLessThan(1e-8);
    expect(errors.value).toBeLessThan(1e-6);
    for (const tolerance of [1e-2, 1e-4]) {
      const loose = solve(problem, tolerance);
      expect(loose.converged).toBe(true);
      const off = Math.abs(loose.values[0] / truth() - 1);
      expect(off, `tolerance ${tolerance}`).toBeLessThan(loose.errors.value + 1e-10);
      const { f_ba, g_ab } = loose.iterates;
      const [ofX, ofY] = marginalErrors(dense, planOf(dense, f_ba, g_ab), f_ba, g_ab);
      expect(Math.max(ofX, ofY)).toBeLessThan(1.5 * loose.marginalError + 1e-12);
    }
  });

  test('the gradients in the masses are those of the value', () => {
    const { gradients } = found();
    const step = 1e-4;
    for (const side of ['x', 'y'] as const) {
      const { masses } = problem[side];
      const weights = gradients[side]?.weights ?? [];
      const [one, other] = [masses.findIndex((mass) => mass > 0.01), masses.findLastIndex((mass) => mass > 0.01)];
      const valueAt = (by: number) => {
        const changed = masses.with(one, masses[one] + by).with(other, masses[other] - by);
        return solve({ ...problem, [side]: { ...problem[side], masses: changed } }, 1e-9).values[0];
      };
      expect(weights[one] - weights[other], side).toBeCloseTo((valueAt(step) - valueAt(-step)) / (2 * step), 5);
    }
  });

  test('passes over the plan are those of the plan as a matrix', () => {
    const { potentials } = found();
    const source = { backend, pair: pairOf(problem), options: optionsOf(problem, 1e-11), potentials };
    const plan = planOf(dense, potentials.f_ba, potentials.g_ab);
    const sides = [
      ['x', plan, dense.y],
      ['y', dense.y.points.map((_, j) => plan.map((row) => row[j])), dense.x],
    ] as const;
    for (const [side, rows, against] of sides) {
      const masses = rows.map((row) => row.reduce((total, value) => total + value, 0));
      expectClose(runSync(planMarginal(source, side)), masses, 1e-12);
      // More columns than are taken at once.
      const size = 19;
      const values = draws(against.points.length * size, 13);
      const applied = rows.flatMap((row) =>
        Array.from({ length: size }, (_, c) => row.reduce((total, mass, j) => total + mass * values[j * size + c], 0)),
      );
      expectClose(runSync(applyPlan(source, side, values, size)), applied, 1e-12);
      const { f_ba, g_ab } = potentials;
      const potential = side === 'x' ? g_ab : f_ba;
      const from = dense[side];
      const means = from.points.flatMap((point) => {
        const scores = against.points.map((to, j) =>
          against.weights[j] > 0
            ? Math.log(against.weights[j]) + (potential[j] - dense.cost.plain(point, to)) / dense.epsilon
            : -infinite,
        );
        const largest = Math.max(...scores);
        const shares = scores.map((score) => Math.exp(score - largest));
        const total = shares.reduce((all, share) => all + share, 0);
        return point.map((_, c) => shares.reduce((all, share, j) => all + share * against.points[j][c], 0) / total);
      });
      expectClose(runSync(barycentricMap(source, side)), means, 1e-11);
    }
  });
});

describe('grids much finer than the blur, of masses that hardly see each other', () => {
  const x = humps(48, 0.04, 0.5, 0.2);
  const y = humps(40, 0.048, 0.5003, 0.15);
  const problem: Problem = { x, y, cost: halfSquares, p: 2, blur: 0.16 };
  const dense = denseOf(problem);
  const tight = once(() => solve(problem, 1e-8));

  test('are solved by way of coarser ones', () => {
    const { potentials, converged } = tight();
    const { f_ba, g_ab } = potentials;
    for (const error of marginalErrors(dense, planOf(dense, f_ba, g_ab), f_ba, g_ab)) expect(error).toBeLessThan(1e-7);
    expect(converged).toBe(true);
  });

  test.each([1e-2, 1e-3])('few sweeps are not told to be accurate: tolerance %d', (tolerance) => {
    const { errors } = solve(problem, tolerance);
    expect(errors.value).toBeGreaterThan(1e-3);
    expect(errors.weights).toBeGreaterThan(1e-2);
  });

  test('errors are told', () => {
    const loose = solve(problem, 1e-4);
    expect(Math.abs(loose.values[0] / tight().values[0] - 1)).toBeLessThan(loose.errors.value + 1e-7);
    const slopes = (result: typeof loose) => {
      const weights = result.gradients.x?.weights ?? new Float64Array();
      const mean = weights.reduce((total, value) => total + value, 0) / weights.length;
      return weights.map((value) => value - mean);
    };
    const [found, truth] = [slopes(loose), slopes(tight())];
    const off = found.map((value, k) => value - truth[k]);
    expect(Math.hypot(...off) / Math.hypot(...truth)).toBeLessThan(loose.errors.weights + 1e-6);
  });
});

test('each element of a batch is solved by itself', () => {
  const sides = [20, 30].map((seed) => ({ x: grid([6, 4], 0.1, 0, seed), y: grid([5, 5], 0.1, 0.1, seed + 1) }));
  const together = (name: 'x' | 'y') => {
    const { shape, spacing, origin } = sides[0][name];
    const masses = sides.flatMap((each) => [...each[name].masses]);
    return runSync(checkGrid(name, { grid: masses, shape: [2, ...shape], spacing, origin }));
  };
  const options = optionsOf({ ...sides[0], cost: halfSquares, p: 2, blur: 0.12 }, 1e-10);
  const { values } = runSync(solveGrids(backend, { x: together('x'), y: together('y') }, options));
  sides.forEach((each, k) => {
    expect(values[k]).toBeCloseTo(solve({ ...each, cost: halfSquares, p: 2, blur: 0.12 }, 1e-10).values[0], 9);
  });
});
