import type { ConformanceTest, Subject } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { type Cloud, cloud, concatenate, mapPoints, translated } from '../../support/clouds.js';
import { hausdorff, pairOf, sinkhorn } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { random } from '../../support/random.js';
import { allowedGradient, allowedValue, scalesOf } from '../../support/scales.js';
import { costOf, pointOf } from '../../support/truths.js';

const draw = random(6);
const X = cloud(draw, { count: 14, dimension: 2 });
const Y = cloud(draw, { count: 11, dimension: 2, from: 0.4 });

const PROBLEMS: readonly Problem[] = ([1, 2] as const).flatMap((p) => [
  { p, blur: 0.2 },
  { p, blur: 0.2, reach: 0.8 },
]);

const LOSSES = { S: sinkhorn, H: hausdorff };

/** A rotation, and then a translation. */
function moved(of: Cloud): Cloud {
  const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)];
  const { data } = of;
  const turned = {
    ...of,
    data: data.map((u, k) => (k % 2 === 0 ? cos * u - sin * data[k + 1] : sin * data[k - 1] + cos * u)),
  };
  return translated(turned, [5, -3]);
}

/** The cloud with every point twice, with the weights .3 and .7 times what they were. */
const split = (of: Cloud): Cloud => ({
  data: concatenate([of.data, of.data]),
  shape: [2 * of.shape[0], of.shape[1]],
  weights: concatenate([of.weights.map((weight) => 0.3 * weight), of.weights.map((weight) => 0.7 * weight)]),
});

/** Solves both losses on other clouds, and holds values and gradients in x to those of the first ones. */
async function checkSame(
  { backend, tolerances }: Subject,
  label: string,
  [problem, x, y]: readonly [Problem, Cloud, Cloud],
  [otherProblem, otherX, otherY]: readonly [Problem, Cloud, Cloud],
  factors: { value: number; points: (gradient: Float64Array) => Float64Array },
): Promise<void> {
  const losses = { backend, tolerances };
  const scales = scalesOf(tolerances, pairOf(x, y), problem);
  for (const [name, loss] of Object.entries(LOSSES)) {
    const before = await loss(losses, x, y, problem, ['x']);
    const after = await loss(losses, otherX, otherY, otherProblem, ['x']);
    const where = `${label}, ${JSON.stringify(problem)}: ${name}`;
    const expected = before.values.map((value) => value * factors.value);
    checkClose(where, after.values, expected, factors.value * allowedValue(scales, tolerances.identity));
    const gradient = before.gradients.x?.points ?? new Float64Array();
    const allowed = allowedGradient(scales, tolerances.gradient, x.weights, gradient);
    checkClose(`${where}, gradient`, factors.points(after.gradients.x?.points ?? gradient), gradient, allowed);
  }
}

/** Properties 6, 7 and 8: units, rigid motions, single points, points that are split. */
export const invarianceTests: readonly ConformanceTest[] = [
  {
    id: 'property/06-scaling',
    title: 'lengths l times as long, blur and reach too, give values l^p times as large, for l = 1e-6 and 1e6',
    async run(subject) {
      for (const problem of PROBLEMS) {
        const { p = 2, blur, reach } = problem;
        for (const length of [1e-6, 1e6]) {
          const scaled = (of: Cloud) => mapPoints(of, (coordinate) => length * coordinate);
          const other = {
            ...problem,
            blur: blur * length,
            reach: typeof reach === 'number' ? reach * length : undefined,
          };
          await checkSame(subject, `l = ${length}`, [problem, X, Y], [other, scaled(X), scaled(Y)], {
            value: length ** p,
            points: (gradient) => gradient.map((entry) => entry / length ** (p - 1)),
          });
        }
      }
    },
  },
  {
    id: 'property/06-rigid-motions',
    title: 'turning and moving both clouds changes no value, and turns the gradient',
    async run(subject) {
      const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)];
      const turnedBack = (gradient: Float64Array) =>
        gradient.map((u, k) => (k % 2 === 0 ? cos * u + sin * gradient[k + 1] : cos * u - sin * gradient[k - 1]));
      for (const problem of PROBLEMS) {
        await checkSame(subject, 'moved', [problem, X, Y], [problem, moved(X), moved(Y)], {
          value: 1,
          points: turnedBack,
        });
      }
    },
  },
  {
    id: 'property/07-single-points',
    title: 'between single points S = H = C(x, y), for any blur',
    async run(subject) {
      for (const dimension of [1, 3, 8]) {
        const x = cloud(draw, { count: 1, dimension });
        const y = cloud(draw, { count: 1, dimension, from: 1 });
        for (const p of [1, 2] as const) {
          const exact = costOf(p, pointOf(x, 0), pointOf(y, 0));
          for (const blur of [1e-3, 0.1, 1, 100]) {
            const problem = { p, blur };
            const label = `dimension ${dimension}, p = ${p}, blur ${blur}`;
            const allowed = allowedValue(
              scalesOf(subject.tolerances, pairOf(x, y), problem),
              subject.tolerances.identity,
            );
            checkClose(`${label}: S`, (await sinkhorn(subject, x, y, problem)).values, [exact], allowed);
            checkClose(`${label}: H`, (await hausdorff(subject, x, y, problem)).values, [exact], allowed);
          }
        }
      }
    },
  },
  {
    id: 'property/08-splitting',
    title: 'a point split into two copies with .3 and .7 of its weight changes no value, and shares its gradient',
    async run(subject) {
      const { length } = X.data;
      const joined = (gradient: Float64Array) =>
        gradient.subarray(0, length).map((entry, index) => entry + gradient[length + index]);
      for (const problem of PROBLEMS) {
        await checkSame(subject, 'split', [problem, X, Y], [problem, split(X), split(Y)], { value: 1, points: joined });
      }
    },
  },
];
