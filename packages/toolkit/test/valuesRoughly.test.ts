import { cpu } from '@sinkhorn/backend-cpu';
import { type PointsMeasure, UnsupportedError } from '@sinkhorn/core';
import { drawsFrom } from '@sinkhorn/core/random';
import { type Loss, sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, it } from 'vitest';
import { permutationTest } from '../src/permutationTest.js';

describe('permutationTest with a loss that has a rough form', () => {
  const draw = drawsFrom(11);
  const cloudOf = (count: number, shift: number) => Array.from({ length: count }, () => [shift + draw() / 2 ** 32]);
  /** The squared difference of means, and the same off by up to 1e-4. */
  const made = () => {
    const calls = { full: 0, rough: 0 };
    const meanOf = (points: ArrayLike<number>) =>
      Array.from(points).reduce((sum, value) => sum + value, 0) / points.length;
    const shiftOf = (x: PointsMeasure, y: PointsMeasure) => (meanOf(x.points) - meanOf(y.points)) ** 2;
    const one = (off: number, kind: 'full' | 'rough') => ({
      value: async (x: PointsMeasure, y: PointsMeasure) => {
        if ('data' in x) throw new UnsupportedError('no batches');
        calls[kind]++;
        const value = shiftOf(x, y);
        return value + off * Math.sin(1e6 * value);
      },
    });
    return { calls, loss: { ...one(0, 'full'), roughly: one(1e-4, 'rough') } as unknown as Loss };
  };

  it('has the p-value of its full values, and computes few of them', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const [x, y] = [cloudOf(12, 0), cloudOf(15, 0.1 * (seed % 4))];
      const { calls, loss } = made();
      const found = await permutationTest(loss, x, y, { permutations: 400, seed });
      const { roughly: _, ...full } = made().loss;
      const wanted = await permutationTest(full as Loss, x, y, { permutations: 400, seed });
      expect(found.pValue).toBe(wanted.pValue);
      expect(calls.rough).toBe(400);
      expect(calls.full).toBeLessThan(150);
      found.permuted.forEach((value, k) => {
        expect(Math.abs(value - wanted.permuted[k])).toBeLessThanOrEqual(1e-4);
      });
    }
  });

  it('of a Sinkhorn divergence has the p-value of full values', async () => {
    for (let seed = 0; seed < 3; seed++) {
      const [x, y] = [cloudOf(20, 0), cloudOf(25, 0.05)];
      const loss = sinkhornDivergence({ backend: cpu(), blur: 0.2 });
      const found = await permutationTest(loss, x, y, { permutations: 60, seed });
      const wanted = await permutationTest((a, b) => loss.value(a, b), x, y, { permutations: 60, seed });
      expect(found.observed).toBe(wanted.observed);
      expect(found.pValue).toBe(wanted.pValue);
    }
  });
});
