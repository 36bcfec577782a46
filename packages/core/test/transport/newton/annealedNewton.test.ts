import { describe, expect, test } from 'vitest';
import { powerCost } from '../../../src/geometry/cost.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { annealedNewton, type NewtonResult } from '../../../src/transport/newton/annealedNewton.js';
import { dualValue } from '../../../src/transport/newton/dualValue.js';
import { type HostProblem, hostSide } from '../../../src/transport/newton/hostProblem.js';
import { pairCosts } from '../../../src/transport/newton/pairCosts.js';
import { updated } from '../../../src/transport/newton/settle.js';
import { draws } from '../../support/draws.js';
import { once } from '../../support/once.js';

const infinite = Number.POSITIVE_INFINITY;
const [ROWS, COLUMNS] = [90, 80];

/** Points in two squares, apart, with unequal weights; `visits` counts the rows of costs that were asked for. */
function problemOf(apart: number, rho: number) {
  const place = (count: number, seed: number) =>
    draws(2 * count, seed).map((value, k) => value + (k % 6 === 0 ? apart : 0));
  const weights = (count: number, seed: number, mass: number) => {
    const raw = draws(count, seed).map((value) => value + 0.1);
    const total = raw.reduce((sum, value) => sum + value, 0);
    return hostSide(
      raw.map((value) => (value * mass) / total),
      mass,
      rho,
    );
  };
  const costs = pairCosts({ cost: powerCost(2), power: 2 }, place(ROWS, 1), place(COLUMNS, 2), 2, false);
  const counter = { visits: 0 };
  const problem: HostProblem = {
    costs: {
      ...costs,
      row(i, into) {
        counter.visits += 1;
        costs.row(i, into);
      },
    },
    x: weights(ROWS, 3, rho === infinite ? 1 : 0.8),
    y: weights(COLUMNS, 4, rho === infinite ? 1 : 1.3),
    costScale: ((1 + apart) ** 2 + 1) / 2,
  };
  return { problem, counter };
}

/** The L1 marginal errors of the plan of potentials, over all pairs. */
function errorsOf({ costs, x, y }: HostProblem, { f, g }: Pick<NewtonResult, 'f' | 'g'>, epsilon: number): number[] {
  const row = new Float64Array(COLUMNS);
  const columnMass = new Float64Array(COLUMNS);
  const shareAt = (potential: number, rho: number) => Math.exp(-potential / rho);
  let error = 0;
  for (let i = 0; i < ROWS; i++) {
    costs.row(i, row);
    let mass = 0;
    for (let j = 0; j < COLUMNS; j++) {
      const entry = x.weights[i] * y.weights[j] * Math.exp((f[i] + g[j] - row[j]) / epsilon);
      mass += entry;
      columnMass[j] += entry;
    }
    error += x.weights[i] * Math.abs(mass / (x.weights[i] * shareAt(f[i], x.rho)) - 1);
  }
  const back = columnMass.reduce(
    (sum, mass, j) => sum + y.weights[j] * Math.abs(mass / (y.weights[j] * shareAt(g[j], y.rho)) - 1),
    0,
  );
  return [error / x.mass, back / y.mass];
}

