import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose, checkEqual } from '../../support/check.js';
import { type Cloud, cloud, cloudOf, concatenate, translated, weighted } from '../../support/clouds.js';
import { kernels } from '../../support/kernels.js';
import { mmd, pairOf, sinkhorn } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { random } from '../../support/random.js';
import { allowedValue, scalesOf } from '../../support/scales.js';
import { costOf, integral, pointOf } from '../../support/truths.js';
import { checkAgainstNaive, LOSSES, type LossName, solveFinite, solveNaively } from './against.js';

const draw = random(30);
const X = cloud(draw, { count: 5, dimension: 2 });
const Y = cloud(draw, { count: 4, dimension: 2, from: 0.3 });
const PROBLEMS: readonly Problem[] = ([1, 2] as const).flatMap((p) => [
  { p, blur: 0.2 },
  { p, blur: 0.2, reach: 0.8 },
]);
const names = Object.keys(LOSSES) as LossName[];

/** Every point three times, with a third of its weight each. */
const thrice = (of: Cloud): Cloud => ({
  data: concatenate([of.data, of.data, of.data]),
  shape: [3 * of.shape[0], of.shape[1]],
  weights: concatenate([of.weights, of.weights, of.weights].map((list) => list.map((weight) => weight / 3))),
});

/** `count` points at one place. */
const heap = (count: number, place: readonly number[]): Cloud => cloudOf(new Array(count).fill(place));

