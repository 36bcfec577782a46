import { describe, expect, test } from 'vitest';
import type { DeviceArray } from '../../src/backend/backend.js';
import { workspace } from '../../src/backend/workspace.js';
import { conjugateGradient } from '../../src/linear/conjugateGradient.js';
import { runSync } from '../../src/tasks/drivers.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';
import { linearSolve, times } from '../support/linearSolve.js';
import { watchedCpu } from '../support/watchedCpu.js';

/** A dense linear system, self-adjoint and positive in the scalar product with these weights. */
interface DenseSystem {
  readonly matrix: readonly (readonly number[])[];
  readonly weights: readonly number[];
  readonly target: readonly number[];
}

const product = (weights: readonly number[], u: ArrayLike<number>, v: ArrayLike<number>) =>
  weights.reduce((sum, weight, k) => sum + weight * u[k] * v[k], 0);
const norm = (weights: readonly number[], u: ArrayLike<number>) => Math.sqrt(product(weights, u, u));
const minus = (u: ArrayLike<number>, v: ArrayLike<number>) => Array.from(u, (value, k) => value - v[k]);

/** Shares, and W^-1 (R R' + stiffness) with W their diagonal and R random. */
function systemOf(count: number, seed: number, stiffness: number): DenseSystem {
  const raw = Array.from(draws(count, seed), (value) => value + 0.2);
  const total = raw.reduce((sum, value) => sum + value, 0);
  const weights = raw.map((value) => value / total);
  const random = Array.from({ length: count }, (_, i) => Array.from(draws(count, seed + 10 + i)));
  const matrix = random.map((one, i) =>
    random.map((other, k) => {
      const symmetric = one.reduce((sum, value, c) => sum + value * other[c], 0) + (i === k ? stiffness : 0);
      return symmetric / weights[i];
    }),
  );
  return { matrix, weights, target: Array.from(draws(count, seed + 50), (value) => value - 0.5) };
}

/** Runs conjugate gradients on the reference backend; the operator is applied on the host. */
function solved(systems: readonly DenseSystem[], tolerance: number, maxIterations: number) {
  const backend = watchedCpu();
  const space = workspace(backend);
  const count = systems[0].target.length;
  const shape = [...(systems.length > 1 ? [systems.length] : []), count, 1];
  const upload = (vectors: readonly (readonly number[])[]) => space.upload(vectors.flat(), shape);
  const part = (array: DeviceArray, element: number) =>
    Array.from(backend.numbers(array).subarray(element * count, (element + 1) * count));
  const weights = upload(systems.map((system) => system.weights));
  const rightHandSide = upload(systems.map(({ target }) => target));
  const before = backend.held.size;
  let applied = 0;
  const { solution, residual, iterations } = runSync(
    conjugateGradient(
      {
        space,
        weights,
        rightHandSide,
        apply(vector) {
          applied += 1;
          return upload(systems.map(({ matrix }, element) => times(matrix, part(vector, element))));
        },
      },
      tolerance,
      maxIterations,
    ),
  );
  return {
    iterations,
    applied,
    newlyHeld: backend.held.size - before,
    rightHandSide: systems.map((_, element) => part(rightHandSide, element)),
    elements: systems.map((_, element) => ({ solution: part(solution, element), residual: part(residual, element) })),
  };
}

describe.each([1, 2, 5, 8])('a system of %i unknowns', (count) => {
  const system = systemOf(count, 3, 2);

  test('is solved as by elimination, in no more steps than there are unknowns', () => {
    const { elements, iterations } = solved([system], 1e-8, 100);
    expectClose(elements[0].solution, linearSolve(system.matrix, system.target), 1e-7);
    expect(iterations).toBeLessThanOrEqual(count);
  });

  test('leaves the residual it tells', () => {
    for (const steps of [1, 2, 3]) {
      const { solution, residual } = solved([system], 0, steps).elements[0];
      expectClose(residual, minus(system.target, times(system.matrix, solution)), 1e-10);
    }
  });

  test('is solved after one step where the operator does nothing but scale', () => {
    const matrix = system.matrix.map((row, i) => row.map((_, k) => (i === k ? 4 : 0)));
    const { elements, iterations } = solved([{ ...system, matrix }], 1e-10, 100);
    expect(iterations).toBe(1);
    expectClose(
      elements[0].solution,
      system.target.map((value) => value / 4),
      1e-15,
    );
  });
});

