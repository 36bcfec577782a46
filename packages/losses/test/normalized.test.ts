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
  type NormalizeOptions,
  perFeature,
  sinkhornDivergence,
} from '@sinkhorn/losses';
import { solveOnDevice } from '@sinkhorn/losses/on-device';
import { readyHausdorff } from '@sinkhorn/losses/ready';
import { describe, expect, test } from 'vitest';
import { changed, cloud, type TestCloud } from './support/clouds.js';

const backend = cpu();
readyHausdorff();
const tight = { backend, tolerance: 1e-13, maxIterations: 5000, blur: 0.3 };
const schedule = { backend, tolerance: null, diameter: 2, blur: 0.3 } as const;
const negativeDistance = (x: formula.Expression, y: formula.Expression) => formula.neg(formula.distance(x, y));

type Make = (options: NormalizeOptions) => Loss;
const losses: readonly [string, Make][] = [
  ['sinkhornDivergence', (options) => sinkhornDivergence({ ...tight, ...options })],
  ['sinkhornDivergence, p = 1', (options) => sinkhornDivergence({ ...tight, p: 1, ...options })],
  ['sinkhornDivergence, unbalanced', (options) => sinkhornDivergence({ ...tight, reach: 0.5, ...options })],
  ['entropic transport', (options) => sinkhornDivergence({ ...tight, debias: false, ...options })],
  ['hausdorffDivergence', (options) => hausdorffDivergence({ ...tight, ...options })],
  ['energyDistance', (options) => energyDistance({ backend, ...options })],
  ['gaussianMmd', (options) => gaussianMmd({ backend, blur: 0.4, ...options })],
  ['laplacianMmd', (options) => laplacianMmd({ backend, blur: 0.4, ...options })],
  [
    'kernelMmd, conditional',
    (options) => kernelMmd({ backend, kernel: negativeDistance, conditional: true, ...options }),
  ],
  [
    'combine',
    (options) =>
      combine([
        { loss: gaussianMmd({ backend, blur: 0.4, ...options }), weight: 3 },
        { loss: energyDistance({ backend, normalize: true }), weight: -0.5 },
      ]),
  ],
  ['perFeature', (options) => perFeature(energyDistance({ backend, ...options }), [0, [2, 1]])],
];

// Counts: neither side adds up to 1, nor to the other's sum.
const x = cloud(7, 3, 1, 0, 40);
const y = cloud(9, 3, 2, 0.3, 2.5);

const shares = (measure: TestCloud): TestCloud => {
  const mass = measure.weights.reduce((total, weight) => total + weight, 0);
  return { ...measure, weights: measure.weights.map((weight) => weight / mass) };
};

/** (f(+h) - f(-h)) / 2h, improved to fourth order by a second step of 2h. */
function centralDifference(valueAt: (step: number) => number, h: number): number {
  return (8 * (valueAt(h) - valueAt(-h)) - (valueAt(2 * h) - valueAt(-2 * h))) / (12 * h);
}

describe.each(losses)('%s with normalize', (_, make) => {
  const loss = make({ normalize: true });
  const both = loss.valueAndGradientsSync(x, y, { wrt: 'both' });

  test('is the loss of the shares, which it leaves as they are', async () => {
    const expected = make({}).valueSync(shares(x), shares(y));
    expect(both.value).toBeCloseTo(expected, 12);
    expect(await loss.value(shares(x), shares(y))).toBeCloseTo(expected, 12);
    expect(await loss.target(y).value(x)).toBeCloseTo(expected, 12);
  });

  test.each(['x', 'y'] as const)('gradients in %s agree with central differences', (side) => {
    const measure = side === 'x' ? x : y;
    const value = (moved: TestCloud) => loss.valueSync(side === 'x' ? moved : x, side === 'y' ? moved : y);
    for (const [field, steps] of [
      ['points', () => 1e-3],
      ['weights', (index: number) => 1e-3 * measure.weights[index]],
    ] as const) {
      const gradient = both[side][field];
      const scale = Math.max(...Array.from(gradient, Math.abs));
      for (const index of [0, 3, 6]) {
        const numeric = centralDifference((step) => value(changed(measure, field, index, step)), steps(index));
        expect(Math.abs(gradient[index] - numeric)).toBeLessThan(1e-6 * scale);
      }
    }
  });

  test('a solution gives the same gradients later', async () => {
    const later = await (await loss.solve(x, y)).gradients('both');
    for (const side of ['x', 'y'] as const) {
      for (const field of ['points', 'weights'] as const) {
        Array.from(later[side][field], (value, index) => expect(value).toBeCloseTo(both[side][field][index], 12));
      }
    }
  });

  test('takes each element of a batch by itself', () => {
    const twice = (measure: TestCloud, other: TestCloud) => ({
      data: [...measure.points, ...other.points],
      shape: [2, measure.weights.length, 3] as const,
      weights: [...measure.weights, ...other.weights],
    });
    const other = [cloud(7, 3, 5, 0.1, 3), cloud(9, 3, 6, 0.2, 7)] as const;
    const batch = loss.valueAndGradientsSync(twice(x, other[0]), twice(y, other[1]), { wrt: 'both' });
    const alone = loss.valueAndGradientsSync(...other, { wrt: 'both' });
    expect(batch.value[0]).toBeCloseTo(both.value, 9);
    expect(batch.value[1]).toBeCloseTo(alone.value, 9);
    const first = { x: 7, y: 9 };
    for (const side of ['x', 'y'] as const) {
      const own = [...both[side].weights, ...alone[side].weights];
      expect(batch[side].weights).toHaveLength(own.length);
      own.forEach((slope, index) => {
        expect(batch[side].weights[index]).toBeCloseTo(slope, 8);
      });
      alone[side].points.forEach((slope, index) => {
        expect(batch[side].points[first[side] * 3 + index]).toBeCloseTo(slope, 8);
      });
    }
  });
});

