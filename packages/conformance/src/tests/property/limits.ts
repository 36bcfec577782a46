import { type Kernel, neg, powerCost } from '@sinkhorn/core';
import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { cloud, cloudOf } from '../../support/clouds.js';
import { hausdorff, mmd, pairOf, sinkhorn } from '../../support/losses.js';
import { random } from '../../support/random.js';
import { allowedValue, scalesOf } from '../../support/scales.js';
import { chamfer } from '../../support/truths.js';

const draw = random(3);
const X = cloud(draw, { count: 15, dimension: 3 });
const Y = cloud(draw, { count: 12, dimension: 3, from: 0.6 });
const DIAMETER = Math.sqrt(3) * 1.6;

/** Points on a line, of equal weight, sorted: transport takes the first to the first. */
const COUNT = 20;
const sorted = (from: number) =>
  Array.from({ length: COUNT }, () => draw.uniform(from, from + 1)).sort((a, b) => a - b);
const LINE_X = sorted(0);
const LINE_Y = sorted(0.4);
const onLine = (coordinates: readonly number[]) => cloudOf(coordinates.map((coordinate) => [coordinate]));

/** Property 3. */
export const limitTests: readonly ConformanceTest[] = [
  {
    id: 'property/03-large-blur',
    title: 'for a large blur S and H are the kernel norm of -C',
    async run(subject) {
      const { ratio, error } = subject.tolerances.largeBlur;
      for (const p of [1, 2] as const) {
        const kernel: Kernel = (x, y) => neg(powerCost(p)(x, y));
        const [limit] = (await mmd(subject, X, Y, { kernel, scalingPower: p })).values;
        const problem = { p, blur: DIAMETER * ratio ** (1 / p) };
        const allowed = error * limit + allowedValue(scalesOf(subject.tolerances, pairOf(X, Y), problem), 0);
        checkClose(`S for p = ${p}`, (await sinkhorn(subject, X, Y, problem)).values, [limit], allowed);
        checkClose(`H for p = ${p}`, (await hausdorff(subject, X, Y, problem)).values, [limit], allowed);
      }
    },
  },
  {
    id: 'property/03-small-blur-sinkhorn',
    title: 'for a small blur S is the transport cost: on a line, that of the sorted points',
    async run(subject) {
      for (const p of [1, 2] as const) {
        const cost = (x: number, y: number) => (p === 1 ? Math.abs(x - y) : 0.5 * (x - y) ** 2);
        const exact = LINE_X.reduce((sum, x, i) => sum + cost(x, LINE_Y[i]) / COUNT, 0);
        const problem = { p, blur: p === 1 ? 5e-4 : 0.01, tolerance: 1e-3 };
        const { values } = await sinkhorn(subject, onLine(LINE_X), onLine(LINE_Y), problem);
        checkClose(`S for p = ${p}`, values, [exact], 1e-2 * exact);
      }
    },
  },
  {
    id: 'property/03-small-blur-hausdorff',
    title: 'for a small blur H is the Chamfer distance',
    async run(subject) {
      for (const p of [1, 2] as const) {
        const { values } = await hausdorff(subject, X, Y, { p, blur: p === 1 ? 5e-4 : 0.005 });
        const exact = chamfer(X, Y, p);
        checkClose(`H for p = ${p}`, values, [exact], 1e-2 * exact);
      }
    },
  },
];
