import { readFileSync } from 'node:fs';
import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { InaccurateError, InvalidMeasureError, InvalidOptionError, type PointsMeasure } from '@sinkhorn/core';
import { sinkhornDivergence } from '@sinkhorn/losses';
import {
  type LabelledDivergenceOptions,
  type LabelledMeasure,
  labelledDivergence,
  transferLabels,
} from '@sinkhorn/losses/labels';
import { afterAll, afterEach, describe, expect, it, test, vi } from 'vitest';
import { cloud } from '../support/clouds.js';

interface LabelCase {
  id: string;
  p: 1 | 2;
  blur: number;
  classes: number;
  x: number[][];
  y: number[][];
  a: number[];
  b: number[];
  labels_x: number[];
  labels_y: number[];
  label_cost: number[][];
  label_distance: string;
  min_eigenvalue: number;
  converged: { OT_ab: number; S: number; S_grad_a: number[]; S_grad_x: number[][]; transferred_labels: number[][] };
}
interface NegativeCase {
  S: number;
  min_eigenvalue: number;
  a: number[];
  b: number[];
  label_cost: number[][];
}
const file = new URL('../reference/gaussian_labels.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: { id: string }[] };
const labelled = cases.filter((one): one is LabelCase => 'labels_x' in one);
const negative = cases.find(({ id }) => id === 'negative_bures') as unknown as NegativeCase;

const device = await wasm({ threads: 1 });
afterAll(() => device.dispose());
afterEach(() => vi.restoreAllMocks());
const apart = (found: ArrayLike<number>, wanted: ArrayLike<number>) => {
  expect(found.length).toBe(wanted.length);
  return Array.from(found, (value, k) => Math.abs(value - wanted[k])).reduce((a, b) => Math.max(a, b), 0);
};

describe.each(labelled)(
  '$id',
  ({ p, blur, classes, x, y, a, b, labels_x, labels_y, label_cost, converged, ...more }) => {
    const measures = (offset: number): [LabelledMeasure, LabelledMeasure] => [
      { points: x.flat(), dimension: x[0].length, weights: a, labels: labels_x },
      { points: y.flat(), dimension: y[0].length, weights: b, labels: labels_y.map((label) => label + offset) },
    ];

    it('has the value, the gradient, and the transferred labels of the reference', async () => {
      const loss = labelledDivergence({ backend: cpu(), p, blur, labelCost: label_cost, tolerance: 1e-12 });
      const solution = await loss.solve(...measures(classes));
      expect(Math.abs(solution.value - converged.S)).toBeLessThan(1e-12);
      const gradients = await solution.gradients();
      expect(apart(gradients.x.points, converged.S_grad_x.flat())).toBeLessThan(1e-10);
      // Known up to a constant, which the reference has as 0 on average.
      const mean = gradients.x.weights.reduce((sum, slope, k) => sum + a[k] * slope, 0);
      expect(
        apart(
          gradients.x.weights.map((slope) => slope - mean),
          converged.S_grad_a,
        ),
      ).toBeLessThan(1e-9);
      expect(solution.diagnostics.labelEigenvalue).toBeCloseTo(more.min_eigenvalue, 10);
      const { shares, labels, classes: found } = await solution.transferLabels();
      const own = Array.from(
        { length: x.length * classes },
        (_, k) => shares[Math.floor(k / classes) * found + classes + (k % classes)],
      );
      expect(apart(own, converged.transferred_labels.flat())).toBeLessThan(1e-9);
      expect(labels[0]).toBe(
        classes + converged.transferred_labels[0].indexOf(Math.max(...converged.transferred_labels[0])),
      );
    });

    it('finds the costs between the labels from the points', async () => {
      const labelCost = more.label_distance.startsWith('hilbert') ? 'hilbert' : 'bures';
      const labelWeight = { labels_bures_p2: 1, labels_hilbert_p2: 0.7, labels_heavy_p1: 5 }[more.id];
      const loss = labelledDivergence({ backend: device, p, blur, labelCost, labelWeight });
      const { value, labelCosts, diagnostics } = await loss.solve(...measures(0));
      expect(apart(labelCosts, label_cost.flat())).toBeLessThan(1e-12);
      expect(diagnostics.accurate).toBe(true);
      expect(Math.abs(value / converged.S - 1)).toBeLessThan(diagnostics.valueError + 1e-12);
    });
  },
);

describe('labelledDivergence', () => {
  const at = (
    count: number,
    seed: number,
    classes: number,
  ): LabelledMeasure & PointsMeasure & { points: Float64Array } => ({
    ...cloud(count, 2, seed),
    labels: Array.from({ length: count }, (_, k) => k % classes),
  });
  const costs = [
    [0, 0.3, 1],
    [0.3, 0, 0.6],
    [1, 0.6, 0],
  ];
  const [x, y] = [at(6, 1, 3), at(7, 2, 2)];
  const of = (more: object = {}) =>
    labelledDivergence({ backend: cpu(), blur: 0.3, labelCost: costs, ...more } as LabelledDivergenceOptions);

  it.each([1, 2])('has the derivatives of its value, p = %i', async (p) => {
    const loss = of({ p, tolerance: 1e-12 });
    const found = await loss.valueAndGradients(x, y, { wrt: 'both' });
    const h = 1e-4;
    for (const k of [0, 5, 11]) {
      const moved = (by: number) => ({ ...x, points: x.points.map((value, i) => (i === k ? value + by : value)) });
      const slope = ((await loss.value(moved(h), y)) - (await loss.value(moved(-h), y))) / (2 * h);
      expect(Math.abs(slope - found.x.points[k])).toBeLessThan(1e-6);
    }
    expect(found.x.points.length).toBe(12);
    expect(found.y.points.length).toBe(14);
  });

  it('is the plain divergence where labels cost next to nothing, and far from 0 coordinates lose nothing', async () => {
    const wanted = await sinkhornDivergence({ backend: cpu(), blur: 0.3 }).value(x, y);
    expect(await of({ labelWeight: 1e-12 }).value(x, y)).toBeCloseTo(wanted, 10);
    const far = (one: typeof x) => ({ ...one, points: one.points.map((value) => value + 1e6) });
    const found = await of({ backend: device, tolerance: 1e-5 }).value(far(x), far(y));
    expect(Math.abs(found / (await of().value(x, y)) - 1)).toBeLessThan(1e-4);
  });

  it('keeps classes with one point, with no weight, and numbers that are left out', async () => {
    const one = { points: [0, 0, 1, 1, 5, 5], dimension: 2, weights: [0.5, 0.5, 0], labels: [3, 3, 9] };
    const two = { points: [0, 0, 1, 1], dimension: 2, labels: [0, 4] };
    const { value, labelCosts } = await of({ labelCost: 'bures' }).solve(one, two);
    expect(labelCosts.length).toBe(16);
    expect(Number.isFinite(value)).toBe(true);
  });

  it('may be negative where costs between labels are not positive definite, and says so', async () => {
    const spot = (weights: number[]) => ({
      points: new Float64Array(8),
      dimension: 1,
      weights,
      labels: [0, 1, 2, 3, 4, 5, 6, 7],
    });
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const given = { labelCost: negative.label_cost, blur: 1, tolerance: 1e-12 };
    const loss = of(given);
    const { value, diagnostics } = await loss.solve(spot(negative.a), spot(negative.b));
    await loss.solve(spot(negative.a), spot(negative.b));
    expect(value).toBeCloseTo(negative.S, 10);
    expect(diagnostics.labelEigenvalue).toBeCloseTo(negative.min_eigenvalue, 10);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(/eigenvalue -0\.15.*'hilbert'/);
    await expect(of({ ...given, onInaccurate: 'throw' }).value(spot(negative.a), spot(negative.b))).rejects.toThrow(
      InaccurateError,
    );
    await of({ ...given, onInaccurate: 'ignore' }).value(spot(negative.a), spot(negative.b));
    expect(warn).toHaveBeenCalledTimes(1);
  });

  const wrong: [string, object, RegExp][] = [
    ['no cost', { labelCost: undefined }, /labelCost is missing/],
    ['a cost formula', { cost: () => 0 }, /no option 'cost'/],
    ['a weight below 0', { labelWeight: -1 }, /labelWeight is -1/],
    ['a weight of 0', { labelWeight: 0 }, /labelWeight is 0: .* above 0; without labels it is sinkhornDivergence/],
    ['p = 3', { p: 3 }, /p is 3/],
    ['no ridge', { ridge: 0 }, /ridge is 0/],
    ['an unknown option', { metrics: 1 }, /no option 'metrics'/],
  ];
  test.each(wrong)('%s is refused', (_, more, message) => {
    expect(() => of(more)).toThrow(message);
    expect(() => of(more)).toThrow(InvalidOptionError);
  });
  const measures: [string, object, object, RegExp][] = [
    ['a label beyond the costs', { labels: [0, 1, 2, 3, 0, 0] }, {}, /x\.labels\[3\] is 3.*3 rows/],
    ['labels that are none', { labels: [0, 1, 0.5, 0, 0, 0] }, {}, /x\.labels\[2\] is 0\.5/],
    ['too few labels', { labels: [0] }, {}, /x\.labels has 1 numbers.*6 points/],
    ['no labels', { labels: undefined }, {}, /x\.labels is no list/],
    ['costs of another kind', {}, { labelCost: 'euclid' }, /labelCost is 'euclid'/],
    ['costs that are no square', {}, { labelCost: [[0, 1]] }, /labelCost/],
    [
      'costs without symmetry',
      {},
      {
        labelCost: [
          [0, 1],
          [2, 0],
        ],
      },
      /not symmetric/,
    ],
  ];
  test.each(measures)('%s: refused in calls', async (_, change, more, message) => {
    const found = of(more).value({ ...x, ...change } as LabelledMeasure, y);
    await expect(found).rejects.toThrow(message);
  });
});

test('labels are transferred by the plan of any loss, and points that exchange nothing have none', async () => {
  const loss = sinkhornDivergence({
    backend: cpu(),
    p: 1,
    blur: 0.01,
    debias: false,
    penalty: { kind: 'tv', strength: 1 },
  });
  const { plan } = await loss.solve([[0], [0.5], [1e6]], [[0.1], [0.6]]);
  const { shares, labels, classes } = await transferLabels(plan, [2, 0]);
  expect(classes).toBe(3);
  expect(Array.from(labels)).toEqual([2, 0, Number.NaN]);
  expect(shares[0] + shares[1] + shares[2]).toBeCloseTo(1, 14);
  await expect(transferLabels(plan, [-1, 0])).rejects.toThrow(InvalidMeasureError);
  await expect(transferLabels(plan, [0])).rejects.toThrow(InvalidMeasureError);
  await expect(transferLabels(plan, [0, 1e9])).rejects.toThrow(/labels\[1\] is 1000000000: shares of 1000000001/);
  for (const none of [null, undefined, 3, {}, [], () => {}]) {
    await expect(transferLabels(none as unknown as typeof plan, [0])).rejects.toThrow(/transferLabels needs a plan/);
  }
});

test('the means of plans are points, of either side, as they were given', async () => {
  const far = [100, -50];
  const at = (seed: number): LabelledMeasure & PointsMeasure => {
    const { points, dimension, weights } = cloud(7, 2, seed);
    return {
      points: points.map((value, k) => value + far[k % 2]),
      dimension,
      weights,
      labels: Array.from({ length: 7 }, (_, k) => k % 3),
    };
  };
  const [x, y] = [at(1), at(2)];
  const labelCost = [
    [0, 1, 2],
    [1, 0, 1],
    [2, 1, 0],
  ];
  const { plan } = await labelledDivergence({ backend: cpu(), blur: 0.2, labelCost }).solve(x, y);
  const dense = await plan.dense();
  const means = (isRow: boolean, of: LabelledMeasure & PointsMeasure) =>
    Array.from({ length: 14 }, (_, k) => {
      let [sum, mass] = [0, 0];
      for (let other = 0; other < 7; other++) {
        const entry = isRow ? dense[7 * (k >> 1) + other] : dense[7 * other + (k >> 1)];
        sum += entry * of.points[2 * other + (k % 2)];
        mass += entry;
      }
      return sum / mass;
    });
  expect(apart(await plan.barycentricMap(), means(true, y))).toBeLessThan(1e-10);
  expect(apart(await plan.transpose().barycentricMap(), means(false, x))).toBeLessThan(1e-10);
  expect(apart(await plan.transpose().transpose().barycentricMap(), means(true, y))).toBeLessThan(1e-10);
});
