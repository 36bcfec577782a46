import { cpu } from '@sinkhorn/backend-cpu';
import { wasm } from '@sinkhorn/backend-wasm';
import { type Backend, energyDistance, gaussianMmd, type Loss, laplacianMmd, type Strategy } from '@sinkhorn/losses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COUNT, clouds, evenly, type Weighted } from './uglyClouds.js';

const backends: Record<string, Backend> = {};
beforeAll(async () => {
  backends.cpu = cpu();
  backends.wasm = await wasm({ threads: 1 });
});
afterAll(() => {
  for (const backend of Object.values(backends)) backend.dispose();
});

type Name = 'energy' | 'gaussian' | 'laplacian';

function lossOf(name: Name, backend: Backend, blur: number, strategy: Strategy): Loss {
  if (name === 'energy') return energyDistance({ backend, strategy });
  return name === 'gaussian' ? gaussianMmd({ backend, blur, strategy }) : laplacianMmd({ backend, blur, strategy });
}

/** The kernel at a distance, and its derivative there. */
function kernelAt(name: Name, distance: number, blur: number): readonly [value: number, slope: number] {
  if (name === 'energy') return [-distance, -1];
  if (name === 'laplacian') {
    const value = Math.exp(-distance / blur);
    return [value, -value / blur];
  }
  const value = Math.exp(-0.5 * (distance / blur) ** 2);
  return [value, (-value * distance) / blur ** 2];
}

interface Known {
  readonly value: number;
  /** The sum of the sizes of the terms of the value: what these loops lose to rounding goes with it. */
  readonly size: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Over all pairs, term by term. */
function known(name: Name, x: Weighted, y: Weighted, blur: number): Known {
  const { dimension } = x;
  const gradients = [new Float64Array(x.points.length), new Float64Array(y.points.length)];
  const sides = [x, y];
  let [value, size] = [0, 0];
  sides.forEach((one, a) => {
    sides.forEach((two, b) => {
      const sign = a === b ? 1 : -1;
      for (let i = 0; i < one.weights.length; i++) {
        let row = 0;
        for (let j = 0; j < two.weights.length; j++) {
          let squared = 0;
          for (let c = 0; c < dimension; c++) {
            squared += (one.points[i * dimension + c] - two.points[j * dimension + c]) ** 2;
          }
          const distance = Math.sqrt(squared);
          const [kernel, slope] = kernelAt(name, distance, blur);
          row += two.weights[j] * kernel;
          if (distance === 0) continue;
          const pull = (sign * one.weights[i] * two.weights[j] * slope) / distance;
          for (let c = 0; c < dimension; c++) {
            gradients[a][i * dimension + c] += pull * (one.points[i * dimension + c] - two.points[j * dimension + c]);
          }
        }
        value += (sign * one.weights[i] * row) / 2;
        size += Math.abs(one.weights[i] * row) / 2;
      }
    });
  });
  return { value, size, x: gradients[0], y: gradients[1] };
}

const norm = (vector: ArrayLike<number>): number => Math.sqrt(Array.from(vector).reduce((sum, v) => sum + v * v, 0));

const apart = (found: ArrayLike<number>, exact: ArrayLike<number>): number =>
  norm(Array.from(exact, (value, k) => value - found[k]));

const BLURS: Record<Name, readonly number[]> = { energy: [1], gaussian: [1e-3, 0.1, 1e4], laplacian: [1e-3, 0.1, 1e4] };
/** Errors of gradients are relative to the gradient, or to so much of the masses times a slope of 1 where that is more. */
const GRADIENT_FLOOR = 1e-10;

describe.each(['cpu', 'wasm'])('on %s', (backendName) => {
  describe.each<Strategy>(['dense', 'multiscale'])('%s', (strategy) => {
    test.each(Object.keys(clouds))('what is called accurate is off by no more than it says: %s', async (cloudName) => {
      const [x, y] = clouds[cloudName]();
      let accurateOnes = 0;
      for (const name of ['energy', 'gaussian', 'laplacian'] as const) {
        for (const blur of BLURS[name]) {
          const exact = known(name, x, y, blur);
          const loss = lossOf(name, backends[backendName], blur, strategy);
          const found = await loss.valueAndGradients(x, y, { wrt: 'both' });
          const { estimatedError, accurate } = found.diagnostics;
          expect(estimatedError).toBeGreaterThanOrEqual(0);
          if (!accurate) continue;
          accurateOnes += 1;
          const label = `${name} ${blur}: told ${estimatedError}`;
          // The loops above round as well.
          const lost = 1e-14 * exact.size;
          expect(Math.abs(found.value - exact.value), label).toBeLessThanOrEqual(
            2 * estimatedError * Math.abs(exact.value) + lost,
          );
          for (const side of ['x', 'y'] as const) {
            const size = Math.max(norm(exact[side]), GRADIENT_FLOOR / COUNT);
            const roundoff = 1e-14 * (name === 'energy' ? 1 : 1 / blur);
            expect(apart(found[side].points, exact[side]), label).toBeLessThanOrEqual(
              2 * estimatedError * size + roundoff / Math.sqrt(COUNT),
            );
          }
        }
      }
      expect(accurateOnes).toBeGreaterThan(3);
    });
  });
});

test('float32 is left where it is too coarse', async () => {
  const [x, y] = clouds['outliers at 1e6']();
  const exact = known('gaussian', x, y, 0.1);
  for (const strategy of ['dense', 'multiscale'] as const) {
    const { value, diagnostics } = await gaussianMmd({ backend: backends.wasm, blur: 0.1, strategy }).valueAndGradients(
      x,
      y,
    );
    expect(diagnostics.accurate).toBe(true);
    expect(Math.abs(value / exact.value - 1)).toBeLessThan(1e-3);
  }
});

test('a value that is lost in rounding is less than the floor that errors are relative to', async () => {
  const [x] = clouds['draws of one law']();
  const reversed = evenly({ points: x.points.slice(), dimension: 3 });
  for (let k = 0; k < COUNT; k++) reversed.points.set(x.points.subarray(3 * k, 3 * k + 3), 3 * (COUNT - 1 - k));
  const { value, diagnostics } = await gaussianMmd({ backend: backends.cpu, blur: 1 }).valueAndGradients(x, reversed);
  expect(Math.abs(value)).toBeLessThan(1e-3 * diagnostics.floor);
});
