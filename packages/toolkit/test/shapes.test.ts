import { cpu } from '@sinkhorn/backend-cpu';
import type { Progress } from '@sinkhorn/core';
import { energyDistance, sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, it } from 'vitest';
import {
  embedDistances,
  growth,
  interpolateShapes,
  matchPoints,
  meanShape,
  momentsOf,
  pairwise,
} from '../src/shapes/index.js';

const backend = cpu();
const ring = (count: number, radius: number, centre = [0, 0]) =>
  Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    return [centre[0] + radius * Math.cos(angle), centre[1] + radius * Math.sin(angle)];
  });

describe('momentsOf', () => {
  it('weighs points, and finds principal axes', () => {
    const found = momentsOf({ points: [0, 0, 2, 2, 9, 9], dimension: 2, weights: [1, 1, 0] });
    expect(found.mass).toBe(2);
    expect(Array.from(found.mean)).toEqual([1, 1]);
    expect(Array.from(found.covariance)).toEqual([1, 1, 1, 1]);
    expect(found.deviations[0]).toBeCloseTo(Math.SQRT2, 12);
    expect(found.deviations[1]).toBeCloseTo(0, 7);
    expect(Math.abs(found.axes[0])).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it('takes one point', () => {
    expect(Array.from(momentsOf([[3, 4]]).deviations)).toEqual([0, 0]);
  });

  it('loses nothing of what is far from the origin, with nearly all mass in one place', () => {
    const near = { points: [0, 1, -2, 3], dimension: 1, weights: [1, 1e-12, 1e-12, 1e-12] };
    const far = momentsOf({ ...near, points: near.points.map((value) => value + 1e8) });
    // The second moment is 14e-12 of 1, and the square of the mean's way from 0 nothing beside it.
    expect(far.deviations[0]).toBeCloseTo(Math.sqrt(14e-12), 15);
    expect(far.mean[0]).toBe(1e8);
  });
});

describe('pairwise', () => {
  const clouds = [ring(12, 1), ring(9, 2), ring(10, 1, [3, 0])];

  it('gives the loss of every pair', async () => {
    const loss = sinkhornDivergence({ backend, blur: 0.2 });
    const { values, count, symmetric, inaccurate } = await pairwise(loss, clouds);
    expect([count, symmetric, inaccurate]).toEqual([3, true, []]);
    for (let i = 0; i < 3; i++) {
      expect(values[4 * i]).toBe(0);
      for (let j = 0; j < 3; j++) {
        expect(values[3 * i + j]).toBe(values[3 * j + i]);
        expect(Math.abs(values[3 * i + j] - (await loss.value(clouds[i], clouds[j])))).toBeLessThan(2e-3 * 4);
      }
    }
  });

  it('computes both ways where they differ', async () => {
    const loss = sinkhornDivergence({ backend, blur: 0.2, debias: false, reach: { x: 0.3 } });
    const { values, symmetric } = await pairwise(loss, clouds);
    expect(symmetric).toBe(false);
    expect(values[6]).toBeCloseTo(await loss.value(clouds[2], clouds[0]), 3);
    expect(values[2]).toBeCloseTo(await loss.value(clouds[0], clouds[2]), 3);
  });

  it('names the cloud that it cannot use, and stops at an abort', async () => {
    const loss = energyDistance({ backend });
    await expect(pairwise('energy' as never, clouds)).rejects.toThrow(
      'loss is energy: give what energyDistance or another loss returned',
    );
    await expect(pairwise(loss, [])).rejects.toThrow(/clouds is empty/);
    await expect(pairwise(loss, [[[0]], [[Number.NaN]]])).rejects.toThrow(/clouds\[1\]/);
    await expect(pairwise(loss, [[[0]], [[1, 2]]])).rejects.toThrow(/clouds\[1\] has dimension 2/);
    await expect(pairwise(loss, clouds, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect((await pairwise(loss, [[[0]]])).values).toEqual(Float64Array.of(0));
  });
});

describe('embedDistances', () => {
  it.each([1e-170, 1e-150, 1, 1e154, 1e200])('has the distances whatever their size: %d', (size) => {
    const { points, explained } = embedDistances([0, 3, 4, 3, 0, 5, 4, 5, 0].map((value) => value * size));
    const side = Math.hypot((points[0] - points[2]) / size, (points[1] - points[3]) / size);
    expect(side).toBeCloseTo(3, 9);
    expect(explained).toBeCloseTo(1, 9);
  });

  it('refuses options that are none', () => {
    expect(() => embedDistances([0], null as never)).toThrow('the options of embedDistances are null: give an object');
    expect(() => embedDistances([0], { dimensions: 2 } as never)).toThrow("no option 'dimensions'");
  });

  it('finds points with the distances of a square', () => {
    const d = Math.SQRT2;
    const { points, explained, notEuclidean } = embedDistances([0, 1, d, 1, 1, 0, 1, d, d, 1, 0, 1, 1, d, 1, 0]);
    expect(Math.hypot(points[0] - points[4], points[1] - points[5])).toBeCloseTo(d, 9);
    expect(Math.hypot(points[0] - points[2], points[1] - points[3])).toBeCloseTo(1, 9);
    expect(explained).toBeCloseTo(1, 9);
    expect(notEuclidean).toBeCloseTo(0, 9);
  });

  it('tells what coordinates cannot have', () => {
    expect(embedDistances([0, 1, 5, 1, 0, 1, 5, 1, 0]).notEuclidean).toBeGreaterThan(0.1);
    expect(embedDistances([0]).explained).toBe(1);
    expect(Array.from(embedDistances([0, 0, 0, 0], { dimension: 3 }).points)).toEqual(new Array(6).fill(0));
  });

  it('refuses what is no matrix of distances', () => {
    expect(() => embedDistances([0, 1])).toThrow(/2 numbers, which are no square/);
    expect(() => embedDistances([0, -1, -1, 0])).toThrow(/\[0, 1\] is -1/);
    expect(() => embedDistances([0, 1, 2, 0])).toThrow(/symmetric/);
    expect(() => embedDistances([1, 1, 1, 0])).toThrow(/from itself is 0/);
  });
});

describe('matchPoints', () => {
  it('finds the permutation that costs least', async () => {
    const x = ring(40, 1);
    const y = x.map((_, i) => x[(7 * i) % 40]).map(([a, b]) => [a + 0.01, b]);
    const { partners, distances, count } = await matchPoints(x, y);
    expect(count).toBe(40);
    for (const [i, j] of partners.entries()) expect((7 * j) % 40).toBe(i);
    for (const distance of distances) expect(distance).toBeCloseTo(0.01, 9);
  });

  it('leaves the points out that cost most, on either side', async () => {
    expect(Array.from((await matchPoints([[0], [1], [9]], [[1.1], [0.2]])).partners)).toEqual([1, 0, -1]);
    const { partners, distances, count } = await matchPoints([[0], [5]], [[0.4], [50], [90]], { farthest: 1, p: 1 });
    expect(Array.from(partners)).toEqual([0, -1]);
    expect(distances[0]).toBeCloseTo(0.4, 12);
    expect(distances[1]).toBeNaN();
    expect(count).toBe(1);
  });

  it('is led astray by no outlier where there is a limit', async () => {
    const near = Array.from({ length: 12 }, (_, i) => [Math.sin(7 * i), Math.cos(4 * i)]);
    const others = Array.from({ length: 9 }, (_, i) => [Math.sin(5 * i + 1), Math.cos(3 * i)]);
    const found = await matchPoints(near, others, { farthest: 0.8 });
    const withOne = await matchPoints([...near, [1e7, 1e7]], others, { farthest: 0.8 });
    expect(Array.from(withOne.partners)).toEqual([...found.partners, -1]);
  });

  it('takes points that coincide, and none within reach', async () => {
    const { partners } = await matchPoints(
      [
        [1, 1],
        [1, 1],
      ],
      [
        [1, 1],
        [1, 1],
      ],
    );
    expect(Array.from(partners).sort()).toEqual([0, 1]);
    expect((await matchPoints([[0]], [[9]], { farthest: 1 })).count).toBe(0);
  });
});

describe('growth', () => {
  it('finds what grew and what has no ancestor', async () => {
    const earlier = { points: [0, 10], dimension: 1 };
    const later = { points: [0, 0.1, -0.1, 10, 100], dimension: 1 };
    const { rates, ancestry, explained, blur } = await growth(earlier, later, { backend, reach: 2 });
    // Of the four later points with an ancestor three come from the first one.
    expect(rates[0]).toBeCloseTo(1.5, 1);
    expect(rates[1]).toBeCloseTo(0.5, 1);
    expect(ancestry[4]).toBeLessThan(0.01);
    for (const share of ancestry.slice(0, 4)) expect(share).toBeGreaterThan(0.8);
    expect(explained).toBeGreaterThan(0.7);
    expect(explained).toBeLessThan(0.82);
    expect(blur.rule).toBe('0.1 of the median distance between points');
    await expect(growth(earlier, later, { backend } as never)).rejects.toThrow(/needs a reach/);
  });

  it('finds a threefold growth as one, and nobody where all is out of reach', async () => {
    const kind = (count: number, at: number) =>
      Array.from({ length: count }, (_, k) => [at + 0.2 * Math.sin(k), 0.2 * Math.cos(2 * k)]);
    const found = await growth([...kind(20, 0), ...kind(20, 5)], [...kind(60, 0.5), ...kind(20, 5.5)], {
      backend,
      reach: 2,
    });
    const mean = (from: number) => found.rates.slice(from, from + 20).reduce((sum, rate) => sum + rate / 20, 0);
    expect(mean(0) / mean(20)).toBeCloseTo(3, 1);
    expect(found.explained).toBeGreaterThan(0.9);
    const none = await growth([[0], [1]], [[1e6]], { backend, reach: 0.1 });
    expect(none.explained).toBeCloseTo(0, 12);
    for (const rate of none.rates) expect(rate).not.toBeNaN();
  });
});

describe('ancestry at the default blur', () => {
  // Two kinds, spread about as widely as the reach is long, where blur and reach leave out much of any plan.
  const kind = (count: number, at: number, from: number) =>
    Array.from({ length: count }, (_, k) => [
      at + 0.6 * Math.sin(1.7 * (k + from)) + 0.3 * Math.cos(5.3 * (k + from)),
      0.6 * Math.cos(2.9 * (k + from)),
    ]);
  const earlier = [...kind(40, 0, 0), ...kind(40, 5, 40)];

  it('is whole where nothing is new', async () => {
    const { explained } = await growth(earlier, earlier, { backend, reach: 1 });
    expect(explained).toBeGreaterThan(0.995);
    const { explained: ofOthers } = await growth(earlier, [...kind(40, 0, 80), ...kind(40, 5, 120)], {
      backend,
      reach: 1,
    });
    expect(ofOthers).toBeGreaterThan(0.97);
  });

  it('is less by what is new, and falls with the way as it says', async () => {
    const later = [...kind(40, 0, 80), ...kind(40, 5, 120)];
    const withNew = [...later, ...kind(20, 15, 0)];
    const { explained, ancestry } = await growth(earlier, withNew, { backend, reach: 1 });
    expect(Math.abs(explained - 0.8)).toBeLessThan(0.02);
    for (const share of ancestry.slice(80)) expect(share).toBeLessThan(0.01);
    const shifted = earlier.map(([u, v]) => [u + 0.5, v]);
    const { explained: near } = await growth(earlier, shifted, { backend, reach: 1 });
    expect(Math.abs(near - Math.exp(-(0.5 ** 2) / 4))).toBeLessThan(0.03);
  });
});

describe('growth out of reach', () => {
  it('has no rates where the blur of the clouds would have been wider than the reach', async () => {
    const { rates, explained, blur } = await growth([[0], [10]], [[1000]], { backend, reach: 1 });
    expect(Array.from(rates)).toEqual([0, 0]);
    expect(explained).toBeLessThan(1e-9);
    expect(blur).toEqual({
      length: 0.5,
      rule: 'half the reach, which is less than 0.1 of the median distance between points',
    });
    const { rates: one } = await growth([[0], [1000], [1001]], [[0], [0.1], [1000]], { backend, reach: 1 });
    expect(one[0]).toBeGreaterThan(1.6);
  });
});

describe('interpolateShapes and meanShape', () => {
  it('goes from one shape to the other', async () => {
    const { shapes, weights } = await interpolateShapes(ring(30, 1), ring(40, 2, [5, 0]), [0, 0.5, 1], { backend });
    expect(Array.from(shapes[0])).toEqual(ring(30, 1).flat());
    expect(weights).toHaveLength(30);
    for (let i = 0; i < 30; i++) {
      expect(Math.hypot(shapes[1][2 * i] - 2.5, shapes[1][2 * i + 1])).toBeCloseTo(1.5, 0);
      expect(Math.abs(Math.hypot(shapes[2][2 * i] - 5, shapes[2][2 * i + 1]) - 2)).toBeLessThan(0.15);
    }
  });

  it('tells after each step how far it is', async () => {
    const told: string[] = [];
    const onProgress = ({ stage, share }: Progress) => told.push(`${stage} ${share}`);
    await interpolateShapes(ring(5, 1), ring(5, 2), [1], { backend, steps: 4, onProgress });
    expect(told).toEqual([0, 0.25, 0.5, 0.75].map((share) => `finding the way ${share}`).concat('measuring 0'));
  });

  it('finds the mean of two rings, by weights', async () => {
    const mean = await meanShape([ring(30, 1), ring(30, 3)], { backend, weights: [3, 1] });
    for (let i = 0; i < 30; i++) {
      expect(Math.abs(Math.hypot(mean.points[2 * i], mean.points[2 * i + 1]) - 1.5)).toBeLessThan(0.1);
    }
    await expect(meanShape([ring(3, 1)], { backend, weights: [1, 2] })).rejects.toThrow(/weights has 2 numbers/);
  });

  it('parts points that coincide, to rounding', async () => {
    const twice = [
      [0, 0],
      [0, 0],
      [1e-16, 0],
      [0, 1e-17],
    ];
    const corners = [
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ];
    const { shapes, residual } = await interpolateShapes(twice, corners, [0, 1], { backend });
    expect(Array.from(shapes[0])).toEqual(twice.flat());
    const { distances } = await matchPoints({ points: shapes[1], dimension: 2 }, corners);
    for (const distance of distances) expect(distance).toBeLessThan(0.01);
    expect(residual).toBeLessThan(0.01);
    const mean = await meanShape([twice, corners], { backend });
    const halfway = corners.map((corner) => corner.map((value) => value / 2));
    const { distances: ofMean } = await matchPoints({ points: mean.points, dimension: 2 }, halfway);
    for (const distance of ofMean) expect(distance).toBeLessThan(0.01);
    const same = await interpolateShapes([[3], [3]], [[3], [3]], [1], { backend });
    expect(Array.from(same.shapes[0])).toEqual([3, 3]);
  });

  it('takes shapes that are far from each other', async () => {
    const far = ring(20, 1, [1e6, 0]);
    const { shapes, residual } = await interpolateShapes(ring(20, 1), far, [1], { backend });
    const { distances } = await matchPoints({ points: shapes[0], dimension: 2 }, far);
    for (const distance of distances) expect(distance).toBeLessThan(1e-6);
    expect(residual).toBeLessThan(1e-6);
    const { points, blur } = await meanShape([ring(20, 1), far], { backend });
    const { distances: ofMean } = await matchPoints({ points, dimension: 2 }, ring(20, 1, [5e5, 0]));
    for (const distance of ofMean) expect(distance).toBeLessThan(1e-6);
    expect(blur.to).toBeCloseTo(0.02, 6);
  });

  it('says where the source has too few points to be the target', async () => {
    const { residual, blur } = await interpolateShapes(
      [
        [0, 0],
        [1, 0],
      ],
      ring(40, 1),
      [1],
      { backend },
    );
    expect(residual).toBeGreaterThan(20 * blur.to);
  });

  it('takes one point', async () => {
    const { shapes } = await interpolateShapes(
      [[0, 0]],
      [
        [2, 2],
        [4, 4],
      ],
      [1],
      { backend },
    );
    for (const value of shapes[0]) expect(value).toBeCloseTo(3, 6);
  });
});
