import { describe, expect, test } from 'vitest';
import { kullbackLeibler } from '../../src/marginal/kullbackLeibler/kullbackLeibler.js';
import type { Side } from '../../src/measure/side.js';
import { errorTemperature, marginalError } from '../../src/transport/marginalError.js';
import { massOf, randomCloud } from '../support/clouds.js';
import { halfSquares } from '../support/costs.js';
import { BALANCED, type DenseProblem, densePlan, denseSoftmin, marginalOf } from '../support/denseTransport.js';
import { onDevice } from '../support/deviceProblem.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';

const epsilon = 0.2;
const problemOf = (seed: number): DenseProblem => ({
  x: randomCloud(6, seed, { mass: 1.5 }),
  y: randomCloud(9, seed + 1, { mass: 1.5 }),
  cost: halfSquares,
  epsilon,
  rho: BALANCED,
});
const potentialsOf = (seed: number) => ({
  // Around 0, so that the plan has too much in some places and too little in others.
  x: Array.from(draws(6, seed + 10), (value) => value - 0.5),
  y: Array.from(draws(9, seed + 11), (value) => value - 0.5),
});

/** Updates that change potentials by as much as is given. */
function steps(problems: readonly DenseProblem[]) {
  const { upload, ...device } = onDevice(problems);
  const stepOf = (changes: readonly (readonly number[])[]) => ({
    after: upload(changes.map((change) => change.map((value) => value + 0.5))),
    before: upload(changes.map((change) => change.map(() => 0.5))),
  });
  return { ...device, stepOf };
}

/** How far the plan's marginal is from the weights, over the mass. */
function denseError(problem: DenseProblem, potentials: ReturnType<typeof potentialsOf>, side: Side): number {
  const marginal = marginalOf(densePlan(problem, potentials), side);
  const { weights } = problem[side];
  return marginal.reduce((sum, value, k) => sum + Math.abs(value - weights[k]), 0) / massOf(problem[side]);
}

describe.each(['x', 'y'] as const)("at the points of '%s'", (side) => {
  const residualOf = (problem: DenseProblem, potentials: ReturnType<typeof potentialsOf>) =>
    denseSoftmin(problem, side, potentials[side === 'x' ? 'y' : 'x']).map((value, k) => value - potentials[side][k]);

  test("it is the plan's distance from the weights, as a share of the mass", () => {
    const dense = problemOf(1);
    const potentials = potentialsOf(1);
    const { backend, problem, stepOf } = steps([dense]);
    const error = marginalError(problem, side, stepOf([residualOf(dense, potentials)]), -1 / epsilon);
    expectClose(backend.numbers(error), [denseError(dense, potentials, side)], 1e-12);
  });

  test('there is one for each element of a batch', () => {
    const problems = [problemOf(2), problemOf(5)];
    const potentials = [potentialsOf(2), potentialsOf(5)];
    const { backend, problem, stepOf } = steps(problems);
    const residuals = problems.map((dense, element) => residualOf(dense, potentials[element]));
    const errors = marginalError(problem, side, stepOf(residuals), -1 / epsilon);
    const expected = problems.map((dense, element) => denseError(dense, potentials[element], side));
    expectClose(backend.numbers(errors), expected, 1e-12);
  });
});

test('it stays finite in float32 where potentials are hopelessly wrong', () => {
  const { backend, problem, stepOf } = steps([problemOf(1)]);
  const error = marginalError(problem, 'x', stepOf([[1e6, 1e6, 1e6, 1e6, 1e6, 1e6]]), 1);
  expect(backend.numbers(error)[0]).toBeGreaterThan(1e30);
  expect(Math.fround(backend.numbers(error)[0])).toBeLessThan(Number.POSITIVE_INFINITY);
  const little = marginalError(problem, 'x', stepOf([[1e6, 1e6, 1e6, 1e6, 1e6, 1e6]]), -1);
  expectClose(backend.numbers(little), [1], 1e-12);
});

test.each([
  { is: 'that of the problem', epsilon: 0.1, rho: Number.POSITIVE_INFINITY, costScale: 2, expected: 0.1 },
  { is: 'the strength of the constraint, if that is less', epsilon: 0.1, rho: 0.01, costScale: 2, expected: 0.01 },
  { is: 'the scale of the costs, if that is less', epsilon: 5, rho: 7, costScale: 2, expected: 2 },
  { is: 'that of the problem where no scale is known', epsilon: 5, rho: 7, costScale: 0, expected: 5 },
])('the temperature at which errors are judged is $is', ({ epsilon, rho, costScale, expected }) => {
  expect(errorTemperature(epsilon, kullbackLeibler(rho, 'float64'), costScale)).toBe(expected);
});
