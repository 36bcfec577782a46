/** Images whose potentials differ over long distances: sweeps hardly level that out, and hardly show it. */
import { wasm } from '@sinkhorn/backend-wasm';
import type { Backend } from '@sinkhorn/core';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const SIZE = 64;

/** Numbers between 0 and 1, the same in every run. */
function draws(count: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  });
}

const normalized = (masses: Float64Array) => {
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return { grid: masses.map((mass) => mass / total), shape: [SIZE, SIZE] as const, spacing: 1 };
};

/** Noise of single pixels, noise that a few waves are left of, a blob on faint noise, single dots, and thin rings. */
const IMAGES = {
  noise: (seed: number) => normalized(draws(SIZE ** 2, seed)),
  waves: (seed: number) => {
    const [phases, heights] = [draws(8, seed), draws(8, seed + 99)];
    return normalized(
      Float64Array.from({ length: SIZE ** 2 }, (_, pixel) => {
        const [row, column] = [Math.floor(pixel / SIZE) / SIZE, (pixel % SIZE) / SIZE];
        return heights.reduce(
          (sum, height, k) =>
            sum + height * (1 + Math.cos(6.28 * (((k % 3) + 1) * row - (k % 4) * column + phases[k]))),
          0.01,
        );
      }),
    );
  },
  blob: (seed: number) => {
    const noise = draws(SIZE ** 2, seed);
    return normalized(
      Float64Array.from({ length: SIZE ** 2 }, (_, pixel) => {
        const place = seed % 2 === 0 ? 0.3 : 0.6;
        const [row, column] = [Math.floor(pixel / SIZE) / SIZE, (pixel % SIZE) / SIZE];
        return Math.exp(-((row - place) ** 2 + (column - place) ** 2) / 0.02) + 1e-3 * noise[pixel];
      }),
    );
  },
  dots: (seed: number) => normalized(draws(SIZE ** 2, seed).map((number) => (number < 0.97 ? 0 : 1))),
  rings: (seed: number) =>
    normalized(
      Float64Array.from({ length: SIZE ** 2 }, (_, pixel) => {
        const radius = Math.hypot(Math.floor(pixel / SIZE) - SIZE / 2, (pixel % SIZE) - SIZE / 2);
        return Math.abs(radius - 5 * seed) < 1.5 ? 1 : 0;
      }),
    ),
};

const centred = (numbers: ArrayLike<number>): number[] => {
  const list = Array.from(numbers);
  const mean = list.reduce((sum, value) => sum + value / list.length, 0);
  return list.map((value) => value - mean);
};

function relative(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  const [one, two] = [centred(found), centred(wanted)];
  return Math.hypot(...one.map((value, k) => value - two[k])) / Math.hypot(...two);
}

describe.each(['float32', 'float64'] as const)('on wasm in %s', (precision) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await wasm({ precision });
  });
  afterAll(() => backend.dispose());

  describe.each(Object.keys(IMAGES) as (keyof typeof IMAGES)[])('%s', (kind) => {
    test.each([1, 2, 3])('at a blur of %i pixels is no further off than it says', async (blur) => {
      const [x, y] = [IMAGES[kind](2), IMAGES[kind](5)];
      const tight = sinkhornDivergence({
        backend,
        blur,
        tolerance: 1e-11,
        maxIterations: 20_000,
        onInaccurate: 'ignore',
      });
      const truth = await tight.valueAndGradients(x, y);
      for (const tolerance of [undefined, 1e-3, 1e-5]) {
        const loss = sinkhornDivergence({ backend, blur, onInaccurate: 'ignore', ...(tolerance && { tolerance }) });
        const { value, x: gradient, diagnostics } = await loss.valueAndGradients(x, y);
        const { valueError, weightsError = 0 } = diagnostics;
        // Gradients come in float32.
        expect(relative(gradient.weights, truth.x.weights)).toBeLessThan(weightsError + 1e-6);
        expect(Math.abs(value / truth.value - 1)).toBeLessThan(valueError + 1e-6);
        if (tolerance === undefined) expect(diagnostics.accurate).toBe(true);
      }
    });
  });

  test('differences over long distances take few sweeps', async () => {
    const loss = sinkhornDivergence({ backend, blur: 2, onInaccurate: 'ignore' });
    const { diagnostics } = await loss.valueAndGradients(IMAGES.waves(2), IMAGES.waves(5));
    expect(diagnostics.accurate).toBe(true);
    expect(diagnostics.iterations).toBeLessThan(40);
  });

  test('masses of many orders in pieces, with little in between, are no further off than is said', async () => {
    const [gaps, orders] = [draws(60, 6), draws(60, 83)];
    const at = (first: number) => {
      const grid = new Float64Array(90);
      for (const [k, gap] of gaps.entries()) grid[first + k] = gap < 0.6 ? 0 : 10 ** (-8 * orders[k]);
      return { grid, shape: [90] as const, spacing: 1 };
    };
    const options = { backend, blur: 1.5, normalize: true, onInaccurate: 'ignore' } as const;
    const solve = (method: 'newton' | 'alternating') =>
      sinkhornDivergence({ ...options, method }).valueAndGradients(at(0), at(30));
    const [truth, swept] = [await solve('newton'), await solve('alternating')];
    const error = relative(swept.x.weights, truth.x.weights);
    expect(error).toBeLessThan((swept.diagnostics.weightsError ?? 0) + 1e-6);
  });

  test('two clumps that hardly exchange mass are no further off than is said', async () => {
    const clumps = (shift: number, more: number) => {
      const masses = Float64Array.from({ length: 32 ** 2 }, (_, pixel) => {
        const [row, column] = [Math.floor(pixel / 32), pixel % 32];
        const at = (place: number) => Math.exp(-((row - place) ** 2 + (column - place) ** 2) / 2);
        return (1 + more) * at(8 + shift) + at(24 - shift);
      });
      const total = masses.reduce((sum, mass) => sum + mass, 0);
      return { grid: masses.map((mass) => mass / total), shape: [32, 32], spacing: 1 };
    };
    const [x, y] = [clumps(0, 0), clumps(1, 1e-6)];
    const options = { backend, blur: 1, onInaccurate: 'ignore' } as const;
    const truth = await sinkhornDivergence({ ...options, method: 'newton' }).valueAndGradients(x, y);
    for (const tolerance of [1e-5, 1e-3]) {
      const loss = sinkhornDivergence({ ...options, method: 'alternating', tolerance });
      const { value, x: gradient, diagnostics } = await loss.valueAndGradients(x, y);
      expect(relative(gradient.weights, truth.x.weights)).toBeLessThan((diagnostics.weightsError ?? 0) + 1e-6);
      expect(Math.abs(value / truth.value - 1)).toBeLessThan(diagnostics.valueError + 1e-6);
    }
  });
});
