import { cpu } from '@sinkhorn/backend-cpu';
import {
  combine,
  energyDistance,
  formula,
  gaussianMmd,
  hausdorffDivergence,
  kernelMmd,
  type Loss,
  laplacianMmd,
  perFeature,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';
import { changed, cloud, type TestCloud } from './support/clouds.js';

const backend = cpu();
const tight = { backend, tolerance: 1e-13, maxIterations: 5000 };
const { add, distance, div, power, squaredDistance } = formula;

// Some solvers are loaded by the first method that returns a promise: from then on those without one take them too.
await sinkhornDivergence(tight).value([[0]], [[1]]);
await hausdorffDivergence(tight).value([[0]], [[1]]);

const transport = [
  { p: 2, blur: 0.3 },
  { p: 1, blur: 0.2 },
  { p: 2, blur: 0.3, reach: 0.5 },
  { p: 1, blur: 0.2, reach: 0.7 },
];

const losses: [string, Loss, { unbalanced: boolean }][] = [
  ...transport.flatMap((options): [string, Loss, { unbalanced: boolean }][] => {
    const unbalanced = { unbalanced: 'reach' in options };
    const text = JSON.stringify(options);
    return [
      [`sinkhornDivergence ${text}`, sinkhornDivergence({ ...tight, ...options }), unbalanced],
      [`entropic transport ${text}`, sinkhornDivergence({ ...tight, ...options, debias: false }), unbalanced],
      [`hausdorffDivergence ${text}`, hausdorffDivergence({ ...tight, ...options }), unbalanced],
    ];
  }),
  [
    'sinkhornDivergence, reach on one side',
    sinkhornDivergence({ ...tight, blur: 0.3, reach: { x: 0.5 } }),
    { unbalanced: true },
  ],
  [
    'sinkhornDivergence, two reaches',
    sinkhornDivergence({ ...tight, blur: 0.3, reach: { x: 0.5, y: 1 } }),
    { unbalanced: true },
  ],
  [
    'sinkhornDivergence, |x - y|^1.5',
    sinkhornDivergence({ ...tight, p: 1.5, blur: 0.3, cost: (x, y) => power(distance(x, y), 1.5) }),
    { unbalanced: false },
  ],
  [
    'entropic transport, a cost that is not symmetric',
    sinkhornDivergence({
      ...tight,
      blur: 0.3,
      debias: false,
      cost: (x, y) => add(squaredDistance(x, y), formula.component(x, 0)),
    }),
    { unbalanced: false },
  ],
  [
    'hausdorffDivergence, |x - y|^1.5',
    hausdorffDivergence({ ...tight, p: 1.5, blur: 0.3, reach: 2, cost: (x, y) => power(distance(x, y), 1.5) }),
    { unbalanced: true },
  ],
  ['energyDistance', energyDistance({ backend }), { unbalanced: false }],
  ['gaussianMmd', gaussianMmd({ backend, blur: 0.4 }), { unbalanced: true }],
  ['laplacianMmd', laplacianMmd({ backend, blur: 0.4 }), { unbalanced: true }],
  [
    'kernelMmd, Cauchy',
    kernelMmd({ backend, kernel: (x, y) => div(1, add(1, squaredDistance(x, y))) }),
    { unbalanced: true },
  ],
  [
    'combine',
    combine([
      { loss: sinkhornDivergence({ ...tight, blur: 0.4 }), weight: 3 },
      { loss: energyDistance({ backend }), weight: -0.5 },
    ]),
    { unbalanced: false },
  ],
  ['perFeature', perFeature(sinkhornDivergence({ ...tight, blur: 0.4 }), [0, [2, 1], 1]), { unbalanced: false }],
];

/** (f(+h) - f(-h)) / 2h, improved to fourth order by a second step of 2h. */
function centralDifference(valueAt: (step: number) => number, h: number): number {
  return (8 * (valueAt(h) - valueAt(-h)) - (valueAt(2 * h) - valueAt(-2 * h))) / (12 * h);
}

describe.each(losses)('%s', (_name, loss, { unbalanced }) => {
  const x = cloud(7, 3, 1, 0);
  const y = cloud(9, 3, 2, 0.3, unbalanced ? 1.3 : 1);
  const both = loss.valueAndGradientsSync(x, y, { wrt: 'both' });

  test.each(['x', 'y'] as const)('gradient in the points of %s agrees with central differences', (side) => {
    const measure = side === 'x' ? x : y;
    const value = (moved: TestCloud) => loss.valueSync(side === 'x' ? moved : x, side === 'y' ? moved : y);
    const gradient = both[side]?.points ?? [];
    const scale = Math.max(...Array.from(gradient, Math.abs));
    for (const index of [0, 4, 11, 20]) {
      const numeric = centralDifference((step) => value(changed(measure, 'points', index, step)), 1e-3);
      expect(Math.abs(gradient[index] - numeric)).toBeLessThan(1e-6 * scale);
    }
  });

  test.each(['x', 'y'] as const)('gradient in the weights of %s agrees with central differences', (side) => {
    const measure = side === 'x' ? x : y;
    const value = (moved: TestCloud) => loss.valueSync(side === 'x' ? moved : x, side === 'y' ? moved : y);
    const gradient = both[side]?.weights ?? [];
    const scale = Math.max(...Array.from(gradient, Math.abs));
    for (const [index, partner] of [
      [0, 3],
      [5, 1],
    ]) {
      // Balanced transport is defined where masses agree: weight goes from one point to another.
      const moved = (step: number) => {
        const more = changed(measure, 'weights', index, step);
        return unbalanced ? more : changed(more, 'weights', partner, -step);
      };
      const numeric = centralDifference((step) => value(moved(step)), 1e-3 * measure.weights[index]);
      const expected = gradient[index] - (unbalanced ? 0 : gradient[partner]);
      expect(Math.abs(expected - numeric)).toBeLessThan(1e-6 * scale);
    }
  });

  test('a solution gives the same gradients later', async () => {
    const solution = await loss.solve(x, y);
    const later = await solution.gradients('both');
    for (const side of ['x', 'y'] as const) {
      for (const field of ['points', 'weights'] as const) {
        const expected = both[side]?.[field] ?? [];
        Array.from(later[side]?.[field] ?? [], (value, index) => expect(value).toBeCloseTo(expected[index], 12));
        expect(later[side]?.[field]).toHaveLength(expected.length);
      }
    }
  });
});
