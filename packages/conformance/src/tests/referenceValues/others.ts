import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { batchOf } from '../../support/clouds.js';
import { kernels } from '../../support/kernels.js';
import { hausdorff, mmd, pairOf, sinkhorn } from '../../support/losses.js';
import { allowedGradient, allowedPotential, allowedValue, scalesOf } from '../../support/scales.js';
import { batchCases, centred, cloudFrom, exactCases, hausdorffCases, kernelCases, problemOf } from './cases.js';

const SIDES = ['x', 'y'] as const;

/** Kernel norms, Hausdorff divergences, exact transport and batches. */
export const otherTests: readonly ConformanceTest[] = [
  {
    id: 'reference/kernels',
    title: `values and gradients of ${kernelCases.length} kernel norms`,
    async run(subject) {
      const { tolerances } = subject;
      for (const { id, loss, blur, exact, ...given } of kernelCases) {
        const [x, y] = [cloudFrom(given.x, given.a), cloudFrom(given.y, given.b)];
        const pair = pairOf(x, y);
        const { cost, mass } = scalesOf(tolerances, pair, { p: 1, blur });
        // The size of a kernel, and how much it changes with a point.
        const [size, slope] = loss === 'energy' ? [cost, 1] : [1, 1 / blur];
        const { values, gradients } = await mmd(subject, x, y, kernels(blur)[loss], SIDES);
        checkClose(`${id}: value`, values, [exact.value], tolerances.identity * size * 4 * mass ** 2);
        for (const [side, points, weights, own] of [
          ['x', exact.grad_x, exact.grad_a, given.a],
          ['y', exact.grad_y, exact.grad_b, given.b],
        ] as const) {
          const found = gradients[side] ?? { points: [], weights: [] };
          const limit = tolerances.identity * size * 2 * mass;
          checkClose(`${id}: gradient in the weights of ${side}`, found.weights, weights, limit);
          const pull = limit * (slope / size) * Math.max(...own) * 4;
          checkClose(`${id}: gradient in ${side}`, found.points, points.flat(), pull);
        }
      }
    },
  },
  {
    id: 'reference/hausdorff',
    title: `values and gradients of ${hausdorffCases.length} Hausdorff divergences`,
    async run(subject) {
      const { tolerances } = subject;
      for (const given of hausdorffCases) {
        const { id, converged: exact, a, b, reach } = given;
        const [x, y] = [cloudFrom(given.x, a), cloudFrom(given.y, b)];
        const problem = problemOf(given);
        const scales = scalesOf(tolerances, pairOf(x, y), problem);
        const { values, gradients } = await hausdorff(subject, x, y, problem, SIDES);
        checkClose(`${id}: value`, values, [exact.value], allowedValue(scales, tolerances.value));
        for (const [side, points, weights, own] of [
          ['x', exact.grad_x, exact.grad_a, a],
          ['y', exact.grad_y, exact.grad_b, b],
        ] as const) {
          const found = gradients[side] ?? { points: [], weights: [] };
          const limit = allowedGradient(scales, tolerances.gradient, own, points.flat());
          checkClose(`${id}: gradient in ${side}`, found.points, points.flat(), limit);
          const free = (values: ArrayLike<number>) => (reach === null ? centred(values, own) : values);
          const allowed = 4 * allowedPotential(scales, tolerances.gradient, 1);
          checkClose(`${id}: gradient in the weights of ${side}`, free(found.weights), free(weights), allowed);
        }
      }
    },
  },
  {
    id: 'reference/exact-transport',
    title: `S at three blurs, and its limit, for ${exactCases.length} problems of exact transport`,
    async run(subject) {
      for (const { id, p, OT0, converged_sinkhorn_divergence, ...given } of exactCases) {
        const [x, y] = [cloudFrom(given.x, given.a), cloudFrom(given.y, given.b)];
        for (const { blur, S } of converged_sinkhorn_divergence) {
          // A value is off by the temperature times the marginal error at most: less is asked where there is little of it.
          const problem = { p, blur, tolerance: blur > 0.01 ? 1e-6 : 1e-3 };
          const { values } = await sinkhorn(subject, x, y, problem);
          const scales = scalesOf(subject.tolerances, pairOf(x, y), problem);
          checkClose(`${id}, blur ${blur}: S`, values, [S], allowedValue(scales, subject.tolerances.value));
          if (p === 2 && blur === 0.01) checkClose(`${id}: S and exact transport`, values, [OT0], 1e-2 * OT0);
        }
      }
    },
  },
  {
    id: 'reference/batches',
    title: `the ${batchCases.length} batches of three, each element on its own`,
    async run(subject) {
      const { tolerances } = subject;
      for (const given of batchCases) {
        const batch = (points: typeof given.x, weights: typeof given.a) =>
          batchOf(points.map((element, index) => cloudFrom(element, weights[index])));
        const [x, y] = [batch(given.x, given.a), batch(given.y, given.b)];
        const problem = problemOf(given);
        const scales = scalesOf(tolerances, pairOf(x, y), problem);
        const { values, gradients } = await sinkhorn(subject, x, y, problem, SIDES);
        const exact = given.converged.map(({ S }) => S);
        checkClose(`${given.id}: values`, values, exact, allowedValue(scales, tolerances.value));
        for (const [side, points] of [
          ['x', given.converged.map(({ S_grad_x }) => S_grad_x).flat(2)],
          ['y', given.converged.map(({ S_grad_y }) => S_grad_y).flat(2)],
        ] as const) {
          const weights = (side === 'x' ? x : y).weights;
          const limit = allowedGradient(scales, tolerances.gradient, weights, points);
          checkClose(`${given.id}: gradient in ${side}`, gradients[side]?.points ?? [], points, limit);
        }
      }
    },
  },
];
