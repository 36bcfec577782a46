import type { ConformanceTest } from '../../conformanceTest.js';
import { checkClose } from '../../support/check.js';
import { cloud, cloudOf } from '../../support/clouds.js';
import { kernels } from '../../support/kernels.js';
import { mmd, sinkhorn } from '../../support/losses.js';
import { random } from '../../support/random.js';
import { type Gaussian, gaussianDivergence, unbalancedGaussianDivergence } from './gaussians.js';

/** A Gaussian as weights on an even grid. */
function onGrid({ mass, mean, variance }: Gaussian, points: number, from: number, to: number) {
  const grid = Array.from({ length: points }, (_, index) => from + ((to - from) * index) / (points - 1));
  const densities = grid.map((t) => Math.exp(-((t - mean) ** 2) / (2 * variance)));
  const total = densities.reduce((sum, density) => sum + density, 0);
  const weights = densities.map((density) => (mass * density) / total);
  return cloudOf(
    grid.map((t) => [t]),
    weights,
  );
}

/** Properties 10, 11 and 12: what is known in closed form. */
export const closedFormTests: readonly ConformanceTest[] = [
  {
    id: 'property/10-energy-distance',
    title: 'on a line the energy distance is the integral of the squared difference of the distribution functions',
    async run(subject) {
      const draw = random(10);
      const x = cloud(draw, { count: 40, dimension: 1 });
      const y = cloud(draw, { count: 31, dimension: 1, from: 0.3 });
      const steps = [
        ...Array.from(x.data, (at, index) => ({ at, jump: x.weights[index] })),
        ...Array.from(y.data, (at, index) => ({ at, jump: -y.weights[index] })),
      ].sort((one, two) => one.at - two.at);
      let difference = 0;
      let exact = 0;
      steps.forEach(({ at, jump }, index) => {
        if (index > 0) exact += difference ** 2 * (at - steps[index - 1].at);
        difference += jump;
      });
      const { values } = await mmd(subject, x, y, kernels(1).energy);
      checkClose('the energy distance', values, [exact], 4 * subject.tolerances.identity);
    },
  },
  {
    id: 'property/11-gaussians',
    title: 'between Gaussians S is what Janati et al. 2020 proved, to 1e-4 on a grid of 400 points',
    async run(subject) {
      const [alpha, beta] = [
        { mass: 1, mean: -0.5, variance: 0.6 },
        { mass: 1, mean: 0.8, variance: 1.4 },
      ];
      for (const blur of [0.5, 1.5]) {
        const [x, y] = [onGrid(alpha, 400, -8, 8), onGrid(beta, 400, -8, 8)];
        const tolerance = 1e-6;
        const { values } = await sinkhorn(subject, x, y, { blur, tolerance });
        const exact = gaussianDivergence(alpha, beta, blur);
        checkClose(`blur ${blur}: S`, values, [exact], 1e-4 * exact);
      }
    },
  },
  {
    id: 'property/12-unbalanced-gaussians',
    title: 'between Gaussians of unequal masses S is what Janati et al. 2020, theorem 3, proved, to 1e-2',
    async run(subject) {
      const [alpha, beta] = [
        { mass: 1, mean: -0.5, variance: 0.6 },
        { mass: 1.5, mean: 0.5, variance: 1 },
      ];
      for (const [blur, reach] of [
        [0.5, 1],
        [0.8, 3],
      ]) {
        const [x, y] = [onGrid(alpha, 160, -6, 6), onGrid(beta, 160, -6, 6)];
        const tolerance = 1e-6;
        const { values } = await sinkhorn(subject, x, y, { blur, reach, tolerance });
        const exact = unbalancedGaussianDivergence(alpha, beta, blur, reach);
        checkClose(`blur ${blur}, reach ${reach}: S`, values, [exact], 1e-2 * exact);
      }
    },
  },
];
