/** Exact transport between few points, held to permutations and to what its potentials prove. */
import { describe, expect, test } from 'vitest';
import { div, squaredDistance } from '../../../src/formula/expression.js';
import { checkMeasure } from '../../../src/measure/measure.js';
import type { MeasurePair } from '../../../src/measure/pair.js';
import { runSync } from '../../../src/tasks/drivers.js';
import type { Task, TaskRequest } from '../../../src/tasks/task.js';
import { solveExact } from '../../../src/transport/exact/solveExact.js';
import { centralDifference } from '../../support/centralDifference.js';
import { asymmetric, distances, halfSquares, type TwofoldCost } from '../../support/costs.js';
import { draws } from '../../support/draws.js';
import { expectProven } from '../../support/provenPlan.js';

interface Problem {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly (readonly number[])[];
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly cost: TwofoldCost;
}

const measure = (name: string, points: Problem['x'], weights: readonly number[]) =>
  checkMeasure(name, { points: points.flat(), dimension: points[0].length, weights });
const optionsOf = ({ formula }: TwofoldCost, byPower = false) => ({
  cost: formula,
  ...(byPower && { power: (formula === halfSquares.formula ? 2 : 1) as 1 | 2 }),
});
const solve = ({ x, y, a, b, cost }: Problem, byPower = false) =>
  runSync(solveExact({ x: measure('x', x, a), y: measure('y', y, b) }, optionsOf(cost, byPower)));

const spread = (count: number, seed: number, dimension = 2) => {
  const values = draws(count * dimension, seed);
  return Array.from({ length: count }, (_, i) => Array.from(values.subarray(i * dimension, (i + 1) * dimension)));
};
const lattice = (count: number, side: number) =>
  Array.from({ length: count }, (_, i) => [i % side, Math.floor(i / side)]);
const shares = (count: number, seed: number, mass = 1) => {
  const raw = Array.from(draws(count, seed), (value) => value ** 4 + 1e-6);
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => (mass * value) / total);
};
const even = (count: number) => new Array(count).fill(1 / count);

const problems: [string, Problem][] = [
  ['random', { x: spread(9, 1), y: spread(12, 2), a: shares(9, 3), b: shares(12, 4), cost: halfSquares }],
  [
    'random, by distances',
    { x: spread(14, 5), y: spread(6, 6), a: shares(14, 7, 4), b: shares(6, 8, 4), cost: distances },
  ],
  [
    'random, by a cost that is not symmetric',
    { x: spread(7, 9), y: spread(8, 10), a: shares(7, 11), b: shares(8, 12), cost: asymmetric },
  ],
  [
    'a lattice and itself, moved',
    { x: lattice(16, 4), y: lattice(16, 4).map(([u, v]) => [u + 1, v]), a: even(16), b: even(16), cost: distances },
  ],
  [
    'a lattice, where many plans cost the same',
    { x: lattice(12, 4), y: lattice(18, 3), a: even(12), b: even(18), cost: distances },
  ],
  ['the same points', { x: lattice(9, 3), y: lattice(9, 3), a: even(9), b: even(9), cost: halfSquares }],
  ['one point', { x: [[0.5, 0.5]], y: spread(9, 13), a: [1], b: shares(9, 14), cost: halfSquares }],
  [
    'few against many',
    { x: spread(3, 15), y: spread(70, 16), a: [0.2, 0.3, 0.5], b: shares(70, 17), cost: halfSquares },
  ],
  ['many against few', { x: spread(70, 18), y: spread(4, 19), a: shares(70, 20), b: even(4), cost: distances }],
  [
    'weights of 0',
    {
      x: spread(5, 21),
      y: spread(6, 22),
      a: [0, 0.5, 0, 0.25, 0.25],
      b: [0.125, 0, 0.5, 0.375, 0, 0],
      cost: halfSquares,
    },
  ],
  [
    'masses between which sums of some agree',
    {
      x: spread(6, 23),
      y: spread(6, 24),
      a: [0.25, 0.25, 0.125, 0.125, 0.125, 0.125],
      b: [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.03125],
      cost: distances,
    },
  ],
];