describe.each([
  ['one square', 0, infinite],
  ['two squares', 2, infinite],
  ['two squares far apart', 30, infinite],
  ['masses that may change', 2, 0.5],
])('%s', (_, apart, rho) => {
  const { problem, counter } = problemOf(apart, rho);
  const epsilons = [problem.costScale, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001];
  const solve = (temperatures: readonly number[], completePairs: number | undefined, target = 1e-12) => {
    counter.visits = 0;
    const stopping = { target, maxIterations: 300, completePairs };
    const found = runSync(annealedNewton(problem, temperatures, new Float64Array(COLUMNS), stopping));
    if (!found) throw new Error('nothing was found');
    return found;
  };

  test.each([1e-1, 1e-2, 1e-3])('the plan has its marginals, by all pairs and by lists: temperature %d', (epsilon) => {
    const temperatures = epsilons.filter((each) => each >= epsilon);
    const found = solve(temperatures, undefined);
    // All costs were computed once and kept.
    expect(counter.visits).toBeLessThanOrEqual(3 * ROWS);
    const listed = solve(temperatures, 0);
    // Without costs that are kept, each pass over all pairs and each scan of them visits all rows, and is counted.
    expect(listed.passes * ROWS).toBeGreaterThanOrEqual(counter.visits);
    if (epsilon < 0.01) expect(listed.listPairs).toBeLessThan(ROWS * COLUMNS);
    // What the last digits of the largest cost come to.
    const most = 1e-11 + (4 * 2 ** -52 * problem.costScale) / epsilon;
    for (const result of [found, listed]) {
      for (const error of errorsOf(problem, result, epsilon)) expect(error).toBeLessThan(most);
      expect(result.marginalError).toBeLessThan(most);
      expect(result.remaining.value).toBeLessThan(1e-12 * problem.costScale);
    }
    const value = ({ f, g }: NewtonResult) => dualValue(problem, f, g, epsilon);
    expect(Math.abs(value(found) - value(listed))).toBeLessThan(1e-13 * problem.costScale);
  });

  describe('what is left of a solve that ends early', () => {
    const epsilon = 0.1;
    const truth = once(() => solve([problem.costScale, epsilon], undefined));
    const early = once(() => solve([problem.costScale, epsilon], undefined, 1e-2));

    test('is told: potentials by one more step, to a tenth', () => {
      const { f, g, remaining } = early();
      const centred = (values: Float64Array) => {
        // Where both marginals are held, f + c and g - c are as good.
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        return rho === infinite ? values.map((value) => value - mean) : values;
      };
      const norm = (values: Float64Array) => Math.hypot(...values);
      for (const [told, now, then] of [
        [remaining.f, f, truth().f],
        [remaining.g, g, truth().g],
      ]) {
        const lacking = centred(now.map((value, k) => (then[k] - value) / epsilon));
        const off = centred(told).map((value, k) => value - lacking[k]);
        expect(norm(lacking)).toBeGreaterThan(1e-6);
        expect(norm(off)).toBeLessThan(0.35 * norm(lacking));
      }
      const range = (values: Float64Array) => Math.max(...values) - Math.min(...values);
      const lacks = range(truth().g.map((value, j) => (value - g[j]) / epsilon));
      expect(remaining.potentials).toBeGreaterThan(lacks / 2);
      expect(remaining.potentials).toBeLessThan(4 * lacks + 1e-6);
    });

    test('and the value by its square', () => {
      const { f, g, remaining } = early();
      const lacks = dualValue(problem, truth().f, truth().g, epsilon) - dualValue(problem, f, g, epsilon);
      expect(lacks).toBeGreaterThan(0);
      expect(remaining.value).toBeGreaterThan(lacks / 2);
      expect(remaining.value).toBeLessThan(4 * lacks + 1e-8 * problem.costScale);
    });
  });

  test('an update of columns that receive nothing goes by costs', () => {
    const epsilon = 0.1;
    const f = draws(ROWS, 9);
    const g = draws(COLUMNS, 10);
    const damp = 1 / (1 + epsilon / rho);
    const row = new Float64Array(COLUMNS);
    const sums = new Float64Array(COLUMNS);
    for (let i = 0; i < ROWS; i++) {
      problem.costs.row(i, row);
      for (let j = 0; j < COLUMNS; j++) sums[j] += problem.x.weights[i] * Math.exp((f[i] - row[j]) / epsilon);
    }
    // Of even columns the plan says what they receive, of odd ones nothing is left of it.
    const columnMass = sums.map((sum, j) =>
      j % 2 === 0 ? problem.y.weights[j] * sum * Math.exp(g[j] / epsilon) : 1e-300 * problem.y.weights[j],
    );
    const found = updated(problem, { f, rowMass: new Float64Array(ROWS), columnMass }, g, epsilon);
    sums.forEach((sum, j) => {
      expect(Math.abs(found[j] + damp * epsilon * Math.log(sum)), `column ${j}`).toBeLessThan(1e-12);
    });
  });
});

