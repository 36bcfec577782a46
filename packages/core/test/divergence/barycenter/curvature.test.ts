/** The scaled Hessian of barycenters against differences of gradients. */
import { expect, test } from 'vitest';
import { curvature } from '../../../src/divergence/barycenter/curvature.js';
import { hostBarycenter } from '../../../src/divergence/barycenter/hostBarycenter.js';
import { evaluateOnHost } from '../../../src/divergence/barycenter/hostObjective.js';
import { checkMeasure } from '../../../src/measure/measure.js';
import { runSync } from '../../../src/tasks/drivers.js';
import { draws } from '../../support/draws.js';
import { expectClose } from '../../support/expectClose.js';

const normalised = (values: Float64Array) => {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
};
const cloud = (count: number, seed: number) =>
  checkMeasure('measure', {
    points: draws(2 * count, seed),
    dimension: 2,
    weights: normalised(draws(count, seed + 10).map((weight, k) => (k === 1 ? 0 : weight + 0.1))),
  });

test.each([
  { p: 1, reach: Number.POSITIVE_INFINITY, debias: true },
  { p: 2, reach: Number.POSITIVE_INFINITY, debias: true },
  { p: 2, reach: Number.POSITIVE_INFINITY, debias: false },
  { p: 1, reach: 0.4, debias: true },
  { p: 2, reach: 0.7, debias: true },
] as const)('it is how the gradient changes: p $p, reach $reach, debias $debias', (kind) => {
  const options = { ...kind, blur: 0.3, weights: [0.4, 0.6], tolerance: 1e-6, maxIterations: 10 };
  const host = runSync(hostBarycenter([cloud(5, 1), cloud(7, 2)], cloud(6, 3), options));
  const shares = normalised(draws(6, 4).map((share) => share + 0.2));
  const at = (moved: Float64Array) => runSync(evaluateOnHost(host, moved));
  const some = Uint32Array.of(5, 0, 3, 1, 2, 4);
  const matrix = runSync(curvature(host, at(shares), some));
  const entry = (i: number, j: number) => matrix[Math.max(i, j) * 6 + Math.min(i, j)];
  // Along a direction that keeps the mass.
  const direction = Float64Array.of(1, -2, 1.5, -0.5, 0.5, -0.5);
  const h = 1e-5;
  const along = (sign: number) => {
    const moved = shares.slice();
    for (const [l, i] of some.entries()) moved[i] += sign * h * direction[l];
    return at(moved).gradient;
  };
  const [up, down] = [along(1), along(-1)];
  const slopes = Float64Array.from(some, (i) => (up[i] - down[i]) / (2 * h));
  const expected = Float64Array.from(
    some,
    (i, row) =>
      direction.reduce((sum, by, l) => sum + (entry(row, l) * by) / Math.sqrt(shares[some[l]]), 0) /
      Math.sqrt(shares[i]),
  );
  // With equal masses both are known up to a constant.
  const isFree = kind.reach < Number.POSITIVE_INFINITY;
  const shift = isFree ? 0 : slopes[0] - expected[0];
  expectClose(
    slopes,
    expected.map((value) => value + shift),
    1e-6,
  );
  expect(Math.max(...slopes.map(Math.abs))).toBeGreaterThan(1e-3);
});
