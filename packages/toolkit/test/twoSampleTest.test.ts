import { cpu } from '@sinkhorn/backend-cpu';
import { checkMeasure, formula } from '@sinkhorn/core';
import { energyDistance, gaussianMmd, kernelMmd, laplacianMmd, sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, it } from 'vitest';
import { autoBlur } from '../src/autoBlur.js';
import { twoSampleTest } from '../src/twoSampleTest.js';

const backend = cpu();
const wave = (count: number, from: number, shift: number): number[][] =>
  Array.from({ length: count }, (_, i) => [Math.sin((i + from) * (i + 3)) + shift, Math.cos(2 * (i + from) * i)]);

describe('twoSampleTest', () => {
  it('finds a shift, its size and the points that differ', async () => {
    const result = await twoSampleTest(wave(40, 1, 0), wave(30, 2, 1.5), { backend, permutations: 199 });
    expect(result.differs).toBe(true);
    expect(result.pValue).toBe(1 / 200);
    expect(result.smallestPValue).toBe(1 / 200);
    expect(result.loss).toEqual({ name: 'energyDistance' });
    expect(result.witness.x).toHaveLength(40);
    expect(result.witness.y).toHaveLength(30);
    expect(result.most).toHaveLength(10);
    expect(result.most[0].excess).toBe(Math.max(...result.witness.x, ...result.witness.y));
    expect(result.text).toMatch(/differ by more than chance explains: p = 0.005, from 199 shuffles/);
  });

  it.each([
    ['energy', energyDistance({ backend })],
    ['gaussian', gaussianMmd({ backend, blur: 0.5 })],
    ['shares', energyDistance({ backend, normalize: true })],
    [
      'a kernel of one’s own',
      kernelMmd({
        backend,
        kernel: (u, v) => formula.sub(formula.exp(formula.neg(formula.squaredDistance(u, v))), 0.1),
        conditional: true,
      }),
    ],
    ['transport', sinkhornDivergence({ backend, blur: 0.3 })],
  ])('has the gradient in the weights as its witness: %s', async (name, loss) => {
    const weights = (count: number) =>
      Array.from({ length: count }, (_, k) => (1 + (k % 3)) * (name === 'shares' ? 2 : 1));
    const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);
    const [wx, wy] = [weights(12), weights(12)];
    const x = { points: wave(12, 1, 0).flat(), dimension: 2, weights: wx };
    const y = { points: wave(12, 2, 1).flat(), dimension: 2, weights: wy };
    const { witness, witnessError } = await twoSampleTest(x, y, { loss, permutations: 9 });
    const gradients = await loss.valueAndGradients(x, y, { wrt: 'both' });
    for (const [side, own] of [
      ['x', wx],
      ['y', wy],
    ] as const) {
      const gradient = gradients[side].weights;
      const mean = own.reduce((sum, weight, k) => sum + (weight / total(own)) * gradient[k], 0);
      for (const [k, value] of witness[side].entries()) expect(value).toBeCloseTo((gradient[k] - mean) * total(own), 9);
    }
    expect(witnessError).toBeLessThan(1e-5);
  });

  it.each([
    ['energy', energyDistance({ backend })],
    ['gaussian', gaussianMmd({ backend, blur: 2 })],
    ['laplacian', laplacianMmd({ backend, blur: 2 })],
    ['transport with half the squared distance', sinkhornDivergence({ backend, blur: 0.3 })],
    ['transport with the distance', sinkhornDivergence({ backend, p: 1, blur: 0.3 })],
  ])('gives the distance of two single points as the effect: %s', async (_, loss) => {
    const { effect } = await twoSampleTest([[1, 2]], [[4, 6]], { loss, permutations: 9 });
    expect(effect).toBeCloseTo(5, 2);
  });

  it.each(['energy', 'gaussian', 'laplacian', 'sinkhorn'] as const)('gives a shift as the effect: %s', async (loss) => {
    const x = wave(200, 1, 0);
    const shifted = x.map(([a, b]) => [a + 0.3, b - 0.4]);
    const { effect, effectByChance } = await twoSampleTest(x, shifted, { backend, loss, permutations: 19 });
    expect(effect).toBeCloseTo(0.5, 2);
    expect(effectByChance?.median).toBeLessThan(0.3);
    expect(effectByChance?.upper).toBeGreaterThanOrEqual(effectByChance?.median ?? 1);
  });

  it('is infinitely far where the kernel sees nothing', async () => {
    const loss = gaussianMmd({ backend, blur: 0.01 });
    expect((await twoSampleTest([[0]], [[1000]], { loss, permutations: 9 })).effect).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes the masses of both samples into account', async () => {
    const x = { points: [1, 2], dimension: 2, weights: [3] };
    const y = { points: [4, 6], dimension: 2, weights: [3] };
    for (const loss of [
      energyDistance({ backend }),
      gaussianMmd({ backend, blur: 4 }),
      sinkhornDivergence({ backend }),
    ]) {
      expect((await twoSampleTest(x, y, { loss, permutations: 9 })).effect).toBeCloseTo(5, 2);
    }
  });

  it('knows no length where mass may be left out', async () => {
    const loss = sinkhornDivergence({ backend, reach: 1 });
    const result = await twoSampleTest(
      [
        [1, 2],
        [0, 1],
      ],
      [[4, 6]],
      { loss, permutations: 9 },
    );
    expect(result.effect).toBeUndefined();
    expect(result.text).not.toMatch(/apart/);
  });

  it('says that two points against two can never be found to differ', async () => {
    const result = await twoSampleTest([[0], [1]], [[100], [101]], { backend });
    expect(result.smallestPValue).toBe(1 / 3);
    expect(result.differs).toBe(false);
    expect(result.text).toMatch(/No smaller p-value than 0.3333 was possible.*too small/);
  });

  it('says that shuffles are too few for the level', async () => {
    const { text } = await twoSampleTest(wave(20, 1, 0), wave(20, 2, 3), { backend, permutations: 9 });
    expect(text).toMatch(/take more permutations/);
  });

  it('takes one point, ties and constant columns', async () => {
    const one = await twoSampleTest(
      [[0, 5]],
      [
        [0, 5],
        [1, 5],
        [0, 5],
      ],
      { backend },
    );
    expect(one.pValue).toBe(1);
    for (const loss of ['energy', 'gaussian', 'laplacian', 'sinkhorn'] as const) {
      const same = await twoSampleTest(
        [
          [2, 5],
          [2, 5],
        ],
        [
          [2, 5],
          [2, 5],
          [2, 5],
        ],
        { backend, loss },
      );
      expect(same.statistic).toBeCloseTo(0, 12);
      expect(same.effect).toBeCloseTo(0, 6);
      expect(same.pValue).toBe(1);
      if (loss !== 'energy') expect(same.loss.blurRule).toBe('1, as all points coincide');
    }
  });

  it('tells the blur it found', async () => {
    const { loss, text } = await twoSampleTest([[0], [1]], [[2], [3]], { backend, loss: 'gaussian' });
    expect(loss).toEqual({ name: 'gaussianMmd', blur: 1.5, blurRule: 'the median distance between points' });
    expect(text).toMatch('blur 1.5 (the median distance between points)');
  });

  it('compares shares where weights are counts', async () => {
    const x = { points: [0, 1, 2], dimension: 1, weights: [10, 20, 10] };
    const y = { points: [0, 1, 2], dimension: 1, weights: [1, 2, 1] };
    const { statistic, witness } = await twoSampleTest(x, y, { backend, permutations: 19 });
    expect(statistic).toBeCloseTo(0, 12);
    for (const value of [...witness.x, ...witness.y]) expect(value).toBeCloseTo(0, 12);
  });

  it('refuses what it cannot use', async () => {
    await expect(twoSampleTest([[0]], [[1]], {})).rejects.toThrow(/needs a backend for the loss 'energy'/);
    await expect(twoSampleTest([[0]], [[1]], { backend, loss: 'wasserstein' as 'energy' })).rejects.toThrow(
      /'sinkhorn'/,
    );
    await expect(twoSampleTest([[0]], [[1]], { backend, blur: 1 })).rejects.toThrow(/no length scale/);
    await expect(twoSampleTest([[0]], [[1]], { backend, alpha: 5 })).rejects.toThrow(/alpha is 5/);
    await expect(twoSampleTest([[0]], [[1]], { backend, level: 1 } as object)).rejects.toThrow(/no option 'level'/);
    await expect(twoSampleTest([[0]], [[Number.NaN]], { backend })).rejects.toThrow(
      /y: coordinate 0 of point 0 is NaN/,
    );
    const loss = energyDistance({ backend });
    await expect(twoSampleTest([[0]], [[1]], { backend, loss })).rejects.toThrow(/has a backend already/);
  });

  it('stops at an abort and tells how far it is', async () => {
    const controller = new AbortController();
    const stages = new Set<string>();
    const running = twoSampleTest(wave(20, 1, 0), wave(20, 2, 0), {
      backend,
      loss: 'sinkhorn',
      signal: controller.signal,
      onProgress: ({ stage }) => {
        stages.add(stage);
        if (stage === 'shuffling') controller.abort();
      },
    });
    await expect(running).rejects.toThrow(/abort/i);
    expect([...stages]).toEqual(['comparing the samples', 'shuffling']);
  });
});

describe('autoBlur', () => {
  const found = (rows: number[][]) => autoBlur([checkMeasure('x', rows)], 1);

  it('grows with the unit of length and does not see outliers', () => {
    const { blur } = found(wave(50, 1, 0));
    expect(found(wave(50, 1, 0).map((row) => row.map((value) => 1000 * value))).blur).toBeCloseTo(1000 * blur, 8);
    expect(found([...wave(50, 1, 0), [1e9, 1e9]]).blur / blur).toBeLessThan(1.2);
  });

  it('does without the distances of points that coincide', () => {
    expect(found([...new Array(20).fill([0, 0]), [3, 4]])).toEqual({
      blur: 5,
      rule: 'the median of the distances above 0 between points',
    });
  });

  it('draws some of many points', () => {
    const all = wave(3000, 1, 0);
    expect(found(all).blur / found(all.slice(0, 400)).blur).toBeCloseTo(1, 1);
  });
});
