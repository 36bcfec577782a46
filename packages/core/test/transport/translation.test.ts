import { describe, expect, test } from 'vitest';
import type { Side } from '../../src/measure/side.js';
import { acrossTranslations, translate } from '../../src/transport/translation.js';
import { massOf, randomCloud } from '../support/clouds.js';
import { halfSquares } from '../support/costs.js';
import { BALANCED, type DenseProblem, densePlan } from '../support/denseTransport.js';
import { onDevice } from '../support/deviceProblem.js';
import { draws } from '../support/draws.js';
import { expectClose } from '../support/expectClose.js';

type Potentials = { readonly x: readonly number[]; readonly y: readonly number[] };

const infinite = Number.POSITIVE_INFINITY;
const problemOf = (seed: number, rho: DenseProblem['rho']): DenseProblem => ({
  x: randomCloud(6, seed, { mass: 0.8 }),
  y: randomCloud(9, seed + 1, { mass: 1.7 }),
  cost: halfSquares,
  epsilon: 0.2,
  rho,
});
const potentialsOf = (seed: number): Potentials => ({
  x: Array.from(draws(6, seed + 10)),
  y: Array.from(draws(9, seed + 11)),
});
const shifted = ({ x, y }: Potentials, t: number): Potentials => ({
  x: x.map((value) => value + t),
  y: y.map((value) => value - t),
});

/** The dual objective of unbalanced transport: what potentials are made to maximise. */
function dual(problem: DenseProblem, potentials: Potentials): number {
  const sideOf = (side: Side) => {
    const { rho } = problem;
    const term = (value: number) => (rho[side] === infinite ? value : rho[side] * -Math.expm1(-value / rho[side]));
    return problem[side].weights.reduce((sum, weight, k) => sum + weight * term(potentials[side][k]), 0);
  };
  const planMass = densePlan(problem, potentials)
    .flat()
    .reduce((sum, value) => sum + value, 0);
  return sideOf('x') + sideOf('y') - problem.epsilon * (planMass - massOf(problem.x) * massOf(problem.y));
}

describe.each([
  { name: 'two strengths', rho: { x: 0.5, y: 0.1 } },
  { name: 'a strength that is large beside potentials', rho: { x: 30, y: 70 } },
  { name: "x's marginal held", rho: { x: infinite, y: 0.3 } },
  { name: "y's marginal held", rho: { x: 0.3, y: infinite } },
])('translate, with $name', ({ rho }) => {
  const problems = [problemOf(1, rho), problemOf(7, rho)];
  const given = [potentialsOf(1), potentialsOf(7)];

  /** What comes of a batch, an element at a time. */
  function translated(): Potentials[] {
    const { backend, problem, upload } = onDevice(problems);
    const potentials = { x: upload(given.map(({ x }) => x)), y: upload(given.map(({ y }) => y)) };
    const { x, y } = translate(problem, potentials);
    const [f, g] = [Array.from(backend.numbers(x)), Array.from(backend.numbers(y))];
    return given.map((_, k) => ({ x: f.slice(6 * k, 6 * k + 6), y: g.slice(9 * k, 9 * k + 9) }));
  }

  test('all of f goes up by what all of g goes down', () => {
    translated().forEach((after, k) => {
      const { x, y } = shifted(given[k], after.x[0] - given[k].x[0]);
      expectClose(after.x, x, 1e-12);
      expectClose(after.y, y, 1e-12);
    });
  });

  test('the dual is at its largest along that line', () => {
    translated().forEach((after, k) => {
      const best = dual(problems[k], after);
      for (const t of [1, 0.1, 0.01, 1e-3, 1e-4]) {
        expect(dual(problems[k], shifted(after, t))).toBeLessThan(best);
        expect(dual(problems[k], shifted(after, -t))).toBeLessThan(best);
      }
    });
  });

  test('it frees the potentials it was given, and all that it needed besides', () => {
    const { backend, problem, upload } = onDevice(problems);
    const before = backend.held.size;
    const moved = translate(problem, { x: upload(given.map(({ x }) => x)), y: upload(given.map(({ y }) => y)) });
    expect(backend.held.size).toBe(before + 2);
    expect(backend.held.has(moved.x) && backend.held.has(moved.y)).toBe(true);
  });
});

test('a point of weight 0 has no say in the translation, whatever its potential', () => {
  const dense = problemOf(1, { x: 0.5, y: 0.1 });
  const { x, y } = potentialsOf(1);
  const idle = { points: [...dense.x.points, [5, 5]], weights: [...dense.x.weights, 0] };
  const move = (problem: DenseProblem, f: readonly number[]) => {
    const device = onDevice([problem]);
    return device.backend.numbers(translate(device.problem, { x: device.upload([f]), y: device.upload([y]) }).y);
  };
  expectClose(move({ ...dense, x: idle }, [...x, -20]), move(dense, x), 1e-12);
});

test('potentials of a balanced problem come back as they are', () => {
  const { problem, upload } = onDevice([problemOf(1, BALANCED)]);
  const { x, y } = potentialsOf(1);
  const potentials = { x: upload([x]), y: upload([y]) };
  expect(translate(problem, potentials)).toBe(potentials);
});

describe('acrossTranslations', () => {
  const problems = [problemOf(1, BALANCED), problemOf(7, BALANCED)];
  const given = [potentialsOf(1), potentialsOf(7)];
  const meanOf = (weights: readonly number[], values: ArrayLike<number>) => {
    const mass = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.reduce((sum, weight, k) => sum + weight * values[k], 0) / mass;
  };

  function across() {
    const { backend, problem, upload } = onDevice(problems);
    // Potentials that change by as much as is given.
    const [after, before] = [1.5, 0.5].map((times) => ({
      x: upload(given.map(({ x }) => x.map((value) => times * value))),
      y: upload(given.map(({ y }) => y.map((value) => times * value))),
    }));
    const held = backend.held.size;
    const change = acrossTranslations(problem, after, before);
    const [x, y] = [Array.from(backend.numbers(change.x)), Array.from(backend.numbers(change.y))];
    return {
      elements: given.map((_, k) => ({ x: x.slice(6 * k, 6 * k + 6), y: y.slice(9 * k, 9 * k + 9) })),
      held: backend.held.size - held,
    };
  }

  test('all sums of a residual of x and one of y are kept', () => {
    across().elements.forEach((after, k) => {
      const { x, y } = shifted(given[k], after.x[0] - given[k].x[0]);
      expectClose(after.x, x, 1e-12);
      expectClose(after.y, y, 1e-12);
    });
  });

  test('both sides have the same mean afterwards: nothing is left along the translations', () => {
    across().elements.forEach((after, k) => {
      const { x, y } = problems[k];
      expect(meanOf(x.weights, after.x)).toBeCloseTo(meanOf(y.weights, after.y), 12);
    });
  });

  test('it frees all that it needed but what it gives', () => {
    expect(across().held).toBe(2);
  });

  test.each([
    { x: 0.5, y: 0.1 },
    { x: infinite, y: 0.3 },
    { x: 0.3, y: infinite },
  ])('a residual comes back as it is with strengths $x and $y', (rho) => {
    const { backend, problem, upload } = onDevice([problemOf(1, rho)]);
    const { x, y } = potentialsOf(1);
    const zero = { x: upload([x.map(() => 0)]), y: upload([y.map(() => 0)]) };
    const change = acrossTranslations(problem, { x: upload([x]), y: upload([y]) }, zero);
    expect([Array.from(backend.numbers(change.x)), Array.from(backend.numbers(change.y))]).toEqual([x, y]);
  });
});
