import { barycentricMap, densePlan, planMarginal, runAsync } from '@sinkhorn/core';
import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { check, checkClose } from '../../support/check.js';
import { type Cloud, cloud, mapPoints } from '../../support/clouds.js';
import { optionsFor, pairOf, sinkhorn } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { random } from '../../support/random.js';
import { allowedValue, scalesOf } from '../../support/scales.js';
import { costOf, pointOf } from '../../support/truths.js';

const draw = random(13);

/** A solved problem and its plan. */
async function solved(subject: Subject, x: Cloud, y: Cloud, problem: Problem) {
  const pair = pairOf(x, y);
  const result = await sinkhorn(subject, x, y, { ...problem, debias: false });
  const source = {
    backend: subject.backend,
    pair,
    options: optionsFor(subject, pair, problem),
    potentials: result.potentials,
  };
  return { result, source, plan: await runAsync(densePlan(source, 'x')) };
}

/** sum over i of u log(u / v) - u + v. */
const divergence = (u: ArrayLike<number>, v: ArrayLike<number>): number =>
  Array.from(u).reduce(
    (sum, entry, index) => sum + (entry > 0 ? entry * Math.log(entry / v[index]) : 0) - entry + v[index],
    0,
  );

/** Properties 13 and 14: the plan. */
export const planTests: readonly ConformanceTest[] = [
  {
    id: 'property/13-monotone-maps',
    title: 'p = 2: where y_i is the gradient of a convex function at x_i, the plan for a small blur is diagonal',
    async run(subject) {
      const count = 9;
      const grid = (index: number) => (index % 2 === 0 ? Math.floor(index / 6) : Math.floor(index / 2) % 3);
      const jitter = cloud(draw, { count, dimension: 2, size: 0.3 });
      const x = { ...jitter, data: jitter.data.map((coordinate, index) => grid(index) - 1 + coordinate) };
      const y = mapPoints(x, (coordinate) => coordinate + 0.5 * Math.tanh(2 * coordinate) + 1);
      const { source, plan } = await solved(subject, x, y, { blur: 0.1, tolerance: 1e-3 });
      const diagonal = Array.from({ length: count }, (_, index) => plan[index * (count + 1)]);
      const kept = diagonal.reduce((sum, entry) => sum + entry, 0);
      check(kept > 0.99, `only ${kept} of the mass is on the diagonal`);
      checkClose('the barycentric map', await runAsync(barycentricMap(source, 'x')), y.data, 1e-2);
    },
  },
  {
    id: 'property/14-marginals',
    title: 'the plan has the weights as its marginals',
    async run(subject) {
      const x = cloud(draw, { count: 17, dimension: 3 });
      const y = cloud(draw, { count: 23, dimension: 3, from: 0.3 });
      for (const problem of [{ p: 1, blur: 0.3 } as const, { p: 2, blur: 0.3 } as const]) {
        const { marginal, rounding, temperature } = scalesOf(subject.tolerances, pairOf(x, y), problem);
        const { source, plan } = await solved(subject, x, y, problem);
        const allowed = 4 * marginal + (32 * rounding) / temperature;
        const sum = (i: number) => plan.subarray(i * 23, (i + 1) * 23).reduce((total, entry) => total + entry, 0);
        const rows = Array.from({ length: 17 }, (_, i) => sum(i));
        checkClose('sums of rows', rows, x.weights, allowed);
        checkClose('the marginal of x', await runAsync(planMarginal(source, 'x')), x.weights, allowed);
        checkClose('the marginal of y', await runAsync(planMarginal(source, 'y')), y.weights, allowed);
      }
    },
  },
  {
    id: 'property/14-duality-gap',
    title: 'the cost and the divergences of the plan add up to the value, balanced and not',
    async run(subject) {
      const x = cloud(draw, { count: 12, dimension: 2 });
      const y = cloud(draw, { count: 15, dimension: 2, from: 0.3, mass: 1 });
      const problems: readonly (Problem & { p: 1 | 2; reach?: number })[] = [
        { p: 1, blur: 0.3 },
        { p: 2, blur: 0.4 },
        { p: 2, blur: 0.3, reach: 0.5 },
      ];
      for (const problem of problems) {
        const { result, plan } = await solved(subject, x, y, problem);
        const product = plan.map((_, at) => x.weights[Math.floor(at / 15)] * y.weights[at % 15]);
        const epsilon = problem.blur ** problem.p;
        const spent = plan.reduce(
          (sum, entry, at) => sum + entry * costOf(problem.p, pointOf(x, Math.floor(at / 15)), pointOf(y, at % 15)),
          0,
        );
        let primal = spent + epsilon * divergence(plan, product);
        if (problem.reach !== undefined) {
          const rows = x.weights.map((_, i) =>
            plan.reduce((sum, entry, at) => (Math.floor(at / 15) === i ? sum + entry : sum), 0),
          );
          const columns = y.weights.map((_, j) =>
            plan.reduce((sum, entry, at) => (at % 15 === j ? sum + entry : sum), 0),
          );
          primal += problem.reach ** problem.p * (divergence(rows, x.weights) + divergence(columns, y.weights));
        }
        const scales = scalesOf(subject.tolerances, pairOf(x, y), problem);
        const allowed = allowedValue(scales, subject.tolerances.value);
        checkClose(`${JSON.stringify(problem)}: OT`, result.values, [primal], 4 * allowed);
      }
    },
  },
];