describe('two clusters of one mass each', () => {
  const COUNT = 8;
  const shares = new Float64Array(2 * COUNT).fill(1 / (2 * COUNT));

  /** The first half of both sides near 0, the others so far away along the first axis. */
  function clusters(apart: number, moved = 0): HostProblem {
    const place = (seed: number, by: number) =>
      draws(4 * COUNT, seed).map((value, k) => value + by + (k >= 2 * COUNT && k % 2 === 0 ? apart : 0));
    return {
      costs: pairCosts({ cost: powerCost(2), power: 2 }, place(11, 0), place(12, moved), 2, false),
      x: hostSide(shares, 1, infinite),
      y: hostSide(shares, 1, infinite),
      costScale: ((1 + apart) ** 2 + 1) / 2,
    };
  }

  /** From the size of the costs down to the last temperature. */
  function solved(problem: HostProblem, last: number, target: number) {
    const epsilons = [last];
    while (epsilons[0] < problem.costScale) epsilons.unshift(4 * epsilons[0]);
    const stopping = { target, maxIterations: 300 };
    const found = runSync(annealedNewton(problem, epsilons, new Float64Array(2 * COUNT), stopping));
    if (!found) throw new Error('nothing was found');
    return found;
  }

  /** What goes from either cluster to the other, and the largest relative error of the mass of a row or a column. */
  function passOf({ costs }: HostProblem, { f, g }: NewtonResult, epsilon: number) {
    const row = new Float64Array(2 * COUNT);
    const columns = new Float64Array(2 * COUNT);
    const exchanged = [0, 0];
    let error = 0;
    for (let i = 0; i < 2 * COUNT; i++) {
      costs.row(i, row);
      let mass = 0;
      for (let j = 0; j < 2 * COUNT; j++) {
        const entry = shares[i] * shares[j] * Math.exp((f[i] + g[j] - row[j]) / epsilon);
        mass += entry;
        columns[j] += entry;
        if (i < COUNT && j >= COUNT) exchanged[0] += entry;
        if (i >= COUNT && j < COUNT) exchanged[1] += entry;
      }
      error = Math.max(error, Math.abs(mass / shares[i] - 1));
    }
    for (const [j, mass] of columns.entries()) error = Math.max(error, Math.abs(mass / shares[j] - 1));
    return { exchanged, error };
  }

  test.each([0.045, 0.055])(
    'give each other the same, however little marginals see of it: temperature %d',
    (epsilon) => {
      const problem = clusters(2);
      const { exchanged } = passOf(problem, solved(problem, epsilon, 1e-9), epsilon);
      expect(exchanged[0]).toBeGreaterThan(1e-13);
      expect(exchanged[0]).toBeLessThan(1e-8);
      // As a difference of levels, in temperatures.
      expect(Math.abs(Math.log(exchanged[0] / exchanged[1])) / 2).toBeLessThan(1e-5);
    },
  );

  test('far apart keep the digits of what goes on within each, and what lies between them is left open', () => {
    // Levels of clusters differ by half of their distance times by how much more the columns' are apart: 1e6 temperatures' digits.
    const [problem, epsilon] = [clusters(3e6, 0.5), 1e-3];
    const found = solved(problem, epsilon, 1e-12);
    expect(passOf(problem, found, epsilon).error).toBeLessThan(1e-9);
    expect(found.marginalError).toBeLessThan(1e-10);
    expect(found.remaining.potentials).toBe(infinite);
  });

  test('potentials that are large within one part stay as they are', () => {
    const far = [0, 3e4];
    const problem: HostProblem = {
      costs: pairCosts({ cost: powerCost(2), power: 2 }, Float64Array.of(0), Float64Array.from(far), 1, false),
      x: hostSide(Float64Array.of(1), 1, infinite),
      y: hostSide(Float64Array.of(0.25, 0.75), 1, infinite),
      costScale: 4.5e8,
    };
    const stopping = { target: 1e-6, maxIterations: 100 };
    const found = runSync(annealedNewton(problem, [4.5e8, 1e6, 1e3, 1, 1e-3], new Float64Array(2), stopping));
    // All goes from the one point: f + g is the cost.
    far.forEach((place, j) => {
      expect(((found?.f[0] ?? Number.NaN) + (found?.g[j] ?? Number.NaN) - place ** 2 / 2) / 4.5e8).toBeCloseTo(0, 14);
    });
  });
});
