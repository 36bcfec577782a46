import { cpu } from '@sinkhorn/backend-cpu';
import { annealing, type Cost, checkMeasure, type Expression, formula, powerCost, runSync } from '@sinkhorn/core';
import {
  checkWeights,
  kullbackLeibler,
  type MarginalPenalty,
  pairwise,
  rawFrame,
  type Side,
  solveTransport,
  uploadMeasure,
  uploadWeights,
  workspace,
} from '@sinkhorn/core/extend';
import { costMatrix, totalVariation } from 'extend-example';
import { describe, expect, test } from 'vitest';
import { type DenseTransport, dualMaximum } from './support/denseDual.js';
import { draws, slope, weightsOf } from './support/draws.js';

const backend = cpu();
const infinite = Number.POSITIVE_INFINITY;
const penaltyOf = (rho: number): MarginalPenalty =>
  rho === infinite ? kullbackLeibler(infinite, 'float64') : totalVariation(rho);

/** Transport with a cost matrix and the library's loop. */
function solve({ costs, x, y, epsilon, rho }: DenseTransport) {
  const space = workspace(backend);
  try {
    const pair = { x: checkWeights('x', x), y: checkWeights('y', y) };
    const problem = {
      space,
      x: uploadWeights(space, pair.x),
      y: uploadWeights(space, pair.y),
      geometry: costMatrix(space, { xy: costs.flat() }, [x.length, y.length]),
      penalty: { x: penaltyOf(rho.x), y: penaltyOf(rho.y) },
    };
    const blur = epsilon;
    const epsilons = annealing({ diameter: Math.max(blur, ...costs.flat()), blur, scaling: 0.5, p: 1 });
    return runSync(solveTransport(problem, pair, { epsilons, tolerance: 1e-13, maxIterations: 20_000 }));
  } finally {
    space.releaseAll();
  }
}

const diracs = (cost: number, rho: number, epsilon: number): DenseTransport => ({
  costs: [[cost]],
  x: [1],
  y: [1],
  epsilon,
  rho: { x: rho, y: rho },
});

describe('two unit masses', () => {
  test.each([
    [0.3, 0.5],
    [0.99, 0.5],
    [1.2, 0.5],
    [3, 0.5],
    [3, 2],
    [0.7, 0.1],
  ])('a cost of %f at a strength of %f: the lesser of both, with what the temperature adds', (cost, rho) => {
    for (const epsilon of [0.5, 0.1, 0.01]) {
      const { values, converged, potentials } = solve(diracs(cost, rho, epsilon));
      // The mass p that is moved minimises C p + 2 rho |p - 1| + eps (p log p - p + 1).
      const moved = Math.min(1, Math.exp((2 * rho - cost) / epsilon));
      const expected = Math.min(cost, 2 * rho) + (cost > 2 * rho ? epsilon * (1 - moved) : 0);
      expect(converged).toBe(true);
      expect(values[0]).toBeCloseTo(expected, 11);
      for (const potential of [potentials.f_ba[0], potentials.g_ab[0]])
        expect(Math.abs(potential)).toBeLessThan(rho + 1e-15);
    }
  });
});

const random = (n: number, m: number, seed: number, rho: DenseTransport['rho'], epsilon: number): DenseTransport => ({
  costs: Array.from({ length: n }, (_, i) => draws(m, 100 * seed + i + 1)),
  x: weightsOf(n, seed, rho.y === infinite && rho.x === infinite ? 1 : 0.7),
  y: weightsOf(m, seed + 1, rho.y === infinite && rho.x === infinite ? 1 : 1.2),
  epsilon,
  rho,
});
const problems: [string, DenseTransport][] = [
  ['2 x 2', random(2, 2, 11, { x: 0.2, y: 0.2 }, 0.1)],
  ['3 x 2, two strengths', random(3, 2, 12, { x: 0.1, y: 0.35 }, 0.2)],
  ['3 x 4, a strength so large that all that can be is moved', random(3, 4, 13, { x: 5, y: 5 }, 0.2)],
  ['4 x 3, where nothing is worth moving far', random(4, 3, 14, { x: 0.05, y: 0.05 }, 0.1)],
  ["3 x 3, y's marginal held", random(3, 3, 15, { x: 0.3, y: infinite }, 0.2)],
  ["3 x 3, x's marginal held", random(3, 3, 16, { x: infinite, y: 0.3 }, 0.2)],
];