describe.each(problems)('%s', (_, problem) => {
  const { x, y, a, b, cost } = problem;
  const between = (i: number, j: number) => cost.plain(x[i], y[j]);

  test.each([false, true])('the potentials prove the plan, by a power that is known or a formula: %s', (byPower) => {
    if (byPower && cost === asymmetric) return;
    const solved = solve(problem, byPower);
    const plan = solved.plan();
    expectProven({ a, b, cost: between, value: solved.values[0], plan, ...solved.potentials() }, 1e-13 * 20);
    const [{ primal, dual, gap, infeasibility }] = solved.certificates;
    expect(primal).toBe(solved.values[0]);
    expect(Math.abs(primal - dual)).toBeLessThan(1e-13);
    expect(gap).toBeGreaterThanOrEqual(primal - dual);
    expect(gap).toBeLessThan(1e-12);
    expect(infeasibility).toBeLessThan(1e-13);
    expect(solved.gap).toBeLessThan(1e-11);
    expect(solved.massError).toBeLessThan(1e-14);
    // A tree has no more pairs.
    expect(plan.mass.length).toBeLessThan(x.length + y.length);
    const pairs = a.flatMap((mass, i) => (mass > 0 ? b.flatMap((other, j) => (other > 0 ? [between(i, j)] : [])) : []));
    expect(solved.largestCost).toBeCloseTo(Math.max(...pairs), 12);
  });
});

test('an assignment is the cheapest of all permutations', () => {
  const permutations = (items: readonly number[]): number[][] =>
    items.length === 0
      ? [[]]
      : items.flatMap((item) => permutations(items.filter((each) => each !== item)).map((rest) => [item, ...rest]));
  for (const seed of [30, 40, 50, 60]) {
    const [x, y] = [spread(6, seed, 3), spread(6, seed + 1, 3)];
    const totals = permutations([0, 1, 2, 3, 4, 5]).map((order) =>
      order.reduce((sum, j, i) => sum + distances.plain(x[i], y[j]) / 6, 0),
    );
    expect(solve({ x, y, a: even(6), b: even(6), cost: distances }).values[0]).toBeCloseTo(Math.min(...totals), 13);
  }
});

test.each([
  ['squares', halfSquares],
  ['distances', distances],
  ['a cost that is not symmetric', asymmetric],
])('gradients are those of the value: %s', (_, cost) => {
  const problem: Problem = { x: spread(5, 70), y: spread(4, 71), a: shares(5, 72), b: shares(4, 73), cost };
  const gradients = runSync(solve(problem).gradientsOf(['x', 'y']));
  for (const [side, weight] of [
    ['x', 'a'],
    ['y', 'b'],
  ] as const) {
    const { points = [], weights = [] } = gradients[side] ?? {};
    for (const [k, point] of problem[side].entries()) {
      for (const axis of [0, 1]) {
        const slope = centralDifference(
          (moved) => solve({ ...problem, [side]: problem[side].with(k, point.with(axis, moved)) }).values[0],
          point[axis],
          1e-5,
        );
        expect(points[2 * k + axis], `${side}[${k}][${axis}]`).toBeCloseTo(slope, 7);
      }
      const next = (k + 1) % problem[side].length;
      const along = centralDifference(
        (by) => {
          const moved = problem[weight].with(k, problem[weight][k] + by);
          moved[next] -= by;
          return solve({ ...problem, [weight]: moved }).values[0];
        },
        0,
        1e-7,
      );
      expect(weights[k] - weights[next], `weight ${side}[${k}]`).toBeCloseTo(along, 6);
    }
    const mean = Array.from(weights).reduce((sum, potential, k) => sum + problem[weight][k] * potential, 0);
    expect(Math.abs(mean)).toBeLessThan(1e-13);
  }
});

