import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { annealing, type Backend, checkMeasure, powerCost, runAsync, runSync } from '@sinkhorn/core';
import {
  checkWeights,
  type Geometry,
  kullbackLeibler,
  pairwise,
  rawFrame,
  type SolveTransportOptions,
  solveTransport,
  uploadMeasure,
  uploadWeights,
  type Workspace,
  workspace,
} from '@sinkhorn/core/extend';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { costMatrix } from 'extend-example';
import { describe, expect, test } from 'vitest';
import { draws, slope, weightsOf } from './support/draws.js';

const backend = cpu();
const [N, M] = [7, 9];
const blur = 0.2;
const epsilons = annealing({ diameter: 1.5, blur, scaling: 0.5, p: 2 });
const tight = { epsilons, tolerance: 1e-12, maxIterations: 5000 };
const points = { x: draws(2 * N, 1), y: draws(2 * M, 2) };
const costs = (from: readonly number[], to: readonly number[]) => {
  const matrix: number[] = [];
  for (let i = 0; i < from.length; i += 2) {
    for (let j = 0; j < to.length; j += 2) {
      matrix.push(((from[i] - to[j]) ** 2 + (from[i + 1] - to[j + 1]) ** 2) / 2);
    }
  }
  return matrix;
};
const matrices = { xy: costs(points.x, points.y), xx: costs(points.x, points.x), yy: costs(points.y, points.y) };

interface Case {
  readonly name: string;
  readonly rho: number;
  readonly debias: boolean;
  readonly weights: { readonly x: readonly number[]; readonly y: readonly number[] };
}
const equal = { x: weightsOf(N, 3), y: weightsOf(M, 4) };
const unequal = { x: weightsOf(N, 3, 0.7), y: weightsOf(M, 4, 1.3) };
const cases: Case[] = [
  { name: 'balanced', rho: Number.POSITIVE_INFINITY, debias: false, weights: equal },
  { name: 'balanced and debiased', rho: Number.POSITIVE_INFINITY, debias: true, weights: equal },
  { name: 'unbalanced', rho: 0.3, debias: false, weights: unequal },
  { name: 'unbalanced and debiased', rho: 0.3, debias: true, weights: unequal },
];

/** A geometry that counts the softmins made on it, whichever way round. */
function counted(geometry: Geometry, visited: number[]): Geometry {
  return {
    ...geometry,
    transpose: () => counted(geometry.transpose(), visited),
    ...(geometry.ofRows && { ofRows: () => counted(geometry.ofRows?.() as Geometry, visited) }),
    softmin(columns, epsilon, update) {
      visited.push(epsilon as number);
      return geometry.softmin(columns, epsilon, update);
    },
  };
}

function onMatrix({ rho, debias, weights }: Case, more: Partial<SolveTransportOptions> = {}, on: Backend = backend) {
  const visited: number[] = [];
  const space = workspace(on);
  try {
    const pair = { x: checkWeights('x', weights.x), y: checkWeights('y', weights.y) };
    const penalty = kullbackLeibler(rho, on.precision);
    const problem = {
      space,
      x: uploadWeights(space, pair.x),
      y: uploadWeights(space, pair.y),
      geometry: counted(costMatrix(space, matrices, [N, M]), visited),
      penalty: { x: penalty, y: penalty },
    };
    return { ...runSync(solveTransport(problem, pair, { ...tight, debias, ...more })), visited };
  } finally {
    space.releaseAll();
  }
}

function onPoints({ rho, debias, weights }: Case) {
  const space = workspace(backend);
  try {
    const measure = (side: 'x' | 'y') =>
      checkMeasure(side, { points: points[side], dimension: 2, weights: weights[side] });
    const pair = { x: measure('x'), y: measure('y') };
    const [x, y] = [pair.x, pair.y].map((checked) => uploadMeasure(space, checked, rawFrame(2)));
    const penalty = kullbackLeibler(rho, backend.precision);
    const geometry = pairwise({ space, cost: powerCost(2), from: x, to: y });
    const problem = { space, x, y, geometry, penalty: { x: penalty, y: penalty } };
    return runSync(solveTransport(problem, pair, { ...tight, debias }, ['x', 'y']));
  } finally {
    space.releaseAll();
  }
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(found.length).toBe(expected.length);
  Array.from(expected).forEach((value, k) => {
    expect(Math.abs(found[k] - value), `entry ${k}: ${found[k]}, not ${value}`).toBeLessThan(tolerance);
  });
}

