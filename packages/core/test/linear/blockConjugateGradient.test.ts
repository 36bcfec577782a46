import { describe, expect, test } from 'vitest';
import { blockConjugateGradient } from '../../src/linear/blockConjugateGradient.js';
import { runSync } from '../../src/tasks/drivers.js';
import { draws } from '../support/draws.js';
import { linearSolve, times } from '../support/linearSolve.js';

/** The Laplacian of a path with random links, over the weights: self-adjoint in their scalar product, and 0 for equal numbers. */
function laplacian(count: number, seed: number) {
  const links = Array.from(draws(count - 1, seed), (value) => value + 0.1);
  const weights = Array.from(draws(count, seed + 1), (value) => value + 0.1);
  const matrix = weights.map((weight, i) =>
    weights.map((_, j) => {
      const [before, after] = [links[i - 1] ?? 0, links[i] ?? 0];
      return (i === j ? before + after : j === i - 1 ? -before : j === i + 1 ? -after : 0) / weight;
    }),
  );
  return { matrix, weights };
}

const solve = (
  matrices: readonly (readonly (readonly number[])[])[],
  weights: readonly (readonly number[])[],
  rightHandSides: readonly (readonly number[])[][],
  singular: boolean,
  tolerance = 1e-13,
  maxIterations = 200,
  seen: { readonly probes?: number; readonly negligible?: number } = {},
) => {
  const [batch, count, size] = [matrices.length, weights[0].length, rightHandSides[0].length];
  const at = (vectors: Float64Array, element: number, c: number) =>
    Array.from({ length: count }, (_, i) => vectors[(element * count + i) * size + c]);
  const packed = (of: (element: number, c: number) => readonly number[]) => {
    const all = new Float64Array(batch * count * size);
    for (let element = 0; element < batch; element++) {
      for (let c = 0; c < size; c++) {
        for (const [i, value] of of(element, c).entries()) all[(element * count + i) * size + c] = value;
      }
    }
    return all;
  };
  const found = runSync(
    blockConjugateGradient(
      {
        weights: Float64Array.from(weights.flat()),
        batch,
        size,
        singular,
        ...seen,
        rightHandSide: packed((element, c) => rightHandSides[element][c]),
        *apply(vectors) {
          return packed((element, c) => Array.from(times(matrices[element], at(vectors, element, c))));
        },
      },
      tolerance,
      maxIterations,
    ),
  );
  return { ...found, at: (element: number, c: number) => at(found.solution, element, c) };
};

const random = (count: number, seed: number) => Array.from(draws(count, seed), (value) => value - 0.5);