/** Clouds whose points coincide, are far away, or are few. */
export const pointTests: readonly ConformanceTest[] = [
  {
    id: 'degenerate/duplicates',
    title: 'points that are there several times count as one with all their weight',
    async run(subject) {
      for (const problem of PROBLEMS) {
        const allowed =
          2 * allowedValue(scalesOf(subject.tolerances, pairOf(X, Y), problem), subject.tolerances.identity);
        for (const name of names) {
          const once = await solveFinite(subject, 'once', name, { x: X, y: Y, problem });
          const often = await solveFinite(subject, 'three times', name, { x: thrice(X), y: thrice(Y), problem });
          checkClose(`${JSON.stringify(problem)}: ${name}`, often.values, once.values, allowed);
        }
      }
    },
  },
  {
    id: 'degenerate/single-point',
    title: 'one point against several, which transport has no choice about',
    async run(subject) {
      const x = cloud(draw, { count: 1, dimension: 2 });
      for (const problem of PROBLEMS) {
        await checkAgainstNaive(subject, 'one point', x, Y, problem);
        if (problem.reach !== undefined) continue;
        const { p = 2 } = problem;
        const exact = integral(Y, (point) => costOf(p, pointOf(x, 0), point));
        const { values } = await sinkhorn(subject, x, Y, { ...problem, debias: false });
        const allowed = allowedValue(scalesOf(subject.tolerances, pairOf(x, Y), problem), subject.tolerances.value);
        checkClose(`${JSON.stringify(problem)}: OT`, values, [exact], allowed);
      }
    },
  },
  {
    id: 'degenerate/coincident-clouds',
    title: 'both clouds at one place: every loss is 0, and so are its gradients in points',
    async run(subject) {
      const place = [0.3, -2];
      const [x, y] = [heap(5, place), heap(3, place)];
      const zeros = { x: new Array(10).fill(0), y: new Array(6).fill(0) };
      for (const problem of PROBLEMS) {
        const allowed = allowedValue(scalesOf(subject.tolerances, pairOf(x, y), problem), 0);
        for (const name of names) {
          const { values, gradients } = await solveFinite(subject, 'one place', name, { x, y, problem });
          checkClose(`${JSON.stringify(problem)}: ${name}`, values, [0], allowed);
          checkEqual(`${JSON.stringify(problem)}: gradient of ${name} in x`, gradients.x?.points ?? [], zeros.x);
          checkEqual(`${JSON.stringify(problem)}: gradient of ${name} in y`, gradients.y?.points ?? [], zeros.y);
        }
      }
      for (const [name, options] of Object.entries(kernels(0.2))) {
        const { values, gradients } = await mmd(subject, x, y, options, ['x', 'y']);
        checkClose(name, values, [0], 10 * subject.tolerances.identity);
        checkEqual(`gradient of ${name} in x`, gradients.x?.points ?? [], zeros.x);
      }
    },
  },
  {
    id: 'degenerate/all-equal',
    title: 'each cloud at a place of its own: S = H = C between the places',
    async run(subject) {
      const [here, there] = [
        [0.3, -2],
        [1.5, 0.25],
      ];
      const [x, y] = [heap(5, here), heap(3, there)];
      for (const p of [1, 2] as const) {
        const problem = { p, blur: 0.1 };
        const allowed = allowedValue(scalesOf(subject.tolerances, pairOf(x, y), problem), subject.tolerances.identity);
        for (const name of names) {
          const { values } = await solveFinite(subject, 'two places', name, { x, y, problem });
          checkClose(`p = ${p}: ${name}`, values, [costOf(p, here, there)], allowed);
        }
        await checkAgainstNaive(subject, 'two places', x, y, { ...problem, reach: 0.7 });
      }
    },
  },
  {
    id: 'degenerate/far-apart',
    title: 'clouds 100 times as far apart as they are large, and values of clouds 10000 times as far apart',
    async run(subject) {
      for (const p of [1, 2] as const) {
        // With a reach nothing is worth the journey: all mass is destroyed here and created there.
        for (const problem of [
          { p, blur: 1, tolerance: 1e-4 },
          { p, blur: 1, reach: 2, tolerance: 1e-4 },
        ]) {
          await checkAgainstNaive(subject, 'far apart', X, translated(Y, [80, 60]), problem);
          const y = translated(Y, [8e3, 6e3]);
          const allowed = allowedValue(scalesOf(subject.tolerances, pairOf(X, y), problem), subject.tolerances.value);
          for (const name of names) {
            const where = `farther apart, ${JSON.stringify(problem)}`;
            const [exact] = await solveNaively(subject, where, name, { x: X, y, problem });
            const { values } = await solveFinite(subject, where, name, { x: X, y, problem });
            checkClose(`${where}: ${name}`, values, exact, allowed);
          }
        }
      }
    },
  },
  {
    id: 'degenerate/far-from-origin',
    title: 'coordinates of size 1e6 with a spread of 1',
    async run(subject) {
      // Multiples of 2^-20, so that moving the clouds loses nothing before the loss sees them.
      const coarse = (of: Cloud): Cloud => ({ ...of, data: of.data.map((u) => Math.round(u * 2 ** 20) / 2 ** 20) });
      const [x, y] = [coarse(X), coarse(Y)];
      for (const problem of PROBLEMS) {
        const allowed =
          2 * allowedValue(scalesOf(subject.tolerances, pairOf(x, y), problem), subject.tolerances.identity);
        const far = { x: translated(x, [1e6, -1e6]), y: translated(y, [1e6, -1e6]), problem };
        for (const name of names) {
          const near = await solveFinite(subject, 'near', name, { x, y, problem });
          const { values } = await solveFinite(subject, 'far', name, far);
          checkClose(`${JSON.stringify(problem)}: ${name}`, values, near.values, allowed);
        }
      }
    },
  },
  {
    id: 'degenerate/zero-weights',
    title: 'points of weight 0 change nothing, and have no gradient in their coordinates',
    async run(subject) {
      const more: Cloud = {
        data: concatenate([Float64Array.of(0.5, 0.5, ...X.data.subarray(0, 2)), X.data]),
        shape: [7, 2],
        weights: concatenate([new Float64Array(2), X.weights]),
      };
      for (const problem of PROBLEMS) {
        const allowed =
          2 * allowedValue(scalesOf(subject.tolerances, pairOf(X, Y), problem), subject.tolerances.identity);
        for (const name of names) {
          const where = `${JSON.stringify(problem)}: ${name}`;
          const without = await solveFinite(subject, 'without', name, { x: X, y: Y, problem });
          const { values, gradients } = await solveFinite(subject, 'with', name, { x: more, y: Y, problem });
          checkClose(where, values, without.values, allowed);
          checkEqual(
            `${where}, gradient where there is no weight`,
            (gradients.x?.points ?? []).slice(0, 4),
            [0, 0, 0, 0],
          );
        }
        await checkAgainstNaive(subject, 'points of weight 0', more, Y, problem);
      }
    },
  },
  {
    id: 'degenerate/uneven-weights',
    title: 'weights over 12 orders of magnitude',
    async run(subject) {
      const uneven = (of: Cloud) => {
        const weights = of.weights.map((_, index) => 10 ** (-12 * (index / (of.weights.length - 1))));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return weighted(
          of,
          weights.map((weight) => weight / total),
        );
      };
      for (const problem of PROBLEMS) await checkAgainstNaive(subject, 'uneven weights', uneven(X), uneven(Y), problem);
    },
  },
];
