/** Transport on a line and around a circle, held to sorted points and to what its potentials prove. */
import { describe, expect, test } from 'vitest';
import { checkMeasure } from '../../../src/measure/measure.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { lineSide, turnedSide } from '../../../src/transport/line/lineSide.js';
import { solveLine } from '../../../src/transport/line/solveLine.js';
import { centralDifference } from '../../support/centralDifference.js';
import { draws } from '../../support/draws.js';
import { expectProven } from '../../support/provenPlan.js';

interface Problem {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly p: number;
  readonly period?: number;
}

const measure = (name: string, points: readonly number[], weights: readonly number[]) =>
  checkMeasure(name, { points, dimension: 1, weights });
const solve = ({ x, y, a, b, p, period }: Problem) =>
  runSync(solveLine({ x: measure('x', x, a), y: measure('y', y, b) }, { p, period }));

const costOf = ({ p, period }: Problem, from: number, to: number) => {
  const apart = Math.abs(from - to);
  const turn = period === undefined ? apart : apart % period;
  return (period === undefined ? apart : Math.min(turn, period - turn)) ** p / p;
};

/** The best match of as many points of one mass each: in their order on a line, and around a circle in that order from some place on. */
function bySorting(problem: Problem, mass: number): number {
  const { period } = problem;
  const place = (at: number) => (period === undefined ? at : ((at % period) + period) % period);
  const [x, y] = [problem.x, problem.y].map((points) => points.map(place).sort((u, v) => u - v));
  const shifts = period === undefined ? [0] : x.map((_, shift) => shift);
  const totals = shifts.map((shift) =>
    x.reduce((sum, from, k) => sum + mass * costOf(problem, from, y[(k + shift) % y.length]), 0),
  );
  return Math.min(...totals);
}

const spread = (count: number, seed: number, scale = 3) => Array.from(draws(count, seed), (value) => scale * value - 1);
const shares = (count: number, seed: number, mass = 1) => {
  const raw = Array.from(draws(count, seed), (value) => value ** 3);
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => (mass * value) / total);
};
/** Points that coincide within a side and across, and weights of 0. */
const ugly = {
  x: [0.5, 0.5, -1, 2, 2, 0.25, 0.5],
  a: [0.1, 0.2, 0, 0.3, 0.1, 0.3, 0],
  y: [2, 0.5, 0.25, -1, 3, 3],
  b: [0.25, 0.125, 0, 0.125, 0.5, 0],
};
const exponents = [1, 1.5, 2, 3];
const periods = [undefined, 2.5];

