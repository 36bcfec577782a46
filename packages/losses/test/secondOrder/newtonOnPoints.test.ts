import { cpu } from '@sinkhorn/backend-cpu';
import { type Loss, type SinkhornSolution, sinkhornDivergence } from '@sinkhorn/losses';
import { expect, test } from 'vitest';
import { cloud, random, type TestCloud } from '../support/clouds.js';
import { dot } from '../support/directions.js';

const target = cloud(10, 2, 3);
const start: TestCloud = (() => {
  const next = random(8);
  return { ...target, points: target.points.map((value) => value + 0.1 * (next() - 0.5)) };
})();
const loss = sinkhornDivergence({
  backend: cpu(),
  blur: 0.2,
  tolerance: 1e-10,
  maxIterations: 20_000,
  onInaccurate: 'ignore',
});

const norm = (values: ArrayLike<number>) => Math.sqrt(dot(values, values));
const at = (points: Float64Array): TestCloud => ({ ...start, points });
const gradientOf = async (points: Float64Array) => (await loss.valueAndGradients(at(points), target)).x.points;

/**
 * A step of truncated Newton: conjugate gradients for H step = -gradient in the scalar product of the masses, up to a direction of
 * negative curvature (Dembo and Steihaug 1983).
 */
async function newtonStep(
  { hessianVectorProduct }: SinkhornSolution,
  gradient: ArrayLike<number>,
): Promise<Float64Array> {
  const masses = Float64Array.from(gradient, (_, k) => start.weights[k >> 1]);
  const step = new Float64Array(gradient.length);
  const residual = Float64Array.from(gradient, (value, k) => -value / masses[k]);
  const direction = residual.slice();
  const product = (one: Float64Array, two: Float64Array) =>
    dot(
      one.map((value, k) => value * masses[k]),
      two,
    );
  let square = product(residual, residual);
  const first = square;
  for (let k = 0; k < 40 && square > 1e-12 * first; k++) {
    const { points, diagnostics } = await hessianVectorProduct({ points: direction }, { tolerance: 1e-8 });
    if (diagnostics.negativeCurvature) return k === 0 ? residual : step;
    const length = square / diagnostics.curvature[0];
    for (let i = 0; i < step.length; i++) {
      step[i] += length * direction[i];
      residual[i] -= (length * points[i]) / masses[i];
    }
    const next = product(residual, residual);
    for (let i = 0; i < step.length; i++) direction[i] = residual[i] + (next / square) * direction[i];
    square = next;
  }
  return step;
}

/** As much of a step as lowers the value. */
async function lowered(of: Loss, points: Float64Array, step: Float64Array, before: number): Promise<Float64Array> {
  for (let share = 1; share > 1e-3; share /= 2) {
    const moved = points.map((value, k) => value + share * step[k]);
    if ((await of.value(at(moved), target)) < before) return moved;
  }
  return points;
}

test("Newton's method on points reaches in 8 steps what gradient descent does not in 200", async () => {
  const first = norm(await gradientOf(start.points));
  let points = start.points;
  for (let k = 0; k < 8; k++) {
    const solution = await loss.solve(at(points), target);
    const { x } = await solution.gradients();
    points = await lowered(loss, points, await newtonStep(solution, x.points), Number(solution.value));
  }
  const reached = norm(await gradientOf(points)) / first;
  expect(reached).toBeLessThan(1e-5);
  // The gradient over the masses changes at most as fast as points do: with more than twice the rate 1 points are thrown about.
  for (const rate of [1, 1.5]) {
    let descended = start.points;
    for (let k = 0; k < 200; k++) {
      const gradient = await gradientOf(descended);
      descended = descended.map((value, i) => value - (rate * gradient[i]) / start.weights[i >> 1]);
    }
    expect(norm(await gradientOf(descended)) / first).toBeGreaterThan(1e-4);
  }
});
