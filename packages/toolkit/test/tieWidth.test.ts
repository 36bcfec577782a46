import { hausdorffDivergence, sinkhornDivergence } from '@sinkhorn/losses';
import { exactTransport } from '@sinkhorn/losses/exact';
import { transportOnLine } from '@sinkhorn/losses/line';
import { slicedWasserstein } from '@sinkhorn/losses/sliced';
import { describe, expect, it } from 'vitest';
import { permutationTest } from '../src/permutationTest.js';
import { answers, backends, column, numbers, ofTable } from './smallSamples.js';

describe('what counts as equal, beside kernel norms', () => {
  const next = numbers(31);
  const normal = () => Math.sqrt(-2 * Math.log(Math.abs(next()) || 1e-9)) * Math.cos(6.283185307179586 * next());
  const cloud = (count: number, shift: number) => column(Array.from({ length: count }, () => normal() + shift));
  /** The p-value of the values themselves, where no two of them are equal. */
  const ofValues = ({ observed, permuted }: { readonly observed: number; readonly permuted: Float64Array }) =>
    (1 + permuted.filter((value) => value >= observed).length) / (1 + permuted.length);

  it.each([
    ['on the line, p = 1', transportOnLine({ p: 1 })],
    ['on the line, p = 2', transportOnLine({ p: 2 })],
    ['sliced', slicedWasserstein({ p: 2, directions: 8 })],
  ])('tell small differences of large samples apart: %s', async (_, loss) => {
    const found = await permutationTest(loss, cloud(4000, 0), cloud(4000, 0.12), { permutations: 99 });
    expect(found.pValue).toBe(ofValues(found));
    expect(found.pValue).toBeLessThan(0.1);
  });

  it('see what is beside an outlier', async () => {
    const x = [[999_999], ...cloud(11, 0)];
    const found = await permutationTest(transportOnLine({ p: 1 }), x, cloud(12, 4), { permutations: 199 });
    expect(found.pValue).toBe(ofValues(found));
    expect(found.pValue).toBe(0.005);
  });

  it('count mirror images and equal counts as equal', async () => {
    const loss = transportOnLine({ p: 1 });
    // 0.1 + 0.2 and the like are no exact numbers of float64.
    const tenths = [0.1, 0.3, 0.4, 0.7, 0.9, 1.2].map((value) => [value]);
    const mirrored = [...tenths.map(([value]) => [1.3 - value])];
    const { pValue } = await permutationTest(loss, tenths, mirrored, { permutations: 999 });
    const { pValue: other } = await permutationTest(loss, mirrored, tenths, { permutations: 999 });
    expect(pValue).toBe(other);
    const { pValue: ofYes } = await permutationTest(loss, answers(30, 20), answers(30, 12), { permutations: 999 });
    expect(ofYes).toBeCloseTo(ofTable(30, 20, 30, 12), 12);
  });

  it.each(backends)('give 1 where all points are in one place, with counts: %s', async (_, backend) => {
    const at = (...weights: number[]) => ({ points: weights.map(() => 0.3), dimension: 1, weights });
    const losses = [
      transportOnLine(),
      sinkhornDivergence({ backend, normalize: true }),
      hausdorffDivergence({ backend }),
    ];
    for (const loss of losses) {
      const found = await permutationTest(loss, at(1, 2, 5, 3), at(4, 1, 2, 4), { permutations: 19 });
      expect(found.pValue).toBe(1);
    }
  });

  it('give 1 to identical samples', async () => {
    const x = cloud(9, 0);
    for (const loss of [transportOnLine({ p: 2 }), slicedWasserstein({ directions: 4 }), exactTransport({ p: 2 })]) {
      expect((await permutationTest(loss, x, x.toReversed(), { permutations: 49 })).pValue).toBe(1);
    }
  });
});