describe.each(periods)('around %s', (period) => {
  describe.each(exponents)('with the exponent %d', (p) => {
    const problems: [string, Problem][] = [
      ['random', { x: spread(9, 1), y: spread(12, 2), a: shares(9, 3), b: shares(12, 4), p, period }],
      ['of other masses', { x: spread(12, 5), y: spread(7, 6), a: shares(12, 7, 3), b: shares(7, 8, 3), p, period }],
      ['with ties and without weight', { ...ugly, p, period }],
      ['of one point', { x: [0.3], y: spread(5, 9), a: [1], b: shares(5, 10), p, period }],
      [
        'in two clusters',
        { x: [0, 0.01, 0.02, 1.2], y: [0.015, 1.21, 1.22], a: [0.3, 0.2, 0.1, 0.4], b: [0.5, 0.3, 0.2], p, period },
      ],
    ];

    test.each(problems)('the potentials prove the plan of points %s', (_, problem) => {
      const solved = solve(problem);
      const { x, y, a, b } = problem;
      const cost = (i: number, j: number) => costOf(problem, x[i], y[j]);
      expectProven({ a, b, cost, value: solved.values[0], plan: solved.plan(), ...solved.potentials() }, 1e-12);
      expect(solved.massError).toBeLessThan(1e-14);
      const { i, j } = solved.plan();
      const largest = Math.max(...Array.from(i, (from, k) => cost(from, j[k])));
      expect(solved.largestCost).toBeCloseTo(largest, 12);
    });

    test('it is the best match of points of one mass', () => {
      for (const seed of [20, 30, 40]) {
        const masses = new Array(8).fill(1 / 8);
        const problem = { x: spread(8, seed), y: spread(8, seed + 1), a: masses, b: masses, p, period };
        expect(solve(problem).values[0]).toBeCloseTo(bySorting(problem, 1 / 8), 12);
      }
    });

    test('gradients are those of the value', () => {
      const problem: Problem = { x: spread(5, 50), y: spread(6, 51), a: shares(5, 52), b: shares(6, 53), p, period };
      const gradients = runSync(solve(problem).gradientsOf(['x', 'y']));
      for (const [side, weight] of [
        ['x', 'a'],
        ['y', 'b'],
      ] as const) {
        const { points = [], weights = [] } = gradients[side] ?? {};
        for (const [k, at] of problem[side].entries()) {
          const slope = centralDifference(
            (moved) => solve({ ...problem, [side]: problem[side].with(k, moved) }).values[0],
            at,
            1e-5,
          );
          expect(points[k], `${side}.points[${k}]`).toBeCloseTo(slope, 7);
          // What one point gains the next one loses: masses have to agree.
          const next = (k + 1) % problem[side].length;
          const along = centralDifference(
            (by) => {
              const moved = problem[weight].with(k, problem[weight][k] + by);
              moved[next] -= by;
              return solve({ ...problem, [weight]: moved }).values[0];
            },
            0,
            1e-6,
          );
          expect(weights[k] - weights[next], `${side}.weights[${k}]`).toBeCloseTo(along, 6);
        }
        const mean = Array.from(weights).reduce((sum, potential, k) => sum + problem[weight][k] * potential, 0);
        expect(Math.abs(mean)).toBeLessThan(1e-12);
      }
    });
  });
});

describe.each(periods)('points in one place, around %s', (period) => {
  const whole = { x: spread(6, 90), y: spread(7, 91), a: shares(6, 92), b: shares(7, 93), period };
  // Around a circle one of them is where it is cut.
  const places = whole.x.map((_, k) => k);

  test.each([1, 2])('share its slope by weight, wherever they stand in the input: p = %d', (p) => {
    const slopes = (problem: Problem) => Array.from(runSync(solve(problem).gradientsOf(['x'])).x?.points ?? []);
    const expected = slopes({ ...whole, p });
    for (const place of places) {
      const [at, weight] = [whole.x[place], whole.a[place]];
      // A turn away around a circle.
      const other = period === undefined ? at : at + period;
      const split: Problem = {
        ...whole,
        p,
        x: [at, ...whole.x.toSpliced(place, 1), other],
        a: [0.3 * weight, ...whole.a.toSpliced(place, 1), 0.7 * weight],
      };
      expect(solve(split).values[0]).toBeCloseTo(solve({ ...whole, p }).values[0], 13);
      const [one, ...rest] = slopes(split);
      const two = rest.pop() ?? Number.NaN;
      expect(one, `place ${place}`).toBeCloseTo(0.3 * expected[place], 13);
      expect(two, `place ${place}`).toBeCloseTo(0.7 * expected[place], 13);
      rest.forEach((slope, k) => {
        expect(slope).toBeCloseTo(expected.toSpliced(place, 1)[k], 13);
      });
    }
  });
});

test('a side that is turned by whole turns begins where it did', () => {
  const side = runSync(lineSide(Float64Array.of(0.5, 0.1, 0.9), Float64Array.of(0.2, 0.3, 0.5), 1, 0));
  for (const [first, expected, turns] of [
    [1, 1, 0],
    [4, 1, 1],
    [-2, 1, -1],
    [-3, 0, -1],
  ]) {
    const turned = runSync(turnedSide(side, first, 2));
    expect(turned.first, `from ${first}`).toBe(expected);
    expect(turned.at[0], `from ${first}`).toBeCloseTo([0.1, 0.5, 0.9][expected] + 2 * turns, 14);
  }
});

