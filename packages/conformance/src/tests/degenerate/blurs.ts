import { type Kernel, neg, powerCost } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { cloud, cloudOf } from '../../support/clouds.js';
import { mmd, pairOf } from '../../support/losses.js';
import { random } from '../../support/random.js';
import { allowedValue, scalesOf } from '../../support/scales.js';
import { costOf } from '../../support/truths.js';
import { LOSSES, type LossName, solveFinite } from './against.js';

const draw = random(31);
const names = Object.keys(LOSSES) as LossName[];

/** Temperatures that no one chooses on purpose. */
export const blurTests: readonly ConformanceTest[] = [
  {
    id: 'degenerate/tiny-blur',
    title: 'a blur 1e4 times below the spacing: S is the cost of the best matching, H of the nearest points',
    async run(subject) {
      const places = [
        [0, 0],
        [2, 0],
        [0, 2],
        [2, 2],
        [4, 1],
      ];
      const near = places.map(([u, v], index) => [u + 0.2, v - 0.1 * index]).reverse();
      const [x, y] = [cloudOf(places), cloudOf(near)];
      for (const p of [1, 2] as const) {
        const exact = places.reduce((sum, place, index) => sum + costOf(p, place, near[4 - index]) / 5, 0);
        for (const name of names) {
          const problem = { p, blur: 2e-4, tolerance: 1e-3 };
          const { values } = await solveFinite(subject, `p = ${p}`, name, { x, y, problem });
          checkClose(`p = ${p}: ${name}`, values, [exact], 1e-2 * exact);
        }
      }
    },
  },
  {
    id: 'degenerate/huge-blur',
    title: 'a blur far above the diameter: finite, and the kernel norm of -C as far as rounding lets it be seen',
    async run(subject) {
      const x = cloud(draw, { count: 9, dimension: 2 });
      const y = cloud(draw, { count: 7, dimension: 2, from: 0.5 });
      for (const p of [1, 2] as const) {
        const kernel: Kernel = (u, v) => neg(powerCost(p)(u, v));
        const [limit] = (await mmd(subject, x, y, { kernel, scalingPower: p })).values;
        for (const ratio of [1e3, 1e4, 1e6]) {
          const problem = { p, blur: 1.5 * ratio ** (1 / p) };
          const scales = scalesOf(subject.tolerances, pairOf(x, y), problem);
          const allowed = allowedValue(scales, subject.tolerances.value) + (4 / ratio) * limit;
          for (const name of names) {
            const label = `p = ${p}, eps ${ratio} times the cost`;
            const { values } = await solveFinite(subject, label, name, { x, y, problem });
            checkClose(`${label}: ${name}`, values, [limit], allowed);
          }
        }
      }
    },
  },
];
