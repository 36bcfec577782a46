import { expect } from 'vitest';
import type { PlanPairs } from '../../src/transport/line/planPairs.js';

/** An element of exact transport as it was solved, with the costs of its pairs. */
export interface Solved {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly cost: (i: number, j: number) => number;
  readonly value: number;
  readonly plan: Pick<PlanPairs, 'i' | 'j' | 'mass'>;
  readonly f: ArrayLike<number>;
  readonly g: ArrayLike<number>;
}

/**
 * Holds a plan to its marginals and potentials to the costs of all pairs, with equality where there is mass: duality proves the value then.
 */
export function expectProven({ a, b, cost, value, plan, f, g }: Solved, tolerance: number): void {
  const [left, right] = [Float64Array.from(a), Float64Array.from(b)];
  let primal = 0;
  for (let k = 0; k < plan.mass.length; k++) {
    const [i, j, mass] = [plan.i[k], plan.j[k], plan.mass[k]];
    expect(mass).toBeGreaterThan(0);
    left[i] -= mass;
    right[j] -= mass;
    primal += mass * cost(i, j);
    expect(Math.abs(cost(i, j) - f[i] - g[j]), `pair ${i}, ${j} of the plan`).toBeLessThanOrEqual(tolerance);
  }
  for (const lacking of [left, right])
    for (const mass of lacking) expect(Math.abs(mass)).toBeLessThanOrEqual(tolerance);
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      // Potentials of points without weight are each the best against those with some.
      if (a[i] === 0 && b[j] === 0) continue;
      if (cost(i, j) - f[i] - g[j] < -tolerance) expect.fail(`pair ${i}, ${j}: ${f[i]} + ${g[j]} > ${cost(i, j)}`);
    }
  }
  const mean = (masses: ArrayLike<number>, potential: ArrayLike<number>) =>
    Array.from(masses).reduce((sum, mass, k) => sum + mass * potential[k], 0);
  expect(Math.abs(value - primal)).toBeLessThanOrEqual(tolerance);
  expect(Math.abs(value - mean(a, f) - mean(b, g))).toBeLessThanOrEqual(2 * tolerance);
  // Which of f + c and g - c: those of equal means.
  expect(Math.abs(mean(a, f) - mean(b, g))).toBeLessThanOrEqual(2 * tolerance);
}