test.each([1, 2])('turns around a circle change nothing: p = %d', (p) => {
  const period = 2.5;
  const given: Problem = { x: spread(6, 94), y: spread(7, 95), a: shares(6, 96), b: shares(7, 97), p, period };
  const turned = {
    ...given,
    x: given.x.map((at, k) => at + period * ((k % 3) - 1)),
    y: given.y.map((at, k) => at - period * (k % 2)),
  };
  expect(solve(turned).values[0]).toBeCloseTo(solve(given).values[0], 12);
  const [before, after] = [given, turned].map((problem) => runSync(solve(problem).gradientsOf(['x', 'y'])));
  for (const side of ['x', 'y'] as const) {
    before[side]?.points.forEach((slope, k) => {
      expect(after[side]?.points[k], `${side}[${k}]`).toBeCloseTo(slope, 11);
    });
    before[side]?.weights.forEach((potential, k) => {
      expect(after[side]?.weights[k], `${side}[${k}]`).toBeCloseTo(potential, 11);
    });
  }
});

test('only the sides that are asked for have gradients, and those of a batch are those of its elements', () => {
  const elements: Problem[] = [60, 70].map((seed) => ({
    x: spread(4, seed),
    y: spread(5, seed + 1),
    a: shares(4, seed + 2),
    b: shares(5, seed + 3),
    p: 2,
  }));
  const batch = (name: string, points: 'x' | 'y', weights: 'a' | 'b', count: number) =>
    checkMeasure(name, {
      data: elements.flatMap((each) => [...each[points]]),
      shape: [2, count, 1],
      weights: elements.flatMap((each) => [...each[weights]]),
    });
  const found = runSync(solveLine({ x: batch('x', 'x', 'a', 4), y: batch('y', 'y', 'b', 5) }, { p: 2 }));
  const { x, y } = runSync(found.gradientsOf(['y']));
  expect(x).toBeUndefined();
  const plan = found.plan();
  elements.forEach((element, k) => {
    const alone = solve(element);
    expect(found.values[k]).toBe(alone.values[0]);
    const gradients = runSync(alone.gradientsOf(['y']));
    expect(y?.points.subarray(5 * k, 5 * (k + 1))).toEqual(gradients.y?.points);
    expect(y?.weights.subarray(5 * k, 5 * (k + 1))).toEqual(gradients.y?.weights);
    const { f, g } = found.potentials();
    expect(f.subarray(4 * k, 4 * (k + 1))).toEqual(alone.potentials().f);
    expect(g.subarray(5 * k, 5 * (k + 1))).toEqual(alone.potentials().g);
    expect(plan.mass.subarray(plan.starts[k], plan.starts[k + 1])).toEqual(alone.plan().mass);
    expect(plan.j.subarray(plan.starts[k], plan.starts[k + 1])).toEqual(alone.plan().j);
  });
});

test('masses that differ by rounding are brought to their mean, and the difference is told', () => {
  const given: Problem = { x: [0, 1], y: [2], a: [0.5, 0.5], b: [1 + 1e-9], p: 1 };
  const { values, massError } = solve(given);
  expect(values[0]).toBeCloseTo(1.5 * (1 + 5e-10), 12);
  expect(massError).toBeCloseTo(1e-9, 15);
});

test('points of more coordinates, and costs beyond all numbers, are refused', () => {
  const flat = checkMeasure('x', [[0, 1]]);
  expect(() => runSync(solveLine({ x: flat, y: flat }, { p: 2 }))).toThrow('x has dimension 2, and a line has 1');
  const far: Problem = { x: [-1e74], y: [1e74], a: [1], b: [1], p: 5 };
  expect(() => solve(far)).toThrow('costs exceed the range of numbers');
});
