import type { ConformanceTest } from '../../conformanceTest.js';
import { check, checkClose } from '../../support/check.js';
import { cloud, reversed } from '../../support/clouds.js';
import { kernels } from '../../support/kernels.js';
import { hausdorff, mmd, pairOf, sinkhorn } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { random } from '../../support/random.js';
import { allowedValue, scalesOf } from '../../support/scales.js';

const draw = random(1);
const X = cloud(draw, { count: 20, dimension: 2 });
const Y = cloud(draw, { count: 25, dimension: 2, from: 0.2 });
const HEAVY_Y = cloud(draw, { count: 25, dimension: 2, from: 0.2, mass: 1.7 });

const PROBLEMS: readonly Problem[] = ([1, 2] as const).flatMap((p) =>
  [0.1, 0.5, 3].flatMap((blur) => [
    { p, blur },
    { p, blur, reach: 0.7 },
  ]),
);

/** Property 1: what makes a divergence one. */
export const signTests: readonly ConformanceTest[] = [
  {
    id: 'property/01-sinkhorn-and-hausdorff',
    title: 'S >= 0, H >= 0, H <= S, S(a, a) = H(a, a) = 0, and both are symmetric',
    async run(subject) {
      for (const problem of PROBLEMS) {
        const label = JSON.stringify(problem);
        const y = problem.reach === undefined ? Y : HEAVY_Y;
        const allowed = allowedValue(scalesOf(subject.tolerances, pairOf(X, y), problem), subject.tolerances.identity);
        const [s] = (await sinkhorn(subject, X, y, problem)).values;
        const [h] = (await hausdorff(subject, X, y, problem)).values;
        check(s >= -allowed, `${label}: S is ${s}`);
        check(h >= -allowed, `${label}: H is ${h}`);
        if (problem.reach === undefined) check(h <= s + allowed, `${label}: H is ${h} and S only ${s}`);
        checkClose(`${label}: S(b, a)`, (await sinkhorn(subject, y, X, problem)).values, [s], allowed);
        checkClose(`${label}: H(b, a)`, (await hausdorff(subject, y, X, problem)).values, [h], allowed);
        // The same cloud in another order, so that nothing can be read off the input.
        checkClose(`${label}: S(a, a)`, (await sinkhorn(subject, X, reversed(X), problem)).values, [0], allowed);
        checkClose(`${label}: H(a, a)`, (await hausdorff(subject, X, reversed(X), problem)).values, [0], allowed);
        checkClose(`${label}: S(a, a), the same object`, (await sinkhorn(subject, X, X, problem)).values, [0], allowed);
      }
    },
  },
  {
    id: 'property/01-mmd',
    title: 'MMD >= 0, MMD(a, a) = 0, and it is symmetric',
    async run(subject) {
      for (const [label, options] of Object.entries(kernels(0.5))) {
        const allowed = 10 * subject.tolerances.identity;
        const [value] = (await mmd(subject, X, Y, options)).values;
        check(value >= -allowed, `${label}: the value is ${value}`);
        checkClose(`${label}: MMD(b, a)`, (await mmd(subject, Y, X, options)).values, [value], allowed);
        checkClose(`${label}: MMD(a, a)`, (await mmd(subject, X, reversed(X), options)).values, [0], allowed);
      }
    },
  },
];
