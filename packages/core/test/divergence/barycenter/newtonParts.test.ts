/** The parts of Newton's method for barycenters: the Hessian against differences of gradients, and the least of a quadratic. */
import { cpu } from '@sinkhorn/backend-cpu';
import { expect, test } from 'vitest';
import { workspace } from '../../../src/backend/workspace.js';
import { hessian } from '../../../src/divergence/barycenter/hessian.js';
import { evaluate } from '../../../src/divergence/barycenter/objective.js';
import { prepareBarycenter } from '../../../src/divergence/barycenter/problem.js';
import { simplexMinimum } from '../../../src/divergence/barycenter/simplexMinimum.js';
import { checkMeasure } from '../../../src/measure/measure.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { draws } from '../../support/draws.js';
import { expectClose } from '../../support/expectClose.js';

const normalised = (values: Float64Array) => {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
};

test.each([1, 2] as const)(
  'the Hessian is how the gradient changes along directions that keep the mass, p = %d',
  (p) => {
    const space = workspace(cpu());
    const cloud = (count: number, seed: number) =>
      checkMeasure('measure', {
        points: draws(2 * count, seed),
        dimension: 2,
        weights: normalised(draws(count, seed + 10).map((weight, k) => (k === 1 ? 0 : weight + 0.1))),
      });
    const options = { p, blur: 0.3, weights: [0.4, 0.6], tolerance: 1e-6, maxIterations: 10 };
    const problem = runSync(prepareBarycenter(space, [cloud(5, 1), cloud(7, 2)], cloud(6, 3), options));
    const shares = normalised(draws(6, 4).map((share) => share + 0.2));
    const at = (moved: Float64Array) => runSync(evaluate(problem, moved, undefined, 1e-13));
    const matrix = runSync(hessian(problem, at(shares)));
    const direction = Float64Array.of(1, -2, 0.5, 0.5, 1, -1);
    const h = 1e-5;
    const along = (sign: number) => at(shares.map((share, node) => share + sign * h * direction[node])).gradient;
    const [up, down] = [along(1), along(-1)];
    const slopes = up.map((value, node) => (value - down[node]) / (2 * h));
    const expected = shares.map((_, i) => direction.reduce((sum, by, j) => sum + matrix[i * 6 + j] * by, 0));
    // Both are known up to a constant.
    const centred = (values: Float64Array) =>
      values.map((value) => value - values.reduce((sum, one) => sum + one, 0) / 6);
    expectClose(centred(slopes), centred(expected), 1e-6);
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < i; j++) expect(matrix[i * 6 + j]).toBeCloseTo(matrix[j * 6 + i], 12);
    space.releaseAll();
  },
);

test('the least of a quadratic among shares has one slope where there is mass, and no less elsewhere', () => {
  const n = 12;
  for (const seed of [1, 2, 3]) {
    const factor = draws(n * n, seed);
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        for (let l = 0; l < n; l++) matrix[i * n + j] += factor[i * n + l] * factor[j * n + l];
      }
    }
    const gradient = draws(n, seed + 10).map((value) => 4 * value);
    const from = normalised(draws(n, seed + 20));
    const found = runSync(simplexMinimum(matrix, gradient, from));
    expect(found.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    const slopes = gradient.map((value, i) =>
      found.reduce((sum, share, j) => sum + matrix[i * n + j] * (share - from[j]), value),
    );
    const level = found.reduce((sum, share, i) => sum + share * slopes[i], 0);
    expect(found.some((share) => share === 0)).toBe(true);
    for (const [i, share] of found.entries()) {
      if (share > 0) expect(slopes[i]).toBeCloseTo(level, 8);
      else expect(slopes[i]).toBeGreaterThan(level - 1e-8);
    }
  }
});