test('each element of a batch is solved by itself', () => {
  const elements: Problem[] = [80, 90].map((seed) => ({
    x: spread(4, seed),
    y: spread(5, seed + 1),
    a: shares(4, seed + 2),
    b: shares(5, seed + 3),
    cost: halfSquares,
  }));
  const batch = (name: string, points: 'x' | 'y', weights: 'a' | 'b', count: number) =>
    checkMeasure(name, {
      data: elements.flatMap((each) => each[points].flat()),
      shape: [2, count, 2],
      weights: elements.flatMap((each) => [...each[weights]]),
    });
  const pair = { x: batch('x', 'x', 'a', 4), y: batch('y', 'y', 'b', 5) };
  const found = runSync(solveExact(pair, optionsOf(halfSquares)));
  const { x } = runSync(found.gradientsOf(['x']));
  const plan = found.plan();
  const { f, g } = found.potentials();
  let pivots = 0;
  elements.forEach((element, k) => {
    const alone = solve(element);
    pivots += alone.iterations;
    expect(found.values[k]).toBe(alone.values[0]);
    expect(f.subarray(4 * k, 4 * (k + 1))).toEqual(alone.potentials().f);
    expect(g.subarray(5 * k, 5 * (k + 1))).toEqual(alone.potentials().g);
    expect(plan.mass.subarray(plan.starts[k], plan.starts[k + 1])).toEqual(alone.plan().mass);
    expect(x?.points.subarray(8 * k, 8 * (k + 1))).toEqual(runSync(alone.gradientsOf(['x'])).x?.points);
  });
  expect(found.iterations).toBe(pivots);
});

test('masses that differ by rounding are brought to their mean, and the difference is told', () => {
  const { values, massError } = solve({ x: [[0], [1]], y: [[2]], a: [0.5, 0.5], b: [1 + 1e-9], cost: distances });
  expect(values[0]).toBeCloseTo(1.5 * (1 + 5e-10), 12);
  expect(massError).toBeCloseTo(1e-9, 15);
});

test('costs that are no numbers and more pairs than are kept are refused', () => {
  const inverse: TwofoldCost = { formula: (u, v) => div(1, squaredDistance(u, v)), plain: () => Number.NaN };
  const met: Problem = { x: [[1]], y: [[1]], a: [1], b: [1], cost: inverse };
  expect(() => solve(met)).toThrow('is Infinity: rescale the coordinates, or change the cost');
  const many = (name: string) => checkMeasure(name, { points: new Float64Array(2001), dimension: 1 });
  expect(() => runSync(solveExact({ x: many('x'), y: many('y') }, optionsOf(distances)))).toThrow(
    '2001 x 2001 points have more than 4000000 pairs',
  );
});

/** What a task asks of whoever drives it. */
function requestsOf(task: Task<unknown>): TaskRequest[] {
  const requests: TaskRequest[] = [];
  for (const request of task) requests.push(request);
  return requests;
}

test.each([undefined, 2])('progress tells of the plan, and of the share where there is a batch: %s', (batch) => {
  const given = (name: string, seed: number) =>
    checkMeasure(name, { data: draws((batch ?? 1) * 6, seed), shape: batch ? [batch, 3, 2] : [3, 2] });
  const requests = requestsOf(solveExact({ x: given('x', 1), y: given('y', 2) }, optionsOf(halfSquares)));
  const told = requests.flatMap((request) => (request.type === 'progress' ? [request.progress] : []));
  expect(told).toEqual(
    batch
      ? [
          { stage: 'plan', share: 0 },
          { stage: 'plan', share: 0.5 },
        ]
      : [{ stage: 'plan' }],
  );
});

test('between pivots others have their turn, not at each of them', () => {
  const count = 150;
  const given = (name: string, seed: number) =>
    checkMeasure(name, { points: draws(2 * count, seed), dimension: 2, weights: shares(count, seed + 1) });
  const pair = { x: given('x', 3), y: given('y', 5) };
  const { iterations } = runSync(solveExact(pair, optionsOf(halfSquares)));
  expect(iterations).toBeGreaterThan(1024);
  const pauses = (some: MeasurePair) =>
    requestsOf(solveExact(some, optionsOf(halfSquares))).filter(({ type }) => type === 'pause').length;
  // What a problem without any pivots pauses for by itself.
  const one = checkMeasure('x', [[0, 0]]);
  const others = pauses({ x: one, y: one });
  expect(pauses(pair)).toBeGreaterThanOrEqual(others + 2);
  expect(pauses(pair)).toBeLessThan(others + iterations / 50);
});
