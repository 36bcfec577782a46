import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { cloud, translated } from '../../support/clouds.js';
import { pairOf, sinkhorn } from '../../support/losses.js';
import type { Problem } from '../../support/problem.js';
import { random } from '../../support/random.js';
import { allowedGradient, allowedValue, scalesOf } from '../../support/scales.js';
import { meanOf } from '../../support/truths.js';

const VECTOR = [0.8, -0.3, 0.5];
const draw = random(4);

/** Properties 4 and 5: what is known of translations for p = 2, at any temperature. */
export const translationTests: readonly ConformanceTest[] = [
  {
    id: 'property/04-translation',
    title: 'p = 2: moving a cloud by v gives S = |v|^2 / 2 and the gradient -a_i v, for any blur and size',
    async run(subject) {
      const exact = VECTOR.reduce((sum, coordinate) => sum + coordinate ** 2 / 2, 0);
      for (const count of [1, 30, 65]) {
        const x = cloud(draw, { count, dimension: 3 });
        const y = translated(x, VECTOR);
        const gradient = Array.from(x.data, (_, index) => -x.weights[Math.floor(index / 3)] * VECTOR[index % 3]);
        // Far below the spacing the plan splits into blocks that exchange next to no mass, which takes long to settle.
        for (const blur of count > 30 ? [0.3, 1, 5] : [0.05, 0.3, 1, 5]) {
          const problem: Problem = { blur, tolerance: blur < 0.3 ? 1e-6 : undefined };
          const scales = scalesOf(subject.tolerances, pairOf(x, y), problem);
          const { values, gradients } = await sinkhorn(subject, x, y, problem, ['x']);
          const label = `${count} points, blur ${blur}`;
          checkClose(`${label}: S`, values, [exact], allowedValue(scales, subject.tolerances.value));
          const allowed = allowedGradient(scales, subject.tolerances.gradient, x.weights, gradient);
          checkClose(`${label}: gradient`, gradients.x?.points ?? [], gradient, allowed);
        }
      }
    },
  },
  {
    id: 'property/05-means',
    title: 'p = 2: S is half the squared distance of the means plus S of the centred clouds',
    async run(subject) {
      const x = cloud(draw, { count: 20, dimension: 3 });
      const y = cloud(draw, { count: 17, dimension: 3, from: 0.5, size: 1.5 });
      const [meanX, meanY] = [meanOf(x), meanOf(y)];
      const half = meanX.reduce((sum, mean, c) => sum + (mean - meanY[c]) ** 2 / 2, 0);
      const centred = (of: typeof x, mean: readonly number[]) =>
        translated(
          of,
          mean.map((coordinate) => -coordinate),
        );
      for (const blur of [0.2, 1]) {
        const problem = { blur };
        const [whole] = (await sinkhorn(subject, x, y, problem)).values;
        const [rest] = (await sinkhorn(subject, centred(x, meanX), centred(y, meanY), problem)).values;
        const allowed = allowedValue(scalesOf(subject.tolerances, pairOf(x, y), problem), subject.tolerances.value);
        checkClose(`blur ${blur}: S`, [whole], [half + rest], allowed);
      }
    },
  },
];