describe('conjugate gradients on the host', () => {
  test('solve several systems of several elements at once', () => {
    const systems = [laplacian(8, 1), laplacian(8, 5)].map(({ matrix, weights }) => ({
      weights,
      matrix: matrix.map((row, i) => row.map((value, j) => value + (i === j ? 1 / weights[i] : 0))),
    }));
    const rightHandSides = [0, 1].map((element) => [0, 1, 2].map((c) => random(8, 10 + 3 * element + c)));
    const found = solve(
      systems.map(({ matrix }) => matrix),
      systems.map(({ weights }) => weights),
      rightHandSides,
      false,
    );
    expect(found.residuals).toHaveLength(6);
    for (const [element, { matrix }] of systems.entries()) {
      for (const [c, wanted] of rightHandSides[element].entries()) {
        const direct = linearSolve(matrix, wanted);
        for (const [i, value] of found.at(element, c).entries()) expect(value).toBeCloseTo(direct[i], 11);
        expect(found.residuals[3 * element + c]).toBeLessThanOrEqual(1e-13);
      }
    }
  });

  test('leave out what a singular operator takes to 0, in right-hand sides and solutions', () => {
    const { matrix, weights } = laplacian(9, 3);
    const rightHandSide = random(9, 7);
    const found = solve([matrix], [weights], [[rightHandSide]], true);
    const mass = weights.reduce((sum, weight) => sum + weight);
    const mean = (values: readonly number[]) => values.reduce((sum, value, i) => sum + weights[i] * value, 0) / mass;
    const solution = found.at(0, 0);
    expect(mean(solution)).toBeCloseTo(0, 12);
    const image = Array.from(times(matrix, solution));
    for (const [i, value] of image.entries()) expect(value).toBeCloseTo(rightHandSide[i] - mean(rightHandSide), 11);
  });

  test('go through the space together: each right-hand side serves the others', () => {
    const matrix = Array.from({ length: 12 }, (_, i) => Array.from({ length: 12 }, (_, j) => (i === j ? 1.5 ** i : 0)));
    const rightHandSides = [1, 2, 3, 4].map((seed) => random(12, seed));
    const weights = [Array.from(draws(12, 9), (value) => value + 0.1)];
    const found = solve([matrix], weights, [rightHandSides], false);
    // Four dimensions a step; one right-hand side alone takes all twelve steps.
    expect(found.iterations).toBeLessThanOrEqual(5);
    expect(solve([matrix], weights, [rightHandSides.slice(0, 1)], false).iterations).toBeGreaterThanOrEqual(12);
    for (const [c, wanted] of rightHandSides.entries()) {
      for (const [i, value] of found.at(0, c).entries()) expect(value).toBeCloseTo(wanted[i] / 1.5 ** i, 11);
    }
    expect(found.smallest).toBeCloseTo(1, 10);
  });

  test('of right-hand sides that depend on each other, that are 0, or more than there are dimensions', () => {
    const { matrix, weights } = laplacian(5, 3);
    const tied = matrix.map((row, i) => row.map((value, j) => value + (i === j ? 1 / weights[i] : 0)));
    const [one, other] = [random(5, 1), random(5, 2)];
    const small = one.map((value) => 1e-9 * value);
    const sum = one.map((value, i) => 2 * value - other[i]);
    const rightHandSides = [
      one,
      one,
      new Array(5).fill(0),
      other,
      sum,
      small,
      random(5, 3),
      random(5, 4),
      random(5, 5),
    ];
    const { at, residuals, iterations } = solve([tied], [weights], [rightHandSides], false, 1e-12);
    expect(iterations).toBeLessThanOrEqual(3);
    expect(Math.max(...residuals)).toBeLessThanOrEqual(1e-12);
    for (const [c, rightHandSide] of rightHandSides.entries()) {
      const scale = Math.max(...rightHandSide.map(Math.abs)) || 1;
      const direct = linearSolve(tied, rightHandSide);
      for (const [i, value] of at(0, c).entries()) expect(value / scale).toBeCloseTo(direct[i] / scale, 10);
    }
  });

  test('end where nothing but directions without any curvature are left, and say what is left', () => {
    const nothing = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j && i < 2 ? 1 : 0)));
    const found = solve([nothing], [[1, 1, 1]], [[[1, 0, 1]]], false);
    expect(found.iterations).toBeLessThan(5);
    expect(found.residuals[0]).toBeGreaterThan(0.1);
    expect(found.solution.every(Number.isFinite)).toBe(true);
  });

  test('end at the largest number of steps, and for 0 at once', () => {
    const { matrix, weights } = laplacian(30, 3);
    expect(solve([matrix], [weights], [[random(30, 1)]], true, 1e-12, 4)).toMatchObject({ iterations: 4 });
    const none = solve([matrix], [weights], [[new Array(30).fill(0)]], true);
    expect(none.iterations).toBe(0);
    expect(none.residuals[0]).toBe(0);
  });

  test('go on where a small residual is that of a small eigenvalue', () => {
    // Of the solution, one part is 1000 and the residual of leaving it out is .001.
    const matrix = [1, 0.5, 1e-6].map((value, i) => [0, 1, 2].map((j) => (i === j ? value : 0)));
    const { at, smallest } = solve([matrix], [[1, 1, 1]], [[[1, 1, 1e-3]]], false, 1e-2);
    expect(at(0, 0)[2]).toBeCloseTo(1000, 6);
    expect(smallest).toBeCloseTo(1e-6, 12);
  });

  test('see by probes what nothing of the right-hand side shows', () => {
    const operator = (least: number) =>
      [0.7, 1, 0.5, least].map((value, i) => [0, 1, 2, 3].map((j) => (i === j ? value : 0)));
    const rightHandSides = [
      [1, 0, 0, 0],
      [0.3, 1, -1, 0.2],
    ];
    const probed = (least: number, more: object, maxIterations?: number) =>
      solve([operator(least)], [[1, 1, 1, 1]], [rightHandSides], false, 1e-6, maxIterations, { probes: 1, ...more });
    expect(solve([operator(0)], [[1, 1, 1, 1]], [[rightHandSides[0]]], false).smallest).toBeCloseTo(0.7, 12);
    expect(probed(0, {}).smallest).toBe(0);
    expect(probed(1e-5, {}).smallest).toBeCloseTo(1e-5, 12);
    // Nobody knows where there were too few steps; and where nobody asks for more than a bound it is one.
    expect(probed(1e-5, {}, 2).smallest).toBe(0);
    const bound = probed(1e-5, { negligible: 0.9 });
    expect(bound.smallest).toBeLessThan(0.9);
    expect(bound.iterations).toBeLessThan(4);
    expect(bound.at(0, 0)[0]).toBeCloseTo(1 / 0.7, 9);
  });

  test('give the iterate with the smallest residual where there is no end', () => {
    // Not symmetric: steps lead nowhere.
    const matrix = [
      [1, 3, 0],
      [0, 1, 3],
      [0, 0, 1],
    ];
    const { residuals, at } = solve([matrix], [[1, 1, 1]], [[[1, 2, 3]]], false, 1e-13, 12);
    expect(residuals[0]).toBeLessThanOrEqual(1);
    const left = times(matrix, at(0, 0)).map((value, i) => value - (i + 1));
    expect(Math.hypot(...left) / Math.hypot(1, 2, 3)).toBeCloseTo(residuals[0], 9);
  });
});