describe.each(problems)('%s', (_, problem) => {
  const found = solve(problem);

  test('has the largest dual value there is', () => {
    expect(found.converged).toBe(true);
    expect(Math.abs(found.values[0] - dualMaximum(problem))).toBeLessThan(1e-9);
  });

  test('has the gradient of its value in the weights', async () => {
    for (const side of ['x', 'y'] as const) {
      for (const [k, weight] of problem[side].entries()) {
        const valueAt = async (shift: number) =>
          solve({ ...problem, [side]: problem[side].with(k, weight + shift) }).values[0];
        expect(found.weightGradients[side][k], `${side}[${k}]`).toBeCloseTo(await slope(valueAt), 7);
      }
    }
  });
});

describe('between clouds', () => {
  const x = { points: draws(6, 21), dimension: 2, weights: weightsOf(3, 22, 0.7) };
  const y = { points: draws(6, 23).map((value) => value + 0.4), dimension: 2, weights: weightsOf(3, 24, 1.1) };
  const cost: Cost = powerCost(2);
  const epsilon = 0.05;
  const penalties: Record<string, Record<Side, MarginalPenalty>> = {
    'total variation': { x: totalVariation(0.2), y: totalVariation(0.2) },
    'total variation here, Kullback-Leibler there': { x: totalVariation(0.2), y: kullbackLeibler(0.3, 'float64') },
  };

  function between(
    from: typeof x,
    to: typeof x,
    penalty: Record<Side, MarginalPenalty>,
    debias = false,
    wanted: Side[] = [],
  ) {
    const space = workspace(backend);
    try {
      const pair = { x: checkMeasure('x', from), y: checkMeasure('y', to) };
      const [a, b] = [pair.x, pair.y].map((measure) => uploadMeasure(space, measure, rawFrame(2)));
      const geometry = pairwise({ space, cost, from: a, to: b });
      const epsilons = annealing({ diameter: 2, blur: epsilon, scaling: 0.5, p: 1 });
      const options = { epsilons, debias, tolerance: 1e-13, maxIterations: 20_000 };
      return runSync(solveTransport({ space, x: a, y: b, geometry, penalty }, pair, options, wanted));
    } finally {
      space.releaseAll();
    }
  }

  test.each(Object.entries(penalties))('%s: gradients in points are those of the value', async (_, penalty) => {
    for (const debias of [false, true]) {
      const { pointGradients, weightGradients, converged } = between(x, y, penalty, debias, ['x', 'y']);
      expect(converged).toBe(true);
      for (const side of ['x', 'y'] as const) {
        const given = side === 'x' ? x : y;
        const valueWith = (changed: typeof x) =>
          between(side === 'x' ? changed : x, side === 'y' ? changed : y, penalty, debias).values[0];
        for (const [k, coordinate] of given.points.entries()) {
          const expected = await slope(async (shift) =>
            valueWith({ ...given, points: given.points.with(k, coordinate + shift) }),
          );
          expect(pointGradients[side]?.[k], `${side}.points[${k}]`).toBeCloseTo(expected, 7);
        }
        for (const [k, weight] of given.weights.entries()) {
          const expected = await slope(async (shift) =>
            valueWith({ ...given, weights: given.weights.with(k, weight + shift) }),
          );
          expect(weightGradients[side][k], `${side}.weights[${k}]`).toBeCloseTo(expected, 7);
        }
      }
    }
  });

  test('the divergence is what its three parts make, and 0 for a measure with itself', () => {
    const penalty = penalties['total variation'];
    const mass = (cloud: typeof x) => cloud.weights.reduce((sum, weight) => sum + weight, 0);
    const [xy, xx, yy] = [between(x, y, penalty), between(x, x, penalty), between(y, y, penalty)];
    const expected = xy.values[0] - xx.values[0] / 2 - yy.values[0] / 2 + (epsilon / 2) * (mass(x) - mass(y)) ** 2;
    expect(between(x, y, penalty, true).values[0]).toBeCloseTo(expected, 10);
    expect(between(x, x, penalty, true).values[0]).toBeCloseTo(0, 10);
  });
});

test('potentials stay between -rho and rho, and are worth themselves there', () => {
  const { prox, dualDifference, parameters } = totalVariation(0.5);
  const { constant, evaluate } = formula;
  const at = (expression: Expression) => evaluate(expression, { variable: () => [], parameters })[0];
  for (const [softmin, expected] of [
    [-2, -0.5],
    [0.3, 0.3],
    [0.7, 0.5],
  ]) {
    expect(at(prox(constant(softmin), constant(0.1)))).toBe(expected);
  }
  expect(at(dualDifference(constant(-0.25), constant(0.5), constant(0.1)))).toBe(0.75);
});

test.each([0, -1, infinite, Number.NaN])('a strength of %f is none', (strength) => {
  expect(() => totalVariation(strength)).toThrow(`strength is ${strength}: give a finite number above 0`);
});