test.each([1, 2, 3, 4])(
  'after %i steps the error is the least there is among as many images of the target',
  (steps) => {
    // In the norm of the operator, over the span of b, A b, A A b and so on: what makes the method what it is.
    const { matrix, weights, target } = systemOf(9, 5, 2);
    const basis = [[...target]];
    while (basis.length < steps) basis.push(times(matrix, basis[basis.length - 1]));
    const images = basis.map((vector) => times(matrix, vector));
    const coefficients = linearSolve(
      basis.map((one) => images.map((image) => product(weights, one, image))),
      basis.map((one) => product(weights, one, target)),
    );
    const best = target.map((_, k) => basis.reduce((sum, vector, j) => sum + coefficients[j] * vector[k], 0));
    expectClose(solved([{ matrix, weights, target }], 0, steps).elements[0].solution, best, 1e-9);
  },
);

describe('stopping', () => {
  const system = systemOf(15, 7, 1);
  const initial = norm(system.weights, system.target);
  const left = (steps: number) => norm(system.weights, solved([system], 0, steps).elements[0].residual) / initial;

  test.each([0.5, 1e-1, 1e-2, 1e-4])('is with the first residual of no more than %d of the target', (tolerance) => {
    const { iterations, elements } = solved([system], tolerance, 100);
    expect(norm(system.weights, elements[0].residual) / initial).toBeLessThanOrEqual(tolerance);
    expect(iterations).toBeGreaterThan(1);
    expect(left(iterations - 1)).toBeGreaterThan(tolerance);
  });

  test('is after the most steps that are allowed, with what they give', () => {
    const { iterations, applied } = solved([system], 1e-12, 4);
    expect([iterations, applied]).toEqual([4, 4]);
  });
});

describe('a batch', () => {
  const target = systemOf(8, 11, 1).target;
  // Solved in one step, in several, and at once.
  const systems = [
    { ...systemOf(8, 11, 0), matrix: systemOf(8, 11, 0).matrix.map((row, i) => row.map((_, k) => (i === k ? 3 : 0))) },
    systemOf(8, 13, 1),
    { ...systemOf(8, 17, 1), target: target.map(() => 0) },
  ];

  test('is solved element by element, also where some are done before the others', () => {
    const { elements } = solved(systems, 1e-9, 100);
    systems.forEach((system, element) => {
      expectClose(elements[element].solution, linearSolve(system.matrix, system.target), 1e-8);
    });
  });

  test('is solved when its hardest element is', () => {
    const alone = solved([systems[1]], 1e-9, 100).iterations;
    expect(alone).toBeGreaterThan(3);
    for (const order of [
      [0, 1, 2],
      [1, 2, 0],
    ]) {
      const { iterations } = solved(
        order.map((element) => systems[element]),
        1e-9,
        100,
      );
      expect(iterations).toBe(alone);
    }
  });

  test('is held to the tolerance of each element, however large the target of another', () => {
    const large = { ...systems[0], target: target.map((value) => 1e6 * value) };
    const { elements } = solved([large, systems[1]], 1e-6, 100);
    const { weights, target: small } = systems[1];
    expect(norm(weights, elements[1].residual)).toBeLessThanOrEqual(1e-6 * norm(weights, small));
  });
});

test.each([1, 3, 100])('the solution and its residual are all that is left after %i steps at most', (maxIterations) => {
  const system = systemOf(8, 3, 1);
  const { newlyHeld, rightHandSide } = solved([system], 1e-9, maxIterations);
  expect(newlyHeld).toBe(2);
  expect(rightHandSide).toEqual([system.target]);
});
