import { wasm } from '@sinkhorn/backend-wasm';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { describe, expect, test } from 'vitest';

/** A cloud spread evenly without order in a unit cube (a lattice of irrational slopes). */
function cloud(count: number, shift: number) {
  const slopes = [0.819173, 0.671044, 0.549701];
  const points = Float32Array.from({ length: 3 * count }, (_, k) => ((Math.floor(k / 3) * slopes[k % 3]) % 1) + shift);
  return { points, dimension: 3 };
}

/** How often a solve waits for numbers, and how many arrays it uploads. */
async function countsOf(
  solve: (loss: ReturnType<typeof sinkhornDivergence>) => Promise<unknown>,
  tolerance: number | null,
) {
  const backend = await wasm({ threads: 1 });
  const counts = { waits: 0, uploads: 0 };
  const { read, readAll, array } = backend;
  const counted = {
    ...backend,
    read: (...given: Parameters<typeof read>) => {
      counts.waits += 1;
      return read(...given);
    },
    readAll: (...given: Parameters<NonNullable<typeof readAll>>) => {
      counts.waits += 1;
      if (!readAll) throw new Error('wasm reads several arrays at once');
      return readAll(...given);
    },
    array: (...given: Parameters<typeof array>) => {
      counts.uploads += 1;
      return array(...given);
    },
  };
  await solve(sinkhornDivergence({ backend: counted, blur: 0.05, tolerance, method: 'alternating' }));
  backend.dispose();
  return counts;
}

describe('300 points a side', () => {
  const [x, y] = [cloud(300, 0), cloud(300, 0.2)];

  test('wait once a sweep, and upload nothing but the measures', async () => {
    let sweeps = 0;
    const counts = await countsOf(
      (loss) =>
        loss.valueAndGradients(x, y, {
          onProgress: ({ marginalError }) => {
            if (marginalError !== undefined) sweeps += 1;
          },
        }),
      1e-3,
    );
    expect(sweeps).toBeGreaterThan(10);
    // One more for the solution.
    expect(counts.waits).toBe(sweeps + 1);
    expect(counts.waits).toBeLessThanOrEqual(70);
    // Points, weights, their logarithms and their shares.
    expect(counts.uploads).toBe(8);
  });

  test('wait once in all along a schedule', async () => {
    expect(await countsOf((loss) => loss.valueAndGradients(x, y), null)).toEqual({ waits: 1, uploads: 8 });
  });
});
