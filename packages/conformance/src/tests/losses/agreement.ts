import {
  applyPlan,
  barycentricMap,
  checkMeasure,
  densePlan,
  extendPotentials,
  planMarginal,
  runAsync,
  runSync,
  type SinkhornResult,
  sinkhornGradients,
  solveSinkhorn,
  UnsupportedError,
} from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { check, checkClose, checkEqual, checkThrows } from '../../support/check.js';
import { batchOf, cloud } from '../../support/clouds.js';
import { optionsFor, pairOf, sinkhorn } from '../../support/losses.js';
import { random } from '../../support/random.js';
import { allowedGradient, allowedPotential, allowedValue, scalesOf } from '../../support/scales.js';
import { SMALL_PAIR } from './tasks.js';

const SIDES = ['x', 'y'] as const;
const PROBLEM = { blur: 0.3 };

/** Every number of a result, in one list. */
const numbersOf = ({ values, potentials, iterates, gradients }: SinkhornResult): number[] =>
  [values, ...Object.values(potentials), ...Object.values(iterates)]
    .concat(SIDES.flatMap((side) => [gradients[side]?.points ?? [], gradients[side]?.weights ?? []] as Float64Array[]))
    .flatMap((list) => Array.from(list ?? []));

/** That the ways to one result agree. */
export const agreementTests: readonly ConformanceTest[] = [
  {
    id: 'losses/same-bits',
    title: 'the same solve gives the same bits, again and on another backend of the kind',
    async run(subject) {
      const options = optionsFor(subject, SMALL_PAIR, PROBLEM);
      const solve = () => runAsync(solveSinkhorn(subject.backend, SMALL_PAIR, options, SIDES));
      const first = numbersOf(await solve());
      checkEqual('the second time', numbersOf(await solve()), first);
      const other = await subject.open();
      const single = optionsFor(subject, SMALL_PAIR, { ...PROBLEM, debias: false, tolerance: null });
      const [here, there] = [subject.backend, other].map((backend) =>
        runAsync(solveSinkhorn(backend, SMALL_PAIR, single)),
      );
      checkEqual('on another backend', numbersOf(await there), numbersOf(await here));
    },
  },
  {
    id: 'losses/sync',
    title: 'without waiting a solve gives the same bits, or an UnsupportedError where the backend cannot be read so',
    async run(subject) {
      const start = () => solveSinkhorn(subject.backend, SMALL_PAIR, optionsFor(subject, SMALL_PAIR, PROBLEM), SIDES);
      if (!subject.backend.readSync) {
        await checkThrows('runSync', UnsupportedError, () => runSync(start()));
        return;
      }
      checkEqual('runSync', numbersOf(runSync(start())), numbersOf(await runAsync(start())));
    },
  },
  {
    id: 'losses/batches',
    title: 'a batch gives what its elements give one by one',
    async run(subject) {
      const draw = random(21);
      const clouds = Array.from({ length: 3 }, () => ({
        x: cloud(draw, { count: 8, dimension: 2 }),
        y: cloud(draw, { count: 6, dimension: 2, from: 0.2 }),
      }));
      const [x, y] = [batchOf(clouds.map((pair) => pair.x)), batchOf(clouds.map((pair) => pair.y))];
      const scales = scalesOf(subject.tolerances, pairOf(x, y), PROBLEM);
      const together = await sinkhorn(subject, x, y, PROBLEM, SIDES);
      for (const [element, pair] of clouds.entries()) {
        const alone = await sinkhorn(subject, pair.x, pair.y, PROBLEM, SIDES);
        const value = together.values.subarray(element, element + 1);
        checkClose(
          `element ${element}: value`,
          value,
          alone.values,
          2 * allowedValue(scales, subject.tolerances.value),
        );
        for (const side of SIDES) {
          const { data, weights } = pair[side];
          const expected = alone.gradients[side]?.points ?? [];
          const found = together.gradients[side]?.points.subarray(element * data.length, (element + 1) * data.length);
          const limit = 2 * allowedGradient(scales, subject.tolerances.gradient, weights, expected);
          checkClose(`element ${element}: gradient in ${side}`, found ?? [], expected, limit);
        }
      }
    },
  },
  {
    id: 'losses/warm-start',
    title: 'a solve that starts from its own solution is through at once, with the same value',
    async run(subject) {
      const options = optionsFor(subject, SMALL_PAIR, PROBLEM);
      const scales = scalesOf(subject.tolerances, SMALL_PAIR, PROBLEM);
      const cold = await runAsync(solveSinkhorn(subject.backend, SMALL_PAIR, options));
      const start = { iterates: cold.iterates };
      const warm = await runAsync(solveSinkhorn(subject.backend, SMALL_PAIR, options, [], start));
      check(warm.iterations <= 2, `it took ${warm.iterations} iterations, and the cold start ${cold.iterations}`);
      checkClose('value', warm.values, cold.values, allowedValue(scales, subject.tolerances.value));
    },
  },
  {
    id: 'losses/gradients-of-a-solution',
    title: 'gradients asked for later are those that come with the solve',
    async run(subject) {
      const options = optionsFor(subject, SMALL_PAIR, PROBLEM);
      const solved = await runAsync(solveSinkhorn(subject.backend, SMALL_PAIR, options, SIDES));
      const { gradients: later } = await runAsync(
        sinkhornGradients(subject.backend, SMALL_PAIR, options, solved, SIDES),
      );
      const scales = scalesOf(subject.tolerances, SMALL_PAIR, PROBLEM);
      for (const side of SIDES) {
        const expected = solved.gradients[side]?.points ?? [];
        const limit = allowedGradient(scales, subject.tolerances.gradient, SMALL_PAIR[side].weights, expected);
        checkClose(`gradient in ${side}`, later[side]?.points ?? [], expected, limit);
      }
    },
  },
  {
    id: 'losses/plan',
    title: 'the plan applied, its marginals and its barycentric map are those of the plan as a matrix',
    async run(subject) {
      const { x, y } = SMALL_PAIR;
      const options = optionsFor(subject, SMALL_PAIR, PROBLEM);
      const { potentials } = await runAsync(solveSinkhorn(subject.backend, SMALL_PAIR, options));
      const source = { backend: subject.backend, pair: SMALL_PAIR, options, potentials };
      const plan = await runAsync(densePlan(source, 'x'));
      const entry = (i: number, j: number) => plan[i * y.count + j];
      const total = (count: number, term: (k: number) => number) =>
        Array.from({ length: count }, (_, k) => term(k)).reduce((sum, value) => sum + value, 0);
      const rows = Array.from({ length: x.count }, (_, i) => total(y.count, (j) => entry(i, j)));
      const columns = Array.from({ length: y.count }, (_, j) => total(x.count, (i) => entry(i, j)));
      const allowed = 20 * subject.tolerances.identity;
      checkClose('marginal of x', await runAsync(planMarginal(source, 'x')), rows, allowed);
      checkClose('marginal of y', await runAsync(planMarginal(source, 'y')), columns, allowed);
      const coordinate = (j: number, c: number) => y.points[j * 2 + c];
      const pushed = rows.flatMap((_, i) => [0, 1].map((c) => total(y.count, (j) => entry(i, j) * coordinate(j, c))));
      checkClose('the plan applied', await runAsync(applyPlan(source, 'x', y.points, 2)), pushed, allowed);
      const map = pushed.map((value, index) => value / rows[Math.floor(index / 2)]);
      checkClose('the barycentric map', await runAsync(barycentricMap(source, 'x')), map, allowed);
      const transposed = await runAsync(densePlan(source, 'y'));
      const turned = columns.flatMap((_, j) => rows.map((_row, i) => entry(i, j)));
      checkClose('the plan the other way', transposed, turned, allowed);
    },
  },
  {
    id: 'losses/potentials-elsewhere',
    title: 'potentials at the points of the clouds are those of the solution',
    async run(subject) {
      const options = optionsFor(subject, SMALL_PAIR, PROBLEM);
      const { potentials, iterates } = await runAsync(solveSinkhorn(subject.backend, SMALL_PAIR, options));
      const limit = allowedPotential(scalesOf(subject.tolerances, SMALL_PAIR, PROBLEM), subject.tolerances.value, 1);
      for (const side of SIDES) {
        const { points } = SMALL_PAIR[side];
        const at = checkMeasure('at', { points, dimension: 2 });
        const extended = await runAsync(extendPotentials(subject.backend, SMALL_PAIR, options, iterates, side, at));
        const [cross, self] = side === 'x' ? [potentials.f_ba, potentials.f_aa] : [potentials.g_ab, potentials.g_bb];
        checkClose(`potential at ${side}`, extended.cross, cross, limit);
        checkClose(`self potential at ${side}`, extended.self ?? [], self ?? [], limit);
      }
    },
  },
];
