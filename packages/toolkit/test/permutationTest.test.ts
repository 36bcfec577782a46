import { describe, expect, it } from 'vitest';
import { permutationTest } from '../src/permutationTest.js';
import type { Sample } from '../src/pool.js';

/** The distance between weighted means: a statistic that needs no backend. */
async function meanShift(x: Sample, y: Sample): Promise<number> {
  return Math.abs(mean(x) - mean(y));
}

function mean({ points, weights }: Sample): number {
  const total = weights ? weights.reduce((sum, weight) => sum + weight, 0) : points.length;
  return points.reduce((sum, value, i) => sum + value * (weights?.[i] ?? 1), 0) / total;
}

function sample(values: readonly number[], weights?: readonly number[]): Sample {
  return {
    points: Float64Array.from(values),
    dimension: 1,
    ...(weights ? { weights: Float64Array.from(weights) } : {}),
  };
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

describe('permutationTest', () => {
  it('gives the smallest p-value that the count allows to samples far apart', async () => {
    const result = await permutationTest(meanShift, sample(range(0, 20)), sample(range(100, 20)), { permutations: 99 });
    expect(result.pValue).toBe(0.01);
    expect(result.observed).toBe(100);
    expect(result.permuted).toHaveLength(99);
  });

  it('gives 1 to equal samples', async () => {
    const result = await permutationTest(meanShift, sample(range(0, 9)), sample(range(0, 9)), { permutations: 49 });
    expect(result.pValue).toBe(1);
  });

  it('is exact: two points against two, where 2 of 6 splits are as far apart', async () => {
    const { pValue } = await permutationTest(meanShift, sample([0, 1]), sample([2, 3]), { permutations: 4999 });
    expect(pValue).toBe(1 / 3);
  });

  it('is uniform when both samples come from one distribution', async () => {
    const values = range(0, 40).map((i) => Math.sin(1 + i * i));
    const pValues: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const shuffled = values.map((_, i) => values[(i * 7 + seed * 3) % 40]);
      const { pValue } = await permutationTest(meanShift, sample(shuffled.slice(0, 20)), sample(shuffled.slice(20)), {
        permutations: 99,
        seed,
      });
      pValues.push(pValue);
    }
    expect(pValues.filter((pValue) => pValue <= 0.05).length).toBeLessThan(8);
    expect(pValues.filter((pValue) => pValue > 0.5).length).toBeGreaterThan(8);
  });

  it('repeats with the same seed and differs with another', async () => {
    const run = async (seed: number) => [
      ...(await permutationTest(meanShift, sample(range(0, 9)), sample(range(4, 9)), { permutations: 9, seed }))
        .permuted,
    ];
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });

  it("keeps each side's size, points and mass", async () => {
    const seen: Sample[] = [];
    const statistic = async (x: Sample, y: Sample): Promise<number> => {
      seen.push(x, y);
      return 0;
    };
    await permutationTest(statistic, sample([1, 2, 3], [1, 1, 2]), sample([4, 5], [0.5, 0.5]), { permutations: 5 });
    const total = ({ weights }: Sample): number =>
      (weights ?? new Float64Array()).reduce((sum, weight) => sum + weight, 0);
    for (let k = 0; k < seen.length; k += 2) {
      expect(seen[k].points).toHaveLength(3);
      expect(total(seen[k])).toBeCloseTo(4, 12);
      expect(total(seen[k + 1])).toBeCloseTo(1, 12);
      expect([...seen[k].points, ...seen[k + 1].points].sort()).toEqual([1, 2, 3, 4, 5]);
    }
  });

  it('moves whole points', async () => {
    const pairs: Sample = { points: Float64Array.of(1, 10, 2, 20, 3, 30), dimension: 2 };
    const statistic = async (x: Sample, y: Sample): Promise<number> => {
      for (const { points } of [x, y])
        for (let i = 0; i < points.length; i += 2) expect(points[i + 1]).toBe(10 * points[i]);
      return 0;
    };
    await permutationTest(statistic, pairs, pairs, { permutations: 5 });
  });

  it('stops at an abort and tells how far it is', async () => {
    const controller = new AbortController();
    const done: number[] = [];
    const running = permutationTest(meanShift, sample([0, 1]), sample([2, 3]), {
      permutations: 100,
      signal: controller.signal,
      onProgress: (count) => {
        done.push(count);
        if (count === 3) controller.abort();
      },
    });
    await expect(running).rejects.toThrow(/abort/i);
    expect(done).toEqual([1, 2, 3]);
  });
});