describe.each(cases)('$name transport', (given) => {
  const found = onMatrix(given);
  const { rho, debias, weights } = given;

  test('is solved by the library through softmins of the matrix, from the first temperature to the last', () => {
    expect(found.converged).toBe(true);
    const sweeps = found.visited.filter((epsilon) => epsilon === epsilons[epsilons.length - 1]);
    expect(sweeps.length).toBeGreaterThan(2 * 2);
    expect(new Set(found.visited)).toEqual(new Set(epsilons));
    // A softmin is two reductions.
    expect(found.reductions).toBe(2 * found.visited.length);
  });

  test('is that of the points that the costs are between', () => {
    const expected = onPoints(given);
    expectClose(found.values, expected.values, 1e-9);
    for (const name of ['f_ba', 'g_ab', ...(debias ? (['f_aa', 'g_bb'] as const) : [])] as const) {
      expectClose(found.potentials[name] ?? [], expected.potentials[name] ?? [], 1e-9);
    }
    for (const side of ['x', 'y'] as const) {
      expectClose(found.weightGradients[side], expected.weightGradients[side], 1e-9);
    }
  });

  test('is what sinkhornDivergence says', async () => {
    const loss = sinkhornDivergence({ backend, blur, reach: Math.sqrt(rho), debias, tolerance: 1e-12, diameter: 1.5 });
    const measure = (side: 'x' | 'y') => ({ points: points[side], dimension: 2, weights: weights[side] });
    const expected = await loss.valueAndGradients(measure('x'), measure('y'), { wrt: 'both' });
    expectClose(found.values, [expected.value], 1e-9);
    const { pointGradients } = onPoints(given);
    for (const side of ['x', 'y'] as const) {
      expectClose(found.weightGradients[side], expected[side].weights, 1e-9);
      expectClose(pointGradients[side] ?? [], expected[side].points, 1e-9);
    }
  });

  test('has the gradient of its value in the weights', async () => {
    for (const side of ['x', 'y'] as const) {
      for (let k = 0; k < weights[side].length; k++) {
        // Balanced masses have to agree: what one point gains the next one loses.
        const next = (k + 1) % weights[side].length;
        const isBalanced = rho === Number.POSITIVE_INFINITY;
        const expected = await slope(async (shift) => {
          const moved = weights[side].with(k, weights[side][k] + shift);
          if (isBalanced) moved[next] -= shift;
          return onMatrix({ ...given, weights: { ...weights, [side]: moved } }).values[0];
        });
        const gradient = found.weightGradients[side];
        expect(gradient[k] - (isBalanced ? gradient[next] : 0), `${side}[${k}]`).toBeCloseTo(expected, 7);
      }
    }
  });

  test('starts from a solution where there is one', () => {
    const again = onMatrix(given, { start: found.iterates });
    expect(again.epsilons).toEqual(epsilons.slice(-1));
    expect(again.visited.length).toBeLessThan(found.visited.length);
    expectClose(again.values, found.values, 1e-9);
  });
});

test('another backend does it too', async () => {
  const float32 = await wasm({ threads: 1 });
  const found = onMatrix(cases[2], { tolerance: 1e-4 }, float32);
  expectClose(found.values, onMatrix(cases[2]).values, 1e-5);
  float32.dispose();
});

describe('input that cannot be', () => {
  const space: Workspace = workspace(backend);
  const weights = checkWeights('x', [0.5, 0.5]);
  const device = uploadWeights(space, weights);
  const pair = { x: weights, y: weights };
  const penalty = kullbackLeibler(Number.POSITIVE_INFINITY, 'float64');
  const geometry = costMatrix(space, { xy: [0, 1, 1, 0] }, [2, 2]);
  const problem = { space, x: device, y: device, geometry, penalty: { x: penalty, y: penalty } };

  test.each([
    [[1, 2, 3], 'xy has 3 costs: give 2 x 2'],
    [[1, 2, Number.NaN, 4], 'xy[2], from 1 to 0, is NaN: give finite numbers'],
  ])('a matrix %j', (xy, message) => {
    expect(() => costMatrix(space, { xy }, [2, 2])).toThrow(message);
  });

  test.each<[string, Partial<SolveTransportOptions>]>([
    ['debias needs the costs of x with itself', { debias: true }],
    ['epsilons is no list of temperatures', { epsilons: [] }],
    ['epsilons[1] is 0', { epsilons: [1, 0] }],
    ['tolerance is 0', { tolerance: 0 }],
    ['maxIterations is 1.5', { maxIterations: 1.5 }],
    ['costScale is -1', { costScale: -1 }],
    ["first is 'z'", { first: 'z' as never }],
    ['debias is 1', { debias: 1 as never }],
    ['start has 3 potentials for x', { start: { f_ba: new Float64Array(3), g_ab: new Float64Array(2) } }],
  ])('%s', async (message, options) => {
    await expect(runAsync(solveTransport(problem, pair, { epsilons: [1], ...options }))).rejects.toThrow(message);
  });

  test('gradients in points that there are not', async () => {
    const solve = runAsync(solveTransport(problem, pair, { epsilons: [1] }, ['y']));
    await expect(solve).rejects.toThrow("wrt has 'y', but the geometry has no costGradient");
  });

  test('weights that are not those of the problem, masses that differ, and names that are taken', async () => {
    const longer = { ...pair, y: checkWeights('y', [1, 1, 1]) };
    await expect(runAsync(solveTransport(problem, longer, { epsilons: [1] }))).rejects.toThrow('problem.y has weights');
    const heavier = { ...pair, y: checkWeights('y', [1, 1]) };
    await expect(runAsync(solveTransport(problem, heavier, { epsilons: [1] }))).rejects.toThrow('y has mass 2');
    const named = { ...penalty, parameters: { epsilon: 1 } };
    const taken = { ...problem, penalty: { x: named, y: penalty } };
    await expect(runAsync(solveTransport(taken, pair, { epsilons: [1] }))).rejects.toThrow(
      "penalty.x.parameters has 'epsilon'",
    );
  });
});