describe.each([
  ['sinkhornDivergence', sinkhornDivergence({ ...schedule, normalize: true })],
  ['entropic transport', sinkhornDivergence({ ...schedule, debias: false, reach: 0.5, normalize: true })],
  ['gaussianMmd', gaussianMmd({ backend, blur: 0.3, normalize: true })],
] as const)('%s on the device', (_, loss) => {
  test.each([
    ['weighted', x.weights, y.weights],
    ['one side weighted', x.weights, undefined],
  ])('%s: gives what it gives on the host', async (_title, a, b) => {
    const upload = ({ points }: TestCloud, weights?: Float64Array) => ({
      points: backend.array(points, [points.length / 3, 3]),
      weights: weights && backend.array(weights, [weights.length, 1]),
    });
    const device = solveOnDevice(loss, { x: upload(x, a), y: upload(y, b) }, ['x', 'y']);
    const host = await loss.valueAndGradients({ ...x, weights: a }, { ...y, weights: b }, { wrt: 'both' });
    expect((await backend.read(device.value))[0]).toBeCloseTo(host.value, 10);
    for (const side of ['x', 'y'] as const) {
      for (const field of ['points', 'weights'] as const) {
        const array = device.gradients[side]?.[field];
        if (!array) throw new Error('no gradient');
        const read = Array.from(await backend.read(array));
        expect(read).toHaveLength(host[side][field].length);
        read.forEach((value, index) => {
          expect(value).toBeCloseTo(host[side][field][index], 10);
        });
      }
    }
  });

  test('nothing is held there but the results', () => {
    const held = new Set<unknown>();
    const array = backend.array.bind(backend);
    const hold = <Item>(item: Item): Item => {
      held.add(item);
      return item;
    };
    const counting = {
      ...backend,
      array: (...given: Parameters<typeof array>) => hold(array(...given)),
      reduce: (...given: Parameters<typeof backend.reduce>) => backend.reduce(...given).map(hold),
      release: (...given: Parameters<typeof backend.release>) => {
        held.delete(given[0]);
        backend.release(...given);
      },
    };
    const own = gaussianMmd({ backend: counting, normalize: true });
    const clouds = { x: { points: array(x.points, [7, 3]) }, y: { points: array(y.points, [9, 3]) } };
    const { value, gradients } = solveOnDevice(own, clouds, ['y']);
    expect(held).toEqual(new Set([value, gradients.y?.points, gradients.y?.weights]));
  });
});

test('a plan is that of the shares, and a solution is a start', async () => {
  const loss = sinkhornDivergence({ ...tight, normalize: true });
  const solution = await loss.solve(x, y);
  const plain = await sinkhornDivergence(tight).solve(shares(x), shares(y));
  expect(solution.potentials.f_ba[2]).toBeCloseTo(plain.potentials.f_ba[2], 12);
  const [targets, expected] = [await solution.plan.barycentricMap(), await plain.plan.barycentricMap()];
  targets.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index], 10);
  });
  const at = [[0.2, 0.3, 0.4]];
  expect((await solution.potentialsAt(at)).cross[0]).toBeCloseTo((await plain.potentialsAt(at)).cross[0], 12);
  const again = await loss.solve(x, y, { start: solution });
  expect(again.value).toBeCloseTo(solution.value, 12);
  expect(again.diagnostics.iterations).toBeLessThan(solution.diagnostics.iterations);
});

test('a cloud on cells is normalised too', async () => {
  const few = (seed: number, mass: number) => cloud(400, 2, seed, 0, mass);
  const options = { backend, strategy: 'multiscale' } as const;
  const [a, b] = [few(1, 30), few(2, 0.5)];
  for (const make of [gaussianMmd, sinkhornDivergence]) {
    const expected = await make({ ...options, blur: 0.3 }).valueAndGradients(shares(a), shares(b));
    const found = await make({ ...options, blur: 0.3, normalize: true }).valueAndGradients(a, b);
    expect(found.diagnostics.strategy).toBe('multiscale');
    expect(found.value).toBeCloseTo(expected.value, 12);
    expect(found.x.points[5]).toBeCloseTo(expected.x.points[5], 12);
  }
});

test('a sum of 0, one that is no number, and an option that is no boolean are refused', async () => {
  const loss = energyDistance({ backend, normalize: true });
  const at = (weights: number[]) => ({ points: [0, 1], dimension: 1, weights });
  const refused = (message: RegExp) => ({ code: 'INVALID_MEASURE', message: expect.stringMatching(message) });
  await expect(loss.value(at([1, 1]), at([0, 0]))).rejects.toMatchObject(refused(/y\.weights are all 0/));
  await expect(loss.value(at([1e308, 1e308]), at([1, 2]))).rejects.toMatchObject(
    refused(/x\.weights add up to Infinity: give smaller ones/),
  );
  await expect(loss.value(at([1e-320, 0]), at([1, 2]))).rejects.toMatchObject(
    refused(/x\.weights add up to 1e-320: give larger ones/),
  );
  const batch = { data: [0, 1, 0, 1], shape: [2, 2, 1], weights: [1, 1, 1e308, 1e308] };
  await expect(loss.value(batch, batch)).rejects.toMatchObject(refused(/in element 1 of the batch/));
  for (const make of [sinkhornDivergence, hausdorffDivergence, energyDistance, gaussianMmd]) {
    expect(() => make({ backend, normalize: 1 as unknown as boolean })).toThrow(/normalize is 1: give true or false/);
  }
});
