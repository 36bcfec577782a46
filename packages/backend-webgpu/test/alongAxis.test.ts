import { cpu } from '@sinkhorn/backend-cpu';
import { type WebgpuBackend, webgpu } from '@sinkhorn/backend-webgpu';
import { type EvenNodes, UnsupportedError } from '@sinkhorn/core';
import { sinkhornDivergence } from '@sinkhorn/losses';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withLimits } from './support/altered.js';

// What results are is tested by the suite of backends.

const nodes = (count: number, spacing = 1): EvenNodes => ({ count, spacing, first: 0 });

let backend: WebgpuBackend;
beforeAll(async () => {
  backend = await webgpu();
});
afterAll(() => backend.dispose());

/** The definition for lines that are next to each other. */
function expected(scores: ArrayLike<number>, count: number, inner: number, rate: number): number[] {
  return Array.from(scores, (_, k) => {
    const [line, row] = [k % inner, Math.floor(k / inner)];
    const terms = Array.from({ length: count }, (_, j) => scores[j * inner + line] - rate * (row - j) ** 2);
    const most = Math.max(...terms);
    return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
  });
}

test('more lines than a workgroup takes, and more tiles than it looks at together', async () => {
  // Tiles of single nodes are 100 and more.
  for (const [count, inner, rate] of [
    [40, 70, 0.5],
    [100, 3, 8],
    [150, 1, 40],
  ]) {
    const given = Float32Array.from({ length: count * inner }, (_, k) => 5 * Math.sin(k * k));
    const scores = backend.array(given, [given.length, 1]);
    const ask = { scores, inner, rows: nodes(count), columns: nodes(count), rate };
    const values = await backend.read(backend.logSumExpAlongAxis?.(ask) ?? scores);
    const right = expected(given, count, inner, rate);
    expect(Math.max(...right.map((value, k) => Math.abs(value - values[k])))).toBeLessThan(4e-6);
  }
});

test('NaN and infinite scores are seen in the lines that have them, and in no other', async () => {
  const scores = backend.array([0, 0, Number.NaN, 0, 0, Number.POSITIVE_INFINITY], [6, 1]);
  const ask = { scores, inner: 3, rows: nodes(2), columns: nodes(2), rate: 1 };
  const values = await backend.read(backend.logSumExpAlongAxis?.(ask) ?? scores);
  expect(Array.from(values, Number.isFinite)).toEqual([true, true, false, true, true, false]);
});

test('a buffer of the caller may begin anywhere', async () => {
  const numbers = Float32Array.from({ length: 40 }, (_, k) => Math.sin(k));
  const buffer = backend.takeBuffer(backend.array(numbers, [40, 1]));
  const scores = backend.fromBuffer(buffer, [30, 1], 28);
  const ask = { scores, inner: 1, rows: nodes(30), columns: nodes(30), rate: 0.3 };
  const values = await backend.read(backend.logSumExpAlongAxis?.(ask) ?? scores);
  const right = expected(numbers.subarray(7, 37), 30, 1, 0.3);
  expect(Math.max(...right.map((value, k) => Math.abs(value - values[k])))).toBeLessThan(2e-6);
  backend.release(scores);
  buffer.destroy();
});

test('spacings that have nothing to do with each other, and arrays in pieces, are refused by name', async () => {
  const scores = backend.array([0, 0, 0, 0], [4, 1]);
  const along = () =>
    backend.logSumExpAlongAxis?.({ scores, inner: 1, rows: nodes(4, Math.SQRT2), columns: nodes(4), rate: 1 });
  expect(along).toThrow(UnsupportedError);
  expect(along).toThrow(/logSumExpAlongAxis: spacings/);
  const limits = { maxStorageBufferBindingSize: 4096, maxBufferSize: 2 ** 28 };
  const narrow = await webgpu({ device: withLimits(backend.device, limits) });
  const { used } = narrow.memory();
  const long = narrow.array(new Float32Array(1100), [1100, 1]);
  const inPieces = () =>
    narrow.logSumExpAlongAxis?.({ scores: long, inner: 11, rows: nodes(100), columns: nodes(100), rate: 1 });
  expect(inPieces).toThrow(/logSumExpAlongAxis.*maxStorageBufferBindingSize/);
  narrow.release(long);
  expect(narrow.memory().used).toBe(used);
  narrow.dispose();
});

test('two images have the value and the gradient of their nodes as a cloud', async () => {
  const shape = [20, 24] as const;
  const image = (place: number) =>
    Float64Array.from({ length: shape[0] * shape[1] }, (_, k) => {
      const squared = (Math.floor(k / shape[1]) - place) ** 2 + ((k % shape[1]) - place) ** 2;
      return k % 3 === 0 ? 0 : Math.exp(-squared / 20) + 1e-3;
    });
  const options = { p: 2, blur: 0.8, normalize: true, tolerance: 1e-4, method: 'alternating' } as const;
  const [x, y] = [5, 14].map((place) => ({ grid: image(place), shape, spacing: 1 }));
  const found = await sinkhornDivergence({ ...options, backend }).valueAndGradients(x, y);
  expect(found.diagnostics.strategy).toBe('separable');
  const truth = { ...options, backend: cpu(), tolerance: 1e-10 };
  const right = await sinkhornDivergence(truth).valueAndGradients(x, y);
  expect(Math.abs(Number(found.value) / Number(right.value) - 1)).toBeLessThan(1e-5);
  const far = right.x.weights.map((slope, k) => Math.abs(slope - found.x.weights[k]));
  expect(Math.max(...far)).toBeLessThan(1e-4 * Math.max(...right.x.weights.map(Math.abs)));
});
